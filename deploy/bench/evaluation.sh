#!/usr/bin/env bash
# Time and peak memory of gathering and scoring 50,000 vectors of 2,048 features with a heap of 256 MB: a row for each phase.
# Usage: deploy/bench/evaluation.sh [vectors] [dimensions] [vectors for kd, kid, pr, dc]
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
classpath=$home/deploy/bench/target/classpath
(cd "$home" && mvn -q -ntp -Denforcer.skip -pl deploy/bench -am compile dependency:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=runtime)
export OMP_WAIT_POLICY=passive
"${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx256m -Dai.djl.offline=true -cp "$home/deploy/bench/target/classes:$(cat "$classpath")" \
  dev.fewstep.bench.EvaluationBench "$work" "${1:-50000}" "${2:-2048}" "${3:-5000}"
