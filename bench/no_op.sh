#!/bin/bash
# no_op.sh TOOL [RUNS [OPTION...]]: `build` with nothing to do, and the tool's peak memory. The options say of what, a
# minimal Slurm by default. Wants a finished build in its root.
set -euo pipefail
tool=$1 runs=${2:-20}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- --slurm-version 24.11 --minimal
request=(build "$@" --quiet)
"$tool" "${request[@]}" >/dev/null
for _ in $(seq "$runs"); do
    start=${EPOCHREALTIME/./} # microseconds; a date(1) would be measured as well
    "$tool" "${request[@]}" >/dev/null
    echo $((${EPOCHREALTIME/./} - start))
done | sort -n | awk '{v[NR] = $1} END {printf "nothing to do: min %.1f ms, median %.1f ms, max %.1f ms\n", v[1]/1000, v[int((NR+1)/2)]/1000, v[NR]/1000}'
python3 - "$tool" "${request[@]}" <<'P'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(f"peak memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.1f} MiB")
P
