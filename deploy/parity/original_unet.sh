#!/usr/bin/env bash
# Proves weights both ways against the original U-Net: builds what is needed, then runs original_unet.py beside this file.
# Usage: deploy/parity/original_unet.sh CHECKOUT-OF-ermongroup/ddim [cifar10|celeba]     PYTHON names a Python with torch, numpy, safetensors.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
classpath=$home/deploy/bench/target/classpath
(cd "$home" && mvn -q -ntp -Denforcer.skip -pl deploy/bench -am compile dependency:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=runtime)
export OMP_WAIT_POLICY=passive
exec "${PYTHON:-python3}" "$home/deploy/parity/original_unet.py" "$1" "$home/deploy/bench/target/classes:$(cat "$classpath")" "${2:-cifar10}"
