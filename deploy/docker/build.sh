#!/usr/bin/env bash
# Builds the images that deploy/compose runs, on a base that need not be pulled. Needs docker, JDK 17, Maven; Go for MinIO.
# Usage: deploy/docker/build.sh [server] [worker] [worker-cuda] [minio] [kafka] [monitoring]     (server worker minio when none is named)
#   BASE=IMAGE   what they stand on; debian:bookworm-slim, or what deploy/docker/base.sh makes where nothing can be pulled
#   TAG=TAG      fewstep/server:TAG and so on; local when not set
set -euo pipefail

home=$(cd "$(dirname "$0")/../.." && pwd -P)
here=$home/deploy/docker
base=${BASE:-debian:bookworm-slim}
tag=${TAG:-local}
revision=$(git -C "$home" describe --always --dirty 2>/dev/null || echo unknown)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fewstep-images.XXXXXX")
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- server worker minio

image() { # image NAME CONTEXT [docker build's arguments]
  local name=$1 context=$2
  shift 2
  DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0} docker build --quiet --build-arg BASE="$base" --tag "fewstep/$name:$tag" "$@" "$context" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; exit 1; }
  echo "made fewstep/$name:$tag ($(docker image inspect --format '{{.Size}}' "fewstep/$name:$tag" | awk '{ printf "%.0f MB", $1 / 1e6 }'))"
}

program() { # lays the built program out in a folder
  [ -d "$work/program" ] || {
    "$home/fewstep" --version >/dev/null
    mkdir -p "$work/program"
    cp -r "$here/bin" "$work/program/bin"
    cp -r "$home/cli/target/app" "$work/program/app"
    rm -f "$work"/program/app/.built "$work"/program/app/lib/pytorch-native-*
  }
  cp -r "$work/program" "$1"
}

for part in "$@"; do
  case $part in
    server)
      program "$work/server"
      rm -f "$work"/server/app/lib/pytorch-jni-*
      image server "$work/server" --file "$here/Dockerfile" --target server --build-arg REVISION="$revision"
      ;;
    worker)
      program "$work/worker"
      mkdir "$work/worker/libtorch"
      (cd "$work/worker/libtorch" && for jar in "$home"/cli/target/app/lib/pytorch-native-cpu-*-linux-x86_64.jar; do
        python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(".")' "$jar"
      done && mv pytorch/cpu/linux-x86_64/* . && rm -rf pytorch META-INF native)
      image worker "$work/worker" --file "$here/Dockerfile" --target worker --build-arg REVISION="$revision"
      rm -rf "$work/worker"
      ;;
    worker-cuda)
      program "$work/cuda"
      "$here/libtorch-cuda.sh" "$work/cuda/libtorch"
      image worker-cuda "$work/cuda" --file "$here/Dockerfile" --target worker --build-arg REVISION="$revision" \
        --build-arg FLAVOR=cu128 --build-arg DEVICE=cuda:0 --build-arg DEVICE_CLASS=gpu
      rm -rf "$work/cuda"
      ;;
    minio)
      mkdir "$work/minio"
      cp "$("$home/deploy/minio/build.sh")" "$work/minio/minio"
      cp -r "$here/bin" "$work/minio/bin"
      image minio "$work/minio" --file "$here/minio.Dockerfile"
      ;;
    kafka)
      cp -r "$here/kafka" "$work/kafka"
      mvn -B -q -ntp -f "$here/kafka/pom.xml" dependency:copy-dependencies -Dfewstep.libraries="$work/kafka/lib"
      mkdir "$work/java"
      image java "$work/java" --file "$here/Dockerfile" --target java
      image kafka "$work/kafka" --build-arg JAVA="fewstep/java:$tag"
      ;;
    monitoring)
      image prometheus "$here/local" --file "$here/local/prometheus.Dockerfile"
      image alertmanager "$here/local" --file "$here/local/alertmanager.Dockerfile"
      ;;
    *) echo "build.sh: unknown image '$part'; there are server worker worker-cuda minio kafka monitoring" >&2; exit 2 ;;
  esac
done
