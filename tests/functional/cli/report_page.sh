#!/bin/bash
# The report in a real browser, light and dark: that it is drawn as its style says.
command -v firefox-esr >/dev/null || { echo "skipped: needs firefox-esr"; exit 77; }
. "$(dirname "$0")/lib.sh"
usual_packages
# A phase that is long enough to be seen, however fast the machine is.
slurm_recipe "" "    build: |
      make && sleep 1"
new_root root
run 0 build
page=$root/builds/slurm-1.0-report.html

picture() { # NAME USER_PREFERENCE...: of the page, $work/NAME.png
    local name=$1
    mkdir -p "$work/$name"
    printf 'user_pref("%s", %s);\n' datareporting.policy.dataSubmissionEnabled false "${@:2}" >"$work/$name/user.js"
    run 0 timeout 60 firefox-esr --headless --no-remote --profile "$work/$name" --window-size=1000,900 \
        --screenshot "$work/$name.png" "file://$page"
}
# share FILE RRGGBB...: whether each colour covers at least a thousandth of the picture (of 8 bits, not interlaced)
share() {
    python3 - "$@" <<'END'
import collections, struct, sys, zlib
data = open(sys.argv[1], "rb").read()
place, pixels = 8, b""
while place < len(data):
    length, kind = struct.unpack(">I4s", data[place:place + 8])
    body = data[place + 8:place + 8 + length]
    if kind == b"IHDR":
        width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        assert depth == 8 and colour in (2, 6) and not interlaced
    pixels += body if kind == b"IDAT" else b""
    place += 12 + length
size = 3 if colour == 2 else 4
raw = zlib.decompress(pixels)
before = bytearray(width * size)
seen = collections.Counter()
for y in range(height):
    start = y * (width * size + 1)
    how, line = raw[start], bytearray(raw[start + 1:start + 1 + width * size])
    for x in range(len(line)):  # https://www.w3.org/TR/png/#9Filters
        left, up = line[x - size] if x >= size else 0, before[x]
        corner = before[x - size] if x >= size else 0
        if how == 1:
            line[x] = (line[x] + left) & 255
        elif how == 2:
            line[x] = (line[x] + up) & 255
        elif how == 3:
            line[x] = (line[x] + (left + up) // 2) & 255
        elif how == 4:
            near = min((abs(up - corner), 0, left), (abs(left - corner), 1, up), (abs(left + up - 2 * corner), 2, corner))
            line[x] = (line[x] + near[2]) & 255
    seen.update(bytes(line[x:x + 3]).hex() for x in range(0, len(line), size))
    before = line
print(" ".join("yes" if seen[wanted] * 1000 > width * height else "no" for wanted in sys.argv[2:]))
END
}
# page, card, a phase of build, frame of the critical path
picture light ui.systemUsesDarkTheme 0
expect "by day it has its colours" "$(share "$work/light.png" ffffff f5f6f8 3f7fd4 c8442b)" "yes yes yes yes"
expect "and not those of the night" "$(share "$work/light.png" 14181d)" no
picture dark ui.systemUsesDarkTheme 1
expect "by night it has others" "$(share "$work/dark.png" 14181d 1c2229 5b98e8 ff8a6b)" "yes yes yes yes"
expect "and not those of the day" "$(share "$work/dark.png" ffffff)" no
finish
