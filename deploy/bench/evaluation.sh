#!/usr/bin/env bash
# Time and peak memory of gathering and scoring 50,000 vectors of 2,048 features with a heap of 256 MB: a row for each phase.
# Usage: deploy/bench/evaluation.sh [vectors] [dimensions] [vectors for kd, kid, pr, dc]
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$home/deploy/bench/program.sh"
"$java" -Xmx256m -Dai.djl.offline=true -cp "$classpath" \
  dev.fewstep.bench.EvaluationBench "$work" "${1:-50000}" "${2:-2048}" "${3:-5000}"
