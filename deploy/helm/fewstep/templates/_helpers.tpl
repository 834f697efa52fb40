{{- define "fewstep.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-fewstep" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "fewstep.selector" -}}
app.kubernetes.io/name: fewstep
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fewstep.labels" -}}
{{ include "fewstep.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "fewstep.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "fewstep.name" .) }}
{{- end }}

{{- define "fewstep.secret" -}}
{{ .Values.secrets.existingSecret | default (include "fewstep.name" .) }}
{{- end }}

{{- define "fewstep.image" -}}
{{- $root := index . 0 }}{{ $image := index . 1 -}}
{{ with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}fewstep/{{ $image }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{- define "fewstep.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "fewstep.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "fewstep.cluster" -}}
- {name: KAFKA_BOOTSTRAP_SERVERS, value: {{ .Values.kafka.bootstrapServers | quote }}}
- {name: AWS_ENDPOINT_URL_S3, value: {{ .Values.s3.endpoint | quote }}}
- {name: AWS_REGION, value: {{ .Values.s3.region | quote }}}
- {name: FEWSTEP_BUCKET, value: {{ .Values.s3.bucket | quote }}}
- {name: FEWSTEP_LOG_LEVEL, value: {{ .Values.log.level | quote }}}
- {name: FEWSTEP_LOG_FORMAT, value: {{ .Values.log.format | quote }}}
{{- if .Values.traces.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .Values.traces.endpoint | quote }}}
- {name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ .Values.traces.ratio | quote }}}
{{- end }}
- {name: AWS_ACCESS_KEY_ID_FILE, value: /run/secrets/fewstep/s3-access-key}
- {name: AWS_SECRET_ACCESS_KEY_FILE, value: /run/secrets/fewstep/s3-secret-key}
{{- end }}

{{- define "fewstep.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /var/lib/fewstep}
- {name: secrets, mountPath: /run/secrets/fewstep, readOnly: true}
{{- end }}

{{- /* How many workers of a class have something to do: ready tasks, published ones, and those that run. */}}
{{- define "fewstep.demand" -}}
sum(max by (class) (fewstep_tasks_queued{class="{{ . }}"}) or vector(0)) + sum(max by (class) (fewstep_tasks_published{class="{{ . }}"}) or vector(0)) + sum(max by (class) (fewstep_workers{class="{{ . }}",state="busy"}) or vector(0))
{{- end }}

{{- /* The pod of a worker: the chart, an entry of workers, and a job's settings when it is one. */}}
{{- define "fewstep.workerPod" -}}
{{- $root := index . 0 }}{{ $worker := index . 1 }}{{ $job := index . 2 -}}
metadata:
  labels: {{- include "fewstep.selector" $root | nindent 4 }}
    app.kubernetes.io/component: worker
    fewstep.dev/device-class: {{ $worker.class }}
  annotations:
    {{- if not $root.Values.secrets.existingSecret }}
    checksum/secret: {{ $root.Values.secrets | toJson | sha256sum }}
    {{- end }}
    {{- with $worker.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "fewstep.serviceAccount" $root }}
  automountServiceAccountToken: false
  {{- if $job }}
  restartPolicy: Never
  {{- end }}
  enableServiceLinks: false
  # SIGTERM: the task checkpoints, hands itself back, and the worker ends. A preStop hook that signalled would make
  # Kubernetes' own signal the second one, which ends a worker at once.
  terminationGracePeriodSeconds: {{ add 15 $worker.drainSeconds }}
  {{- with $worker.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  securityContext: {{- include "fewstep.podSecurity" $root | nindent 4 }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: worker
      image: {{ include "fewstep.image" (list $root $worker.image) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: [worker]
      env:
        {{- include "fewstep.cluster" $root | nindent 8 }}
        - {name: FEWSTEP_DEVICE, value: {{ $worker.device | quote }}}
        - {name: FEWSTEP_DEVICE_CLASS, value: {{ $worker.class | quote }}}
        - {name: FEWSTEP_THREADS, value: {{ $worker.threads | default 0 | quote }}}
        - {name: FEWSTEP_DRAIN_TIMEOUT, value: {{ printf "%ds" (int $worker.drainSeconds) | quote }}}
        - {name: FEWSTEP_WORKER_PORT, value: "9100"}
        {{- with $job }}
        - {name: FEWSTEP_WORKER_TASKS, value: {{ .tasks | default 1 | quote }}}
        - {name: FEWSTEP_WORKER_IDLE, value: {{ printf "%ds" (int (.idleSeconds | default 120)) | quote }}}
        {{- end }}
        - {name: FEWSTEP_HEAP_PERCENT, value: {{ $worker.heapPercent | default 25 | quote }}}
        {{- with $worker.extraEnv }}{{ toYaml . | nindent 8 }}{{ end }}
      ports: [{name: metrics, containerPort: 9100}]
      startupProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 5, failureThreshold: 24}
      livenessProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5}
      readinessProbe: {httpGet: {path: /readyz, port: metrics}, periodSeconds: 10, timeoutSeconds: 5}
      resources: {{- toYaml $worker.resources | nindent 8 }}
      securityContext: {{- include "fewstep.containerSecurity" $root | nindent 8 }}
      volumeMounts: {{- include "fewstep.mounts" $root | nindent 8 }}
  {{- with $worker.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $worker.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $worker.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  volumes:
    - {name: tmp, emptyDir: {sizeLimit: 2Gi}}
    - {name: data, emptyDir: {sizeLimit: {{ $worker.dataSize }}}}
    - name: secrets
      secret:
        secretName: {{ include "fewstep.secret" $root }}
        defaultMode: 0440
        items: [{key: s3-access-key, path: s3-access-key}, {key: s3-secret-key, path: s3-secret-key}]
{{- end }}
