#!/bin/sh
# Measures which changes of the decision core its tests notice (PIT). Slow: 19 minutes on two cores
# with -Dmutation.threads=2.
set -e
cd "$(dirname "$0")/../.."
exec mvn -ntp -P mutation -pl orchestrator -am test-compile "$@"
