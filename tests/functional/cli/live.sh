#!/bin/bash
# The live view of a build in a real terminal.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null || { echo "skipped: tmux is not installed"; exit 77; }
unset NO_COLOR
usual_packages
new_root root
slurm_recipe "" $'    build: |\n      make; echo "waiting to be seen"; until [ -e /step/go ]; do sleep 0.1; done'
terminal() { tmux -L "sf-live-$$" -f /dev/null "$@"; }
trap 'terminal kill-server 2>/dev/null || true; clean_up' EXIT
screen() { terminal capture-pane -p; }
shows() { screen | grep -qE "$1"; }
start() { # OPTION...: in a terminal of 110 columns, where a shell stays when it has ended
    terminal new-session -d -x 110 -y 30 \
        "${environment:-} '$TOOL' --root '$root' --images '$here/images' --image tiny --recipes '$recipes' build \
            --slurm-version 1.0 $*; echo status \$?; sleep 600"
}
go_on() { touch "$(find "$root" -path '*/work/slurm.*/step' -type d)/go"; }

start --verbose
expect_true "a line for the package at work" within 60 shows '^  slurm@1.0 +build +0:[0-9]+ .* cores +[0-9.]+ .iB'
expect_true "and what it printed last" within 10 shows '^    waiting to be seen'
expect_true "one line for all" within 10 shows '^2 of 3 packages; [0-9]+ of [0-9]+ jobs; 0:[0-9]+'
expect "each once" "$(screen | grep -cE 'waiting to be seen|of 3 packages')" 2
expect_true "lines that stay are above" shows 'greet@1.0: built in'
terminal resize-window -x 60 -y 60
narrow() { shows '^2 of 3 packages' && [[ $(screen | grep -c 'of 3 packages') == 1 ]]; }
expect_true "it fits itself to a smaller terminal" within 10 narrow
go_on
expect_true "it ends" within 60 shows '^status 0'
expect "and takes its lines away" "$(screen | grep -cE '^  slurm@1.0 +build|^[0-9] of 3 packages')" 0
expect_in "the result stays" "$(terminal capture-pane -p -J)" "slurm-1.0-software.tar.gz" # lines joined that it wrapped
terminal kill-server

# What it took the last time is known now; interrupted, it leaves no traces on the screen.
slurm_recipe "" $'    build: |\n      : again; make; echo "waiting to be seen"; until [ -e /step/go ]; do sleep 0.1; done'
start
expect_true "what it took" within 60 shows 'build +0:[0-9]+ of ~0:[0-9]+'
expect_true "and how long it will take" within 10 shows '2 of 3 packages, 2 from caches; .*, about 0:[0-9]+ to go'
expect "no last lines unless asked for" "$(screen | grep -c 'waiting to be seen')" 0
terminal send-keys C-c
expect_true "it is interrupted" within 10 shows '^status 130'
expect "and takes its lines away" "$(screen | grep -cE '^  slurm@1.0 +build|^[0-9] of 3 packages')" 0
terminal kill-server

# A warning has a colour, unless NO_COLOR says otherwise. The warning is that no key is trusted, given when there is
# something to build and a cache to ask.
colours() { terminal capture-pane -p -e | grep -oE $'\033\\[[0-9;]*m' | sort -u | tr -d '\033'; }
for environment in "" NO_COLOR= NO_COLOR=1; do
    slurm_recipe "" $'    build: |\n      '": '$environment'; make"
    start --cache "$work/none"
    expect_true "a build with '$environment' ends" within 60 shows '^status 0'
    expect_true "and has warned" shows '^ +[0-9.]+s  warning: no public key'
    case $environment in
        NO_COLOR=1) expect "no colour with NO_COLOR=1" "$(colours)" "" ;;
        *) expect_in "yellow with '$environment'" "$(colours)" "[33m" ;;
    esac
    terminal kill-server
done
environment=

# Elsewhere than on a terminal nothing is drawn.
slurm_recipe
run 0 build
expect_not_in "no cursor movements in a pipe" "$out" $'\033'
expect_in "lines instead" "$out" "slurm@1.0: building"
finish
