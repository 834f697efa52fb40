#!/bin/sh
# Measures which changes of the decision core its tests notice (PIT); takes about 15 minutes on two idle cores.
set -e
cd "$(dirname "$0")/../.."
exec mvn -ntp -P mutation -pl orchestrator -am test-compile "$@"
