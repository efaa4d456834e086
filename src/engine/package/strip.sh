# Symbols and DWARF go to .debug/<path>.debug, from where normalise() takes them into the debug slice.
set -eu
cd "$PREFIX"
while IFS= read -r file; do
    mkdir -p ".debug/$(dirname "$file")"
    objcopy --only-keep-debug "$file" ".debug/$file.debug"
done < /step/elf-files
xargs -r -d '\n' strip --strip-unneeded < /step/elf-files
