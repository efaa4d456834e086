#!/bin/sh
# scripts/lint.sh BUILD_DIR: format and static analysis of all our C++; changes nothing.
set -eu
build=$1
git ls-files --cached --others --exclude-standard 'src/*.cpp' 'src/*.hpp' 'tests/*.cpp' 'tests/*.hpp' 'bench/*.cpp' |
    xargs clang-format-14 --dry-run --Werror
# GCC's own flags in the compilation database are none of clang's business.
git ls-files --cached --others --exclude-standard 'src/*.cpp' |
    xargs -P "$(nproc)" -n 4 clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option
