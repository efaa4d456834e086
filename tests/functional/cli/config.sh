#!/bin/bash
# `config show`, `config check`, `config reference`.
. "$(dirname "$0")/lib.sh"
root=$work/root
mkdir "$root"
cat >"$root/config.yaml" <<END
network:
  retries: 7
  mirrors: ["https://robot:sesame@mirror.example.org/s"]
limits: {memory: 1536MiB}
slurm: {variants: "+kafka ~hdf5"}
END
show() { "$TOOL" --root "$root" config show "$@"; }
value() { show --format json | python3 -c 'import json, sys; v = json.load(sys.stdin)[sys.argv[1]]; print(v["value"], v["origin"])' "$1"; }

run 0 show
expect_in "every key has a line" "$out" "root " "levers.mold " "solver.reuse " "packages "
expect "a value of the file" "$(value network.retries)" "7 $root/config.yaml:2"
expect "a size" "$(value limits.memory)" "1536MiB $root/config.yaml:4"
expect "variants" "$(value slurm.variants)" "~hdf5 +kafka $root/config.yaml:5"
expect "a default" "$(value limits.job-memory)" "2GiB default"
expect_not_in "no password is shown" "$out" "sesame"
expect_in "but the place" "$out" "https://***@mirror.example.org/s"
export SLURM_FACTORY_JOBS=3
expect "the environment" "$(value limits.jobs)" "3 environment"
unset SLURM_FACTORY_JOBS
run 0 show --changed --retries 9
expect_in "an option" "$out" "network.retries" "9  (--retries)"
expect_not_in "defaults are left out" "$out" "levers.mold"

run 0 "$TOOL" --root "$root" config check
expect_in "what is in use is right" "$out" "$root/config.yaml: no errors"
echo 'network: {retires: 3}' >"$work/new.yaml"
run 3 "$TOOL" --root "$root" config check "$work/new.yaml"
expect_in "a fault of a new one" "$out" "$work/new.yaml:1:11: unknown key 'retires'" "did you mean 'retries'?"
run 2 "$TOOL" --root "$root" config check "$work/none.yaml"
expect_in "no file" "$out" "there is no file $work/none.yaml"

run 0 "$TOOL" --root "$root" config reference
expect "the manual has just that table" "$(sed -n '/^| key | type /,/^$/p' "$here/../../../docs/configuration.md")" "$out"
finish
