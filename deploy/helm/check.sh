#!/usr/bin/env bash
# Lints the chart, renders it with example-values.yaml and with variants, and holds what comes out against the schemas of two versions of
# Kubernetes, nothing unknown allowed. Needs helm (go install helm.sh/helm/v3/cmd/helm@latest) and kubernetes-validate (pip install
# kubernetes-validate), which brings the schemas along. KEDA's and the Prometheus operator's own kinds have no schema there.
# Usage: deploy/helm/check.sh [FOLDER]     what was rendered is left in FOLDER
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
out=${1:-$(mktemp -d "${TMPDIR:-/tmp}/fewstep-helm.XXXXXX")}
[ $# -gt 0 ] || trap 'rm -rf "$out"' EXIT
chart=$here/fewstep
mkdir -p "$out"
small=(--set kafka.bootstrapServers=kafka:9092 --set s3.endpoint=http://minio:9000 --set secrets.s3AccessKey=access --set secrets.s3SecretKey=secretsecret
  --set secrets.adminToken=0123456789abcdef0123456789abcdef)

helm lint --strict "$chart" -f "$here/example-values.yaml" --kube-version 1.30.0 >"$out/lint" || { cat "$out/lint" >&2; exit 1; }
for version in 1.30 1.37; do
  helm template prod "$chart" --namespace fewstep --kube-version "$version.0" -f "$here/example-values.yaml" >"$out/example.yaml"
  helm template small "$chart" --namespace fewstep --kube-version "$version.0" "${small[@]}" --set server.replicas=1 >"$out/small.yaml"
  helm template bare "$chart" --namespace fewstep --kube-version "$version.0" "${small[@]}" --set networkPolicy.enabled=false --set serviceAccount.name=own \
    --set-json workers=[] --set server.service.type=NodePort >"$out/bare.yaml"
  for rendered in example small bare; do
    kubernetes-validate --strict -k "$version" "$out/$rendered.yaml" >"$out/validated" 2>&1 || { cat "$out/validated" >&2; exit 1; }
    grep -q ' passed for resource deployment/' "$out/validated" || { cat "$out/validated" >&2; exit 1; }
    echo "Kubernetes $version takes $rendered.yaml: $(grep -c ' passed for resource ' "$out/validated") resources, $(grep -c "Couldn't find schema" "$out/validated" || true) of kinds without a schema"
  done
done

refuse() { # what, then values that must be refused
  local what=$1
  shift
  if helm template wrong "$chart" --kube-version 1.30.0 "${small[@]}" "$@" >"$out/wrong.yaml" 2>"$out/wrong"; then
    echo "check.sh: accepted $what" >&2
    exit 1
  fi
  echo "refused $what"
}
refuse "no Kafka" --set kafka.bootstrapServers=
refuse "an S3 address with keys in it" --set s3.endpoint=https://key:secret@s3.example.org
refuse "a short admin token" --set secrets.adminToken=short
refuse "an unknown value" --set server.replica=2
refuse "a worker on CUDA of the image without CUDA" --set workers[0].class=gpu,workers[0].image=worker,workers[0].device=cuda:0,workers[0].drainSeconds=60,workers[0].dataSize=1Gi,workers[0].resources.requests.cpu=1,workers[0].resources.limits.memory=1Gi
refuse "autoscaling without a Prometheus" --set workers[0].class=cpu,workers[0].image=worker,workers[0].device=cpu,workers[0].drainSeconds=60,workers[0].dataSize=1Gi,workers[0].resources.requests.cpu=1,workers[0].resources.limits.memory=1Gi,workers[0].autoscaling.enabled=true
refuse "a budget that lets no node be drained" --set server.replicas=2,server.minAvailable=2
refuse "a job of no task" --set workers[0].class=cpu,workers[0].image=worker,workers[0].device=cpu,workers[0].drainSeconds=60,workers[0].dataSize=1Gi,workers[0].resources.requests.cpu=1,workers[0].resources.limits.memory=1Gi,keda.prometheusUrl=http://p:9090,workers[0].autoscaling.enabled=true,workers[0].autoscaling.kind=ScaledJob,workers[0].autoscaling.job.tasks=0
