#!/bin/sh
# scripts/lint.sh BUILD_DIR: format and static analysis of all our C++ and shell; changes nothing. BUILD_DIR must be configured
# (cmake --preset lint), not built: its unity sources are read, each for several of ours, which takes a sixth of the time.
set -eu
find src tests bench -name '*.[ch]pp' -print0 | xargs -0 clang-format-14 --dry-run --Werror

# What the program carries has no first line that names its shell. What builds run is part of packages' keys: it is passed over
# here and not by comments, because those would change the keys.
find src -name '*.sh' -exec shellcheck --shell=sh {} +
shellcheck --shell=bash src/cli/completion.bash
find recipes images floor smoke -name '*.sh' -exec shellcheck --exclude=SC2011,SC2013,SC2016,SC2044,SC2086 {} +
{ find scripts tests bench -name '*.sh' && printf '%s\n' check slurm-factory .ci/run; } | xargs -n 8 -P "$(nproc)" shellcheck
bash -n src/cli/completion.bash
for shell in zsh fish; do
    if command -v "$shell" >/dev/null; then "$shell" -n "src/cli/completion.$shell"; fi
done

# What has no findings is passed over in silence; clang-tidy would count what it suppressed in the system's headers.
sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$1/compile_commands.json" | xargs -P "$(nproc)" -I FILE sh -c '
    found=$(clang-tidy-14 -p "$1" --quiet "$2" 2>&1) || { printf "%s\n" "$found"; exit 1; }' lint "$1" FILE
