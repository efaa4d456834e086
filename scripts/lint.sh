#!/bin/sh
# scripts/lint.sh BUILD_DIR: format and static analysis of all our C++; changes nothing. BUILD_DIR must be configured
# (cmake --preset lint), not built.
set -eu
find src tests bench -name '*.[ch]pp' | xargs clang-format-14 --dry-run --Werror
# A file without findings is passed over in silence; clang-tidy would count what it suppressed in the system's headers.
# shellcheck disable=SC2016 # the variables are those of the inner shell
find src -name '*.cpp' | xargs -P "$(nproc)" -I FILE sh -c '
    found=$(clang-tidy-14 -p "$1" --quiet "$2" 2>&1) || { printf "%s\n" "$found"; exit 1; }' lint "$1" FILE
