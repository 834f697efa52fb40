#!/usr/bin/env bash
# Makes the image that the Dockerfiles of this folder stand on where none can be pulled: Debian bookworm with nothing but what apt
# and TLS need, by debootstrap (as root; 2 to 3 minutes). Elsewhere use debian:bookworm-slim, the default of ARG BASE.
# Usage: deploy/docker/base.sh [IMAGE]     MIRROR=URL for another mirror than debootstrap takes
set -euo pipefail

image=${1:-fewstep/base:bookworm}
if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image is there"
  exit 0
fi
command -v debootstrap >/dev/null 2>&1 || { echo "base.sh: debootstrap was not found (Debian: apt-get install debootstrap)" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "base.sh: debootstrap must be run as root" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fewstep-base.XXXXXX")
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" ${MIRROR:+"$MIRROR"} >"$work/log" ||
  { tail -n 20 "$work/log" >&2; exit 1; }
rm -rf "$work"/root/var/lib/apt/lists/* "$work"/root/var/cache/apt/* "$work"/root/usr/share/{doc,man,locale}/*
tar -C "$work/root" -c . | docker import --change 'CMD ["bash"]' - "$image" >/dev/null
echo "made $image"
