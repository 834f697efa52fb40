#!/bin/sh
# Builds a MinIO server of a pinned commit with Go, once, and prints where it is. Its releases' names (RELEASE.2025-...)
# are no versions of a Go module, so the commit's pseudo-version is pinned; Go checks its sum.
set -eu
version=v0.0.0-20260212201848-7aac2a2c5b7c
cache=${FEWSTEP_MINIO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fewstep/minio}/$version
if [ ! -x "$cache/minio" ]; then
  command -v go >/dev/null 2>&1 || {
    echo "deploy/minio/build.sh: Go was not found, and MinIO is built from source" >&2
    exit 2
  }
  mkdir -p "$cache"
  GOBIN="$cache" CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "github.com/minio/minio@$version" >&2
fi
echo "$cache/minio"
