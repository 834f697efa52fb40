#!/usr/bin/env bash
# The Fréchet distance against SciPy's sqrtm on the same statistics: seconds of one thread's CPU, their ratio (bar: 0.25), and how
# far the distances are apart (bar: 1e-6). Usage: deploy/bench/frechet.sh [dimensions] [vectors] [rounds]
# PYTHON=python3 names a Python with SciPy; without one only fewstep is timed.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
dimensions=${1:-2048} vectors=${2:-5000} rounds=${3:-2}
python=${PYTHON:-python3}
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$home/deploy/bench/program.sh"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
ours=$("$java" -Dai.djl.offline=true -cp "$classpath" \
  dev.fewstep.bench.FrechetBench "$work" "$dimensions" "$vectors" "$rounds" | tail -n 1)
theirs=$("$python" - "$work" "$rounds" <<'PY' || true
import sys, time
import numpy as np
try:
    from scipy import linalg
except ImportError:
    sys.exit(1)
a, b = (np.load(f"{sys.argv[1]}/{name}.npz") for name in ("real", "generated"))
s1, s2, d = a["sigma"], b["sigma"], a["mu"] - b["mu"]
best = float("inf")
for _ in range(int(sys.argv[2])):
    before = time.thread_time()
    root = linalg.sqrtm(s1 @ s2)
    distance = d @ d + np.trace(s1) + np.trace(s2) - 2 * np.trace(root.real)
    best = min(best, time.thread_time() - before)
print(best, repr(float(distance)))
PY
)
printf '%-10s %12s %22s\n' program 'CPU seconds' distance
printf '%-10s %12.2f %22s\n' fewstep ${ours}
[ -n "$theirs" ] || { echo "frechet.sh: $python has no SciPy: no ratio" >&2; exit 0; }
printf '%-10s %12.2f %22s\n' SciPy ${theirs}
set -- $ours $theirs
awk "BEGIN { d = ($2 - $4) / $4; if (d < 0) d = -d; printf \"ratio %.3f, relative difference %.1e\\n\", $1 / $3, d; exit !($1 <= 0.25 * $3 && d <= 1e-6) }" \
  || { echo "frechet.sh: outside the bars" >&2; exit 1; }
