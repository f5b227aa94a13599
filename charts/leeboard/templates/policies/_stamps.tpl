{{- /* What pods of a served version say about it: planning/lineage.py writes it, and here it is demanded. */ -}}
{{- define "leeboard.labelNames" -}}
['leeboard.dev/part', 'leeboard.dev/model', 'leeboard.dev/version', 'leeboard.dev/training-job', 'leeboard.dev/run']
{{- end }}

{{- define "leeboard.stampNames" -}}
['leeboard.dev/artifact', 'leeboard.dev/lineage', 'leeboard.dev/code', 'leeboard.dev/data', 'leeboard.dev/serve-unregistered']
{{- end }}

{{- /* Variables: labels, stamps. */ -}}
{{- define "leeboard.exemptionVariables" -}}
- name: asksForExemption
  expression: "variables.stamps[?'leeboard.dev/serve-unregistered'].orValue('') != ''"
- name: mayExempt
  expression: >-
    authorizer.group('leeboard.dev').resource('modelversions').namespace(request.namespace)
    .check('serve-unregistered').allowed()
- name: serves
  expression: "variables.labels['leeboard.dev/part'] == 'server' && !variables.asksForExemption && !variables.runsWhatItRan"
{{- end }}

{{- define "leeboard.stampValidations" -}}
- expression: >-
    !variables.serves
    || variables.labels[?'leeboard.dev/model'].orValue('') != '' && variables.labels[?'leeboard.dev/version'].orValue('') != ''
    && variables.stamps[?'leeboard.dev/artifact'].orValue('').matches('^sha256:[0-9a-f]{64}$')
  message: "a pod that serves needs the labels leeboard.dev/model and leeboard.dev/version, and the digest of its artefact in the annotation leeboard.dev/artifact"
  reason: Forbidden
- expression: >-
    !variables.serves
    {{- if .Values.policies.allowImported }}
    || variables.stamps[?'leeboard.dev/lineage'].orValue('') == 'Imported'
    {{- end }}
    || variables.stamps[?'leeboard.dev/lineage'].orValue('') == 'Observed'
    && variables.stamps[?'leeboard.dev/code'].orValue('').matches('^([0-9a-f]{40}|sha256:[0-9a-f]{64})$')
    && variables.stamps[?'leeboard.dev/data'].orValue('').matches('^sha256:[0-9a-f]{64}$')
  {{- if .Values.policies.allowImported }}
  message: "a pod that serves a trained version needs its commit and the digest of its data in the annotations leeboard.dev/code and leeboard.dev/data"
  {{- else }}
  message: "only versions whose commit and data were observed are served here: policies.allowImported is false"
  {{- end }}
  reason: Forbidden
{{- end }}
