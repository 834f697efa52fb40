#!/usr/bin/env bash
# Sends files of 64 MiB, 512 MiB and 5 GiB to an object store and reads them back through the client that server and workers use, in
# a JVM whose heap is 64 MiB at most: rates, and MiB of heap in use after a collection before, between and after.
# Usage: deploy/bench/store.sh [minio|embedded] [MIB...]     minio is built by deploy/minio/build.sh (needs Go)
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
kind=${1:-embedded}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 64 512 5120
. "$home/deploy/bench/program.sh"
export AWS_ACCESS_KEY_ID=key-of-a-bench AWS_SECRET_ACCESS_KEY=secret-of-a-bench-secret-of-a-bench
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-bench.XXXXXX")
server=
trap '[ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$work"' EXIT

case $kind in
  minio)
    minio=$("$home/deploy/minio/build.sh")
    endpoint=http://127.0.0.1:${FEWSTEP_BENCH_PORT:-19000}
    MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY MINIO_BROWSER=off \
      "$minio" server --quiet --address "${endpoint#http://}" "$work/store" >"$work/server.log" 2>&1 &
    server=$!
    until (: <"/dev/tcp/127.0.0.1/${endpoint##*:}") 2>/dev/null; do
      kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }
      sleep 0.2
    done
    ;;
  embedded)
    mkfifo "$work/in"
    "$java" -Xmx512m -cp "$classpath" dev.fewstep.bench.StoreBench serve "$work/store" <"$work/in" >"$work/endpoint" 2>"$work/server.log" &
    server=$!
    exec 3>"$work/in"
    until endpoint=$(grep -m 1 ^http "$work/endpoint"); do
      kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }
      sleep 0.2
    done
    ;;
  *) echo "store.sh: minio or embedded was expected, not '$kind'" >&2; exit 2 ;;
esac
"$java" -Xmx64m -XX:+UseSerialGC -cp "$classpath" dev.fewstep.bench.StoreBench move "$work" "$endpoint" "$@"
