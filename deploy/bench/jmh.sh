#!/usr/bin/env bash
# JMH benchmarks of single operations. Arguments go to JMH: a pattern of names, -f, -i, -p edge=32, ... (-h lists them).
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
classpath=$home/deploy/bench/target/classpath
(cd "$home" && mvn -q -ntp -Denforcer.skip -pl deploy/bench -am compile dependency:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=runtime)
export OMP_WAIT_POLICY=passive
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -cp "$home/deploy/bench/target/classes:$(cat "$classpath")" org.openjdk.jmh.Main "$@"
