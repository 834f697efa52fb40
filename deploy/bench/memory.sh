#!/bin/sh
# Peak resident memory of a finetune at 5, 10 and 20 sampling steps, and its ratio to that at 5 (bar: 1.1 or less).
# Needs Linux's /proc and a built tree; takes a few minutes. Usage: deploy/bench/memory.sh [experiment.yaml]
set -eu

home=$(cd "$(dirname "$0")/../.." && pwd -P)
spec=${1:-$home/deploy/bench/memory.yaml}
[ -r /proc/self/status ] || { echo "memory.sh: this system has no /proc/self/status" >&2; exit 2; }
[ -f "$home/cli/target/app/.built" ] || { echo "memory.sh: build first: $home/fewstep --version" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# One heap size for all, so that the collector's habits do not show as a difference.
FEWSTEP_JAVA_OPTS="-Xms256m -Xmx256m ${FEWSTEP_JAVA_OPTS:-}"
FEWSTEP_NO_BUILD=1
# One shard: with more, the peak depends on which threads happen to be at their peaks together.
FEWSTEP_THREADS=1
export FEWSTEP_JAVA_OPTS FEWSTEP_NO_BUILD FEWSTEP_THREADS

# The launcher becomes the JVM (exec), so its process id is the JVM's. VmHWM never falls: the last reading is the peak.
peak() { # kB at the most while trial $1 runs
  "$home/fewstep" finetune "$spec" --trial "$1" --out "$work/trial-$1" >"$work/log" 2>&1 &
  pid=$!
  most=0
  while kill -0 "$pid" 2>/dev/null; do
    now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status" 2>/dev/null || true)
    [ -z "$now" ] || most=$now
    sleep 0.1
  done
  if ! wait "$pid"; then
    pid=
    tail -n 5 "$work/log" >&2
    echo "memory.sh: the finetune of trial $1 failed" >&2
    return 1
  fi
  pid=
}

printf '%-14s %10s %12s\n' samplingSteps 'peak MB' 'ratio to 5'
first=
worst=0
trial=0
for steps in 5 10 20; do
  peak "$trial"
  first=${first:-$most}
  printf '%-14s %10s %12s\n' "$steps" "$((most / 1024))" "$(awk "BEGIN { printf \"%.3f\", $most / $first }")"
  [ "$most" -le "$worst" ] || worst=$most
  trial=$((trial + 1))
done
awk "BEGIN { exit !($worst <= 1.1 * $first) }" || { echo "memory.sh: more than 1.1 times the memory at 5 steps" >&2; exit 1; }
