mkdir -p @directory@
cat > @file@ <<'END'
@specs@
END
if command -v gcc > /dev/null; then
    specs=@directory@/$(gcc -dumpmachine)/$(gcc -dumpversion)
    mkdir -p "$specs"
    gcc -dumpspecs > @directory@/own
    cat @directory@/own @file@ > "$specs/specs"
fi
