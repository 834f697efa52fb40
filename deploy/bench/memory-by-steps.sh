#!/usr/bin/env bash
# Peak resident memory of an MMD finetune at 5 and 20 sampling steps. Exits with 1 when 20 steps need more than 1.1 times
# the memory of 5. Usage: deploy/bench/memory-by-steps.sh [images per step, default 32]
set -euo pipefail
cd "$(dirname "$0")/../.."
batch="${1:-32}"
classpath="$(mktemp)"
trap 'rm -f "$classpath"' EXIT
mvn -q -ntp -o -pl worker -am test-compile dependency:build-classpath \
  -Dmdep.includeScope=test -Dmdep.outputFile="$classpath"

peak() {
  java -Xms256m -Xmx256m -cp "worker/target/test-classes:worker/target/classes:$(cat "$classpath")" \
    dev.fewstep.worker.training.MemoryBySteps "$1" "$batch" | tee /dev/stderr | awk '/VmHWM/ {print $4}'
}

few="$(peak 5)"
many="$(peak 20)"
awk -v few="$few" -v many="$many" 'BEGIN {
  ratio = many / few
  printf "20 steps / 5 steps: %.3f (bar: 1.1)\n", ratio
  exit ratio > 1.1
}'
