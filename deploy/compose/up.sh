#!/usr/bin/env bash
# Brings everything up on this machine and waits until a server leads: Kafka, MinIO, a server, workers, and what watches them.
# Usage: deploy/compose/up.sh cpu|gpu [docker compose up's arguments, such as --scale worker=2]
#   AWS_ENDPOINT_URL_S3=URL AWS_REGION=REGION   another S3 instead of MinIO; its keys in secrets/s3-access-key and secrets/s3-secret-key
#   FEWSTEP_IMAGES=local                        Kafka and Prometheus from images made here (deploy/docker/build.sh kafka monitoring); no Grafana
#   FEWSTEP_TLS_CERTIFICATE=FILE FEWSTEP_TLS_KEY=FILE   PEM files, readable in the container: the API speaks TLS
#   FEWSTEP_MONITORING=none                     without Prometheus, Alertmanager and Grafana
# deploy/compose/down.sh stops it; --volumes forgets what it held.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
profile=${1:-}
case $profile in cpu | gpu) shift ;; *) echo "up.sh: which profile, cpu or gpu?" >&2; exit 2 ;; esac
tls=${FEWSTEP_TLS_CERTIFICATE:-}
if [ -n "$tls${FEWSTEP_TLS_KEY:-}" ]; then
  for file in "$tls" "${FEWSTEP_TLS_KEY:-}"; do
    [ -s "$file" ] || { echo "up.sh: FEWSTEP_TLS_CERTIFICATE and FEWSTEP_TLS_KEY belong together, and '$file' is no file" >&2; exit 2; }
  done
  FEWSTEP_TLS_CERTIFICATE=$(readlink -f "$tls")
  FEWSTEP_TLS_KEY=$(readlink -f "$FEWSTEP_TLS_KEY")
  export FEWSTEP_TLS_CERTIFICATE FEWSTEP_TLS_KEY
fi
. "$here/settings.sh"

make_secret() { # name, content: readable in containers, whose users are others; the folder keeps other users of this machine out
  [ -s "$FEWSTEP_SECRETS/$1" ] || (umask 022 && printf '%s' "$2" >"$FEWSTEP_SECRETS/$1")
}
random() { od -An -N 32 -tx1 /dev/urandom | tr -d ' \n'; }
mkdir -p "$FEWSTEP_SECRETS"
chmod 700 "$FEWSTEP_SECRETS"
make_secret admin-token "$(random)"
make_secret grafana-password "$(random)"
if [ -z "${AWS_ENDPOINT_URL_S3:-}" ]; then
  make_secret s3-access-key "fewstep-$(random | cut -c 1-12)"
  make_secret s3-secret-key "$(random)"
else
  for key in s3-access-key s3-secret-key; do
    [ -s "$FEWSTEP_SECRETS/$key" ] || { echo "up.sh: write the key of $AWS_ENDPOINT_URL_S3 to $FEWSTEP_SECRETS/$key" >&2; exit 2; }
  done
fi

# Prometheus calls servers by the name of their service, which the certificate need not have: on this network it is not asked for it.
[ -z "$tls" ] || sed 's|^\( *\)- job_name: fewstep-server$|&\n\1  scheme: https\n\1  tls_config: {insecure_skip_verify: true}|' \
  "$here/../prometheus/prometheus.yml" >"$FEWSTEP_SECRETS/prometheus.yml"
compose --profile "$profile" up -d "$@"
address=http${tls:+s}://127.0.0.1:${FEWSTEP_PORT:-8080}
for _ in $(seq "${FEWSTEP_WAIT:-180}"); do
  if "$here/../docker/bin/healthy" "${FEWSTEP_PORT:-8080}" /readyz 2>/dev/null; then
    echo "fewstep leads at $address; its admin token is in $FEWSTEP_SECRETS/admin-token"
    exit 0
  fi
  sleep 1
done
compose --profile "$profile" ps >&2
compose --profile "$profile" logs --tail 20 server >&2
echo "up.sh: no server leads at $address" >&2
exit 1
