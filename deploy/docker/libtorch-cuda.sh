#!/usr/bin/env bash
# Lays out the CUDA libraries of PyTorch 2.7.1 (CUDA 12.6, from PyPI: about 3.5 GB to load, 5 to 6 GB on the disk) in a folder, for an
# image of workers. No Python of them is used, only lib/*.so, all of which DJL loads: those that need what no container has (profilers,
# RDMA) are left out. Needs python3 with pip.
# Usage: deploy/docker/libtorch-cuda.sh FOLDER     WHEELS=FOLDER keeps what was loaded
set -euo pipefail

folder=${1:?which folder?}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fewstep-libtorch.XXXXXX")
trap 'rm -rf "$work"' EXIT
wheels=${WHEELS:-$work/wheels}
mkdir -p "$folder" "$wheels"
python3 -m pip download --quiet --disable-pip-version-check --dest "$wheels" --only-binary=:all: --python-version 3.12 --implementation cp \
  --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
  --platform manylinux1_x86_64 torch==2.7.1
python3 - "$folder" "$wheels"/torch-2.7.1-*.whl "$wheels"/nvidia_*.whl <<'END'
import pathlib, re, shutil, sys, zipfile

folder = pathlib.Path(sys.argv[1])
for wheel in sys.argv[2:]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            part = re.fullmatch(r"(?:torch|(?:nvidia/)?[a-z0-9_]+)/lib/([^/]+\.so(?:\.[^/]*)?)", name)
            if part and not re.match(r"libtorch_python|libshm|libcufile_rdma|libnvperf|libpcsamplingutil|libcheckpoint", part[1]):
                with archive.open(name) as source, open(folder / part[1], "wb") as target:
                    shutil.copyfileobj(source, target)
END
for library in libtorch.so libtorch_cuda.so libc10_cuda.so libcudart.so.12 libcublas.so.12 libcudnn.so.9 libcusparseLt.so.0; do
  [ -s "$folder/$library" ] || { echo "libtorch-cuda.sh: $library is not among what was loaded" >&2; exit 1; }
done
