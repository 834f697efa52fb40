#!/usr/bin/env bash
# What the page costs a headless browser against a running server: first contentful paint, bytes of the first page, time from an
# input to the frame that answers it, heap, and the server's answers, as a table for docs/evidence/dashboard.md.
# Usage: deploy/bench/dashboard.sh [URL]     RUNS=5 EXPERIMENT=id CHROMIUM=/usr/bin/chromium      (URL: of a server that holds what is to be shown)
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
url=${1:-${FEWSTEP_SERVER_URL:-http://127.0.0.1:8080}}
cd "$home/dashboard"
[ -d node_modules/playwright-core ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
printf '%s, %s processors, load %s before; commit %s; %s\n\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc --all)" \
  "$(cut -d' ' -f1 /proc/loadavg)" "$(git -C "$home" rev-parse --short HEAD)" "$("${CHROMIUM:-chromium}" --version 2>/dev/null | head -1)"
exec node measure.mjs "${url%/}/"
