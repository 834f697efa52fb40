#!/usr/bin/env bash
# The API's answers with 500 finished experiments of 200 trials whose scores come from a seeded generator (nothing is trained), out of
# a real broker, store and orchestrator: times over HTTP/1.1 with gzip, and processor time of the heavy ones without HTTP.
# Usage: deploy/bench/results.sh measure | inside | serve      PORT=8090 EXPERIMENTS=500 LARGE=0 QUEUED=0 HEAP=2g
#   measure  prints a table and ends; LARGE=100000 adds one finished experiment of so many trials, QUEUED=100000 one that waits
#   inside   processor time of listings and columns, no HTTP
#   serve    serves at PORT until it is stopped, to measure the page
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
classpath=$home/orchestrator/target/bench.classpath
(cd "$home" && mvn -q -ntp -Denforcer.skip -pl orchestrator -am test-compile dependency:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=test)
classpath=$home/orchestrator/target/test-classes:$home/orchestrator/target/classes:$(cat "$classpath")
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

printf '%s, %s processors, load %s before; commit %s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc --all)" \
  "$(cut -d' ' -f1 /proc/loadavg)" "$(git -C "$home" rev-parse --short HEAD)"
case ${1:-measure} in
  inside) program='api.ResultsBench' ;;
  measure | serve) program='ResultsServer' ;;
  *) sed -n '4,8p' "$0" >&2; exit 2 ;;
esac
exec "$java" -Xmx"${HEAP:-2g}" -XX:+UseSerialGC -Dport="${PORT:-8090}" -Dexperiments="${EXPERIMENTS:-500}" -Dlarge="${LARGE:-0}" \
  -Dqueued="${QUEUED:-0}" -cp "$classpath" "dev.fewstep.orchestrator.$program" "${1:-measure}"
