#!/usr/bin/env bash
# Breaks a whole installation of real processes on this machine and checks that nothing is lost and nothing counted twice.
# Usage: deploy/chaos/chaos.sh [--faults N] [--tasks N] [--seed N] [--brokers 1|3] [--help for the rest]
# FEWSTEP_NO_BUILD=1 runs what was built before.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
app=$home/deploy/chaos/target
if [ -z "${FEWSTEP_NO_BUILD:-}" ] || [ ! -d "$app/app/lib" ]; then
  (cd "$home" && mvn -q -ntp -pl deploy/chaos -am package -Dmaven.test.skip=true)
fi
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
commit=$(git -C "$home" describe --always --dirty --abbrev=10 2>/dev/null || echo unknown)
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
[ -t 2 ] && export FEWSTEP_TERMINAL=true
jar=$(ls "$app"/fewstep-chaos-*.jar | head -n 1)
exec "$java" -Xmx900m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dai.djl.offline=true \
  -cp "$jar:$app/app/lib/*" dev.fewstep.chaos.Main --commit "$commit" "$@"
