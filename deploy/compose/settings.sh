# Sourced by the scripts of this folder, which set $here: compose() is docker compose, or docker-compose where there is no plug-in,
# on the files that are wanted.
export FEWSTEP_SECRETS=${FEWSTEP_SECRETS:-$here/secrets}
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-fewstep}
files=(-f "$here/compose.yaml")
[ -n "${AWS_ENDPOINT_URL_S3:-}" ] || files+=(-f "$here/minio.yaml")
[ -z "${FEWSTEP_TLS_CERTIFICATE:-}" ] || files+=(-f "$here/tls.yaml")
if [ "${FEWSTEP_MONITORING:-}" != none ]; then
  files+=(-f "$here/monitoring.yaml")
  [ "${FEWSTEP_IMAGES:-}" = local ] || files+=(-f "$here/grafana.yaml")
  [ -z "${FEWSTEP_TLS_CERTIFICATE:-}" ] || files+=(-f "$here/monitoring-tls.yaml")
  export FEWSTEP_PROMETHEUS_URL=${FEWSTEP_PROMETHEUS_URL:-http://prometheus:9090}
fi
if [ "${FEWSTEP_IMAGES:-}" = local ]; then
  export KAFKA_IMAGE=${KAFKA_IMAGE:-fewstep/kafka:local}
  export PROMETHEUS_IMAGE=${PROMETHEUS_IMAGE:-fewstep/prometheus:local} ALERTMANAGER_IMAGE=${ALERTMANAGER_IMAGE:-fewstep/alertmanager:local}
fi
if docker compose version >/dev/null 2>&1; then
  compose() { docker compose --project-directory "$here" "${files[@]}" "$@"; }
elif command -v docker-compose >/dev/null 2>&1; then
  compose() { docker-compose --project-directory "$here" "${files[@]}" "$@"; }
else
  echo "neither 'docker compose' nor docker-compose was found (Debian: apt-get install docker-compose)" >&2
  exit 2
fi
