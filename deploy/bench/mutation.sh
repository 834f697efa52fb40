#!/bin/sh
# Measures which changes of the decision core its tests notice (PIT). Slow: half an hour was not
# enough on two cores shared with ten other builds.
set -e
cd "$(dirname "$0")/../.."
exec mvn -ntp -P mutation -pl orchestrator -am test-compile "$@"
