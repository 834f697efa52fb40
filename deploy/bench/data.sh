#!/usr/bin/env bash
# Images per second of importing a dataset (decode, crop, resize; all cores) and of reading batches of a mapped one (one
# thread), and their ratio to what a finetuning step at CIFAR size takes on this machine. The bar: no ratio below 1.
# Usage: deploy/bench/data.sh [images] [demand]     demand: images per second of training; measured with StepBench when left out
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
images=${1:-4000}
threads=${FEWSTEP_THREADS:-$(nproc)}
. "$home/deploy/bench/program.sh"
run() { "$java" -Xmx1g -cp "$classpath" "$@"; }

demand=${2:-}
if [ -z "$demand" ]; then
  seconds=$(run dev.fewstep.bench.StepBench cifar mmd 16 "$(((16 + threads - 1) / threads))" 5 "$threads" 1 2>/dev/null |
    sed -n 's/.*"seconds": *\([^,}]*\).*/\1/p')
  demand=$(awk "BEGIN { print 16 / $seconds }")
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
table=$(run dev.fewstep.bench.DataBench "$work" "$images" "$demand")
echo "$table"
echo "$table" | awk 'NR > 1 && $NF < 1 { slow = 1 } END { exit slow }' || { echo "data.sh: the data starves the training" >&2; exit 1; }
