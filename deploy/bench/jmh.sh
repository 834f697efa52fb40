#!/usr/bin/env bash
# JMH benchmarks of single operations. Arguments go to JMH: a pattern of names, -f, -i, -p edge=32, ... (-h lists them).
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$home/deploy/bench/program.sh"
exec "$java" -cp "$classpath" org.openjdk.jmh.Main "$@"
