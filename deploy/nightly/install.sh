#!/bin/sh
# Sets the two nightly benchmarks on the server that FEWSTEP_SERVER_URL names; the same again changes nothing.
# Usage: deploy/nightly/install.sh [ZONE [WEBHOOK]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fewstep=${FEWSTEP:-$here/../../fewstep}
zone=${1:-UTC}
webhook=${2:-}
"$fewstep" schedule create nightly-quality --cron "0 2 * * *" --zone "$zone" --retention 14 \
  --spec "$here/quality.yaml" --gate fd --min-effect 0.02 ${webhook:+--webhook "$webhook"}
"$fewstep" schedule create nightly-speed --cron "0 4 * * *" --zone "$zone" --retention 14 \
  --spec "$here/speed.yaml" --gate step_ratio --min-effect 0.05 --min-seeds 5 ${webhook:+--webhook "$webhook"}
