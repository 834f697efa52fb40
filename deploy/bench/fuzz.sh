#!/bin/sh
# Feeds damaged .pth, .safetensors and .npz files to the readers and prints a table of how they ended. Exits with 1 when
# one crashed or took more than 20 seconds. Usage: deploy/bench/fuzz.sh [cases, default 1000000] [first seed, default 0]
set -eu

home=$(cd "$(dirname "$0")/../.." && pwd -P)
[ -f "$home/cli/target/app/.built" ] || { echo "fuzz.sh: build first: $home/fewstep --version" >&2; exit 2; }
[ -d "$home/worker/target/test-classes" ] || (cd "$home" && mvn -q -ntp -pl worker -am test-compile)
# The cases go through files, most quickly through memory. The heap is small so that a file that asks for much is found.
folder=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || folder=/dev/shm
exec java -Xmx192m -XX:MaxDirectMemorySize=400m -XX:+UseSerialGC -Djava.io.tmpdir="$folder" \
  -cp "$home/worker/target/test-classes:$home/worker/target/classes:$home/cli/target/app/lib/*" \
  dev.fewstep.worker.checkpoint.Fuzz "$@"
