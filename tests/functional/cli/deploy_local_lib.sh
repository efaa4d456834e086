# For tests of `deploy` that source it after lib.sh: without ssh, in the directory $prefix.
# shellcheck shell=bash disable=SC2154 # work
. "$(dirname "$0")/deploy_lib.sh"
deploy() { # VERSION[.KIND] OPTION...
    local file=$1
    shift
    factory deploy "$work/bundles/$file" --prefix "$prefix" "$@"
}
rollback() { factory rollback --prefix "$prefix" "$@"; }
status() { factory status --prefix "$prefix" "$@"; }
link() { active "$prefix" "$1"; }
links() { echo "$(link dbd) $(link ctld) $(link d) $(link current)"; }
