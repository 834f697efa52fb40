#!/usr/bin/env bash
# Proves weights both ways against the original U-Net: builds what is needed, then runs original_unet.py beside this file.
# Usage: deploy/parity/original_unet.sh CHECKOUT-OF-ermongroup/ddim [cifar10|celeba]     PYTHON names a Python with torch, numpy, safetensors.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$home/deploy/bench/program.sh"
exec "${PYTHON:-python3}" "$home/deploy/parity/original_unet.py" "$1" "$classpath" "${2:-cifar10}"
