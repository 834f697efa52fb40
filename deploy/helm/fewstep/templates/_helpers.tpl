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
