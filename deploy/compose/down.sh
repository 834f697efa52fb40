#!/usr/bin/env bash
# Stops what up.sh started; workers hand their tasks back first. Usage: deploy/compose/down.sh [--volumes]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/settings.sh"
compose --profile cpu --profile gpu down --remove-orphans "$@"
