#!/usr/bin/env bash
# What the orchestration does with 32 devices whose tasks do nothing, against a real broker and store: tasks a second, time from
# ready to started at 50 tasks/s, 10,000 trials submitted, and heap, replay and listings at 100,000 trials; and Kafka alone.
# Usage: deploy/bench/orchestration.sh [bare] [throughput] [latency] [submit] [size]     SECONDS_WARM=60 SECONDS_MEASURED=20 TRIALS=100000 RECORDINGS=FOLDER TRIALS_EACH=5
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$home/deploy/bench/program.sh"

printf '%s, %s processors, load %s before; commit %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc --all)" \
  "$(cut -d' ' -f1 /proc/loadavg)" "$(git -C "$home" rev-parse --short HEAD)"
exec "$java" -Xmx1g -XX:+UseSerialGC ${RECORDINGS:+-Drecordings="$RECORDINGS"} -Dseconds="${SECONDS_MEASURED:-20}" -Dtrials="${TRIALS:-100000}" -Dwarm="${SECONDS_WARM:-60}" -Deach="${TRIALS_EACH:-5}" -cp "$classpath" \
  dev.fewstep.bench.orchestration.OrchestrationBench "$@"
