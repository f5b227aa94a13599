{{- /* What the admission policies share. Their rules are explained in docs/reference/policies.md. */ -}}
{{- define "leeboard.operatorUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "leeboard.name" . }}-operator
{{- end }}

{{- /* A controller of Kubernetes: with credentials of its own, or with those of all of them. */ -}}
{{- define "leeboard.controllerUsers" -}}
['system:serviceaccount:kube-system:{{ . }}-controller', 'system:kube-controller-manager']
{{- end }}

{{- /* root, name: the binding of a policy, in the namespaces that are looked after and are not exempt. */ -}}
{{- define "leeboard.policyBinding" -}}
{{- $root := .root -}}
{{- $key := "kubernetes.io/metadata.name" -}}
{{- $where := list -}}
{{- with $root.Values.namespaces }}{{ $where = append $where (dict "key" $key "operator" "In" "values" .) }}{{ end -}}
{{- with $root.Values.policies.exemptNamespaces }}
{{- $where = append $where (dict "key" $key "operator" "NotIn" "values" .) }}
{{- end -}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ include "leeboard.name" $root }}-{{ .name }}
  labels:
    {{- include "leeboard.labels" $root | nindent 4 }}
spec:
  policyName: {{ include "leeboard.name" $root }}-{{ .name }}
  validationActions: {{ toJson $root.Values.policies.actions }}
  matchResources:
    namespaceSelector:
      matchExpressions: {{ toJson $where }}
{{- end }}
