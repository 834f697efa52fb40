#!/usr/bin/env bash
# The chart on a Kubernetes of its own: etcd, API server, controllers and scheduler in the versions below, built once from source by Go (10 to 25
# minutes, 4 GB of disk), and nodes that kwok pretends to be: pods are bound and become ready, and no container runs. The namespace enforces the
# restricted pod security standard; KEDA's and the Prometheus operator's CRDs are their own. What is tried: strict admission of everything,
# install, upgrade, a broken upgrade that is taken back by itself, rollback, a node drained under the budgets, a job of KEDA's template, uninstall.
# Usage: deploy/helm/cluster.sh          KUBERNETES=1.37.2 for another version of it; needs go, helm, openssl, python3
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
kubernetes=${KUBERNETES:-1.37.2}
keda=v2.21.0
prometheus_operator=v0.85.0
kwok=v0.8.0
cache=${FEWSTEP_KUBERNETES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fewstep/kubernetes}/$kubernetes
for program in go helm openssl python3; do
  command -v "$program" >/dev/null || { echo "cluster.sh: $program was not found" >&2; exit 2; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/fewstep-cluster.XXXXXX")
parts=()
stop() {
  for part in "${parts[@]}"; do kill -KILL "$part" 2>/dev/null || true; done
  rm -rf "${work:?}"
}
trap stop EXIT
say() { printf '%s  %s\n' "$(date -u +%T)" "$*"; }
fail() { echo "cluster.sh: $*" >&2; exit 1; }

# Parts, built once.
mkdir -p "$cache"
if [ ! -x "$cache/kube" ]; then
  say "building Kubernetes $kubernetes"
  mkdir "$work/main"
  cp "$here/cluster/main.go" "$work/main/main.go"
  (
    cd "$work/main"
    go mod init fewstep.dev/cluster 2>/dev/null
    upstream=$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | python3 -c 'import json, sys; print(json.load(sys.stdin)["GoMod"])')
    # Its own modules are replaced by folders in its tree, which no other module sees: here by their published versions.
    for module in $(sed -n 's|^\s*\(\S*\) => ./staging/.*|\1|p' "$upstream"); do go mod edit -replace "$module=$module@v0${kubernetes#1}"; done
    go mod edit -require "k8s.io/kubernetes@v$kubernetes" -require "k8s.io/kubectl@v0${kubernetes#1}"
    GOFLAGS=-mod=mod go mod tidy -e >"$work/tidy" 2>&1 || { tail -n 20 "$work/tidy" >&2; exit 1; }
    version=k8s.io/component-base/version
    GOFLAGS=-mod=mod nice go build -trimpath -ldflags "-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")" -o "$cache/kube" .
  )
fi
[ -x "$cache/kwok" ] || GOBIN=$cache nice go install -trimpath -ldflags '-s -w' "sigs.k8s.io/kwok/cmd/kwok@$kwok"
module() { go mod download -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'; }
keda_crds=$(module "github.com/kedacore/keda/v2@$keda")/config/crd/bases
stages=$(module "sigs.k8s.io/kwok@$kwok")/kustomize/stage
for stage in "$stages"/node/fast/node*.yaml "$stages"/pod/fast/pod*.yaml; do
  cat "$stage"
  echo ---
done >"$work/stages.yaml"
operator_crds=$(module "github.com/prometheus-operator/prometheus-operator@$prometheus_operator")/example/prometheus-operator-crd

# A control plane on loopback.
read -r store peer api < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(3)]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))')
token=$(openssl rand -hex 16)
echo "$token,admin,admin,system:masters" >"$work/tokens"
openssl genrsa -out "$work/accounts.key" 2048 2>/dev/null
part() { # name, arguments
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  disown
  parts+=($!)
}
part etcd "$cache/kube" etcd --data-dir "$work/etcd" --listen-client-urls "http://127.0.0.1:$store" --advertise-client-urls "http://127.0.0.1:$store" \
  --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer" \
  --unsafe-no-fsync --log-level warn
part apiserver "$cache/kube" kube-apiserver --etcd-servers "http://127.0.0.1:$store" --bind-address 127.0.0.1 --secure-port "$api" --cert-dir "$work/certificates" \
  --advertise-address 192.0.2.1 --endpoint-reconciler-type none --token-auth-file "$work/tokens" --authorization-mode RBAC --service-cluster-ip-range 10.0.0.0/16 \
  --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$work/accounts.key" --service-account-signing-key-file "$work/accounts.key"
export KUBECONFIG=$work/kubeconfig HELM_CACHE_HOME=$work/helm HELM_CONFIG_HOME=$work/helm HELM_DATA_HOME=$work/helm
cat >"$KUBECONFIG" <<END
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "https://127.0.0.1:$api", certificate-authority: "$work/certificates/apiserver.crt"}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: it, context: {cluster: it, user: admin}}]
current-context: it
END
kubectl() { "$cache/kube" kubectl "$@"; }
until_it() { # seconds, what, command
  local end=$(($(date +%s) + $1)) what=$2
  shift 2
  until "$@" >"$work/last" 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || { tail -n 5 "$work"/*.log "$work/last" >&2; fail "waited in vain: $what"; }
    sleep 1
  done
}
until_it 180 "the API server is ready" kubectl get --raw /readyz
part controllers "$cache/kube" kube-controller-manager --kubeconfig "$KUBECONFIG" --service-account-private-key-file "$work/accounts.key" --leader-elect=false --secure-port 0
part scheduler "$cache/kube" kube-scheduler --kubeconfig "$KUBECONFIG" --leader-elect=false --secure-port 0
part kwok "$cache/kwok" --kubeconfig "$KUBECONFIG" --config "$work/stages.yaml" --manage-all-nodes=true --node-lease-duration-seconds 40
say "Kubernetes $(kubectl version -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["serverVersion"]["gitVersion"])') is up"

# Nodes: processors, and two kinds of GPUs that are tainted as usual.
node() { # name, labels, gpus
  cat <<END
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {kubernetes.io/hostname: $1, kubernetes.io/os: linux$2}}
spec: {taints: [$([ "$3" = 0 ] || echo '{key: nvidia.com/gpu, effect: NoSchedule}')]}
status:
  allocatable: &room {cpu: "64", memory: 256Gi, ephemeral-storage: 1Ti, pods: "110", nvidia.com/gpu: "$3"}
  capacity: *room
---
END
}
{ node cpu-0 "" 0; node cpu-1 "" 0; node gpu-0 "" 8; node gpu-1 ', nvidia.com/gpu.memory: "81559"' 8; } | kubectl apply -f - >/dev/null
kubectl apply --server-side -f "$keda_crds" >/dev/null
kubectl apply --server-side -f "$operator_crds/monitoring.coreos.com_servicemonitors.yaml" -f "$operator_crds/monitoring.coreos.com_podmonitors.yaml" >/dev/null
for crd in scaledobjects.keda.sh scaledjobs.keda.sh servicemonitors.monitoring.coreos.com podmonitors.monitoring.coreos.com; do
  kubectl wait --for condition=established --timeout 60s "crd/$crd" >/dev/null
done
say "CRDs of KEDA $keda and of the Prometheus operator $prometheus_operator are established"
kubectl create namespace fewstep >/dev/null
kubectl label namespace fewstep pod-security.kubernetes.io/enforce=restricted >/dev/null
kubectl -n fewstep create secret generic fewstep-keys --from-literal s3-access-key=access --from-literal s3-secret-key=secretsecret \
  --from-literal admin-token="$(openssl rand -hex 32)" >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=prod-fewstep-server.fewstep.svc -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
kubectl -n fewstep create secret tls fewstep-tls --cert "$work/tls.crt" --key "$work/tls.key" >/dev/null
until_it 60 "kwok's nodes are ready" kubectl wait --for condition=Ready --timeout 1s nodes --all

# Everything that the chart renders, nothing unknown let through.
chart=$here/fewstep
release=(prod "$chart" --namespace fewstep -f "$here/example-values.yaml")
helm template "${release[@]}" --kube-version "$kubernetes" --api-versions monitoring.coreos.com/v1 >"$work/rendered.yaml"
kubectl apply --namespace fewstep --dry-run=server --validate=strict -f "$work/rendered.yaml" >"$work/admitted" || fail "the API server refuses what is rendered"
say "strictly admitted: $(wc -l <"$work/admitted") objects: $(sed 's|[./].*||' "$work/admitted" | sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }')"
sed 's/maxReplicaCount:/maxReplicas:/' "$work/rendered.yaml" >"$work/wrong.yaml"
! kubectl apply --namespace fewstep --dry-run=server --validate=strict -f "$work/wrong.yaml" >/dev/null 2>"$work/last" || fail "a misspelt field was admitted"
grep -q 'unknown field "spec.maxReplicas"' "$work/last" || fail "another refusal than of the misspelt field: $(cat "$work/last")"
say "refused: maxReplicas for maxReplicaCount in KEDA's objects"

image() { kubectl -n fewstep get deployment "prod-fewstep-$1" -o 'jsonpath={.spec.template.spec.containers[0].image}'; }
ready() { kubectl -n fewstep get deployment "prod-fewstep-$1" -o 'jsonpath={.status.readyReplicas}'; }
expect() { [ "$2" = "$3" ] || fail "$1: $2, not $3"; }

helm upgrade --install "${release[@]}" --wait --timeout 180s >/dev/null
expect "the server's image" "$(image server)" registry.example.org/fewstep/server:0.1.0
expect "ready servers" "$(ready server)" 3
expect "ready workers of gpu" "$(ready worker-gpu)" 4
expect "the node of the 80 GB workers" "$(kubectl -n fewstep get pods -l fewstep.dev/device-class=gpu-80g -o 'jsonpath={.items[*].spec.nodeName}')" gpu-1
say "helm upgrade --install: 3 servers, 2, 4 and 1 workers are ready on their kinds of nodes"

helm upgrade "${release[@]}" --set image.tag=0.2.0 --set server.replicas=4 --wait --timeout 180s >/dev/null
expect "the server's image" "$(image server)" registry.example.org/fewstep/server:0.2.0
expect "the worker's image" "$(image worker-gpu)" registry.example.org/fewstep/worker-cuda:0.2.0
expect "ready servers" "$(ready server)" 4
say "helm upgrade: version 0.2.0, 4 servers"

# No node has so many processors: the new pods never start.
! helm upgrade "${release[@]}" --set image.tag=0.3.0 --set server.replicas=4 --set server.resources.requests.cpu=1000 --atomic --timeout 30s >/dev/null 2>&1 ||
  fail "an upgrade whose pods cannot start succeeded"
expect "the server's image" "$(image server)" registry.example.org/fewstep/server:0.2.0
expect "ready servers" "$(ready server)" 4
expect "the release" "$(helm status prod --namespace fewstep -o json | python3 -c 'import json, sys; r = json.load(sys.stdin); print(r["version"], r["info"]["status"])')" "4 deployed"
say "helm upgrade --atomic that cannot start: taken back by itself, 4 servers of 0.2.0 are ready"

helm rollback prod 1 --namespace fewstep --wait --timeout 180s >/dev/null
expect "the server's image" "$(image server)" registry.example.org/fewstep/server:0.1.0
until_it 60 "3 servers again" test "$(ready server)" = 3
say "helm rollback: version 0.1.0, 3 servers"

# All nodes for servers are drained: the budget keeps one.
! kubectl drain cpu-0 cpu-1 --ignore-daemonsets --delete-emptydir-data --timeout 20s >"$work/last" 2>&1 || fail "the last server was evicted"
grep -q "violate the pod's disruption budget" "$work/last" || fail "no budget was in the way of draining: $(tail -n 5 "$work/last")"
running() { kubectl -n fewstep get pods -l app.kubernetes.io/component=server --field-selector status.phase=Running --no-headers | wc -l; }
[ "$(running)" -ge 1 ] || fail "no server is left"
kubectl uncordon cpu-0 cpu-1 >/dev/null
until_it 60 "3 servers again" bash -c "[ \"\$('$cache/kube' kubectl -n fewstep get deployment prod-fewstep-server -o 'jsonpath={.status.readyReplicas}')\" = 3 ]"
say "draining every node of the servers: the budget keeps one; 3 again after uncordon"

# What KEDA would make of the ScaledJob.
kubectl -n fewstep get scaledjob prod-fewstep-worker-gpu-spot -o json | python3 -c '
import json, sys
print(json.dumps({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "one-task"}, "spec": json.load(sys.stdin)["spec"]["jobTargetRef"]}))' |
  kubectl -n fewstep apply --validate=strict -f - >/dev/null
kubectl -n fewstep wait --for condition=complete --timeout 60s job/one-task >/dev/null
expect "the job's node" "$(kubectl -n fewstep get pods -l job-name=one-task -o 'jsonpath={.items[0].spec.nodeName}' | cut -d- -f1)" gpu
kubectl -n fewstep delete job one-task >/dev/null
say "a job of the ScaledJob's template: admitted strictly, its pod placed on a GPU's node"

helm uninstall prod --namespace fewstep --wait --timeout 120s >/dev/null
until_it 60 "its pods are gone" bash -c "[ -z \"\$('$cache/kube' kubectl -n fewstep get pods --no-headers 2>/dev/null)\" ]"
left=$(kubectl -n fewstep get deployments,services,poddisruptionbudgets,networkpolicies,serviceaccounts,secrets,scaledobjects,scaledjobs,servicemonitors,podmonitors \
  -l app.kubernetes.io/instance=prod --no-headers 2>/dev/null)
[ -z "$left" ] || fail "left behind: $left"
expect "secrets of others" "$(kubectl -n fewstep get secrets -o 'jsonpath={.items[*].metadata.name}')" "fewstep-keys fewstep-tls"
say "helm uninstall: nothing of it is left, the secrets that are not its own are"
