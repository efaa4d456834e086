#!/bin/bash
# features.sh TREE SET...: every feature of the sets (features.txt) is in the unpacked tree and can be loaded, and the
# programs themselves say so. LOAD_PLUGIN is the program made of load_plugin.c (default: beside this script); the set gpu
# wants DRIVER, the directory of libnvidia-ml.so.1.
set -euo pipefail
tree=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
load=${LOAD_PLUGIN:-$here/load_plugin}
failed=0
fail() { echo "FAILED: $*" >&2; failed=1; }
SLURM_CONF=$(mktemp)
export SLURM_CONF
trap 'rm -f "$SLURM_CONF"' EXIT
printf 'ClusterName=f\nSlurmctldHost=%s\nNodeName=%s\nPartitionName=all Nodes=ALL\nAuthType=auth/none\nCredType=cred/none\n' \
    "$(hostname)" "$(hostname)" >"$SLURM_CONF"

version=$("$tree/sbin/slurmctld" -V)
version=${version#slurm }
at_least() { printf '%s\n' "$1" "$version" | sort -V -C; }
# The driver's library comes first, as Slurm has it: the plugin for it names functions of that library.
load_plugin() { # FILE
    case $1 in
    */gpu_nvml.so) LD_PRELOAD=$DRIVER/libnvidia-ml.so.1 "$load" "$tree" gpu_nvml ;;
    *) "$load" "$tree" "$(basename "$1" .so)" ;;
    esac
}

for set in "$@"; do
    while IFS=$'\t' read -r kind variant file since; do
        # shellcheck disable=SC2015 # that is what is meant
        [ "$kind" = "$set" ] && at_least "${since:-0}" || continue
        if [ ! -e "$tree/$file" ]; then
            fail "+$variant: $file is missing"
            continue
        fi
        case $file in
        lib/slurm/*) load_plugin "$file" || fail "+$variant: $file does not load" ;;
        lib/security/*) ;; # they are the system's libpam's to load
        esac
        echo "ok: +$variant: $file"
    done <"$here/features.txt"
done

has() { # WHAT PATTERN TEXT
    if grep -qE -- "$2" <<<"$3"; then echo "ok: $1"; else fail "$1: nothing like '$2' in: $3"; fi
}
has "slurmctld -V" '^slurm [0-9]+\.' "slurm $version"
mpi=$("$tree/bin/srun" --mpi=list 2>&1 || true)
has "srun --mpi=list: pmix" pmix "$mpi"
has "srun --mpi=list: pmi2" pmi2 "$mpi"
chmod 644 "$SLURM_CONF"
slurmrestd() { setpriv --reuid 65533 --regid 65533 --clear-groups "$tree/sbin/slurmrestd" "$@" 2>&1 || true; }
at_least 23.02 && has "slurmrestd -d list" data_parser "$(slurmrestd -d list)"
has "slurmrestd -s list" "slurmctld|openapi/v0" "$(slurmrestd -s list)" # 22.05 names them by version
# One without X11 says that it is not built in.
has "srun --x11" "DISPLAY" "$(env -u DISPLAY "$tree/bin/srun" --x11 true 2>&1 || true)"
exit $failed
