"""What KWOK plays in place of a kubelet: a pod that has a node runs and is ready at once, one that goes is gone."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

_BEGUN = """
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
conditions:
{{ range $type := (list "Initialized" "PodReadyToStartContainers" "ContainersReady" "Ready") }}
- {type: {{ $type }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: {{ .image | Quote }}
  ready: true
  restartCount: 0
  {{ if eq .restartPolicy "Always" }}
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
  {{ else }}
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
  {{ end }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: {{ .image | Quote }}
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
"""


def stages() -> list[Document]:
    """KWOK's configuration: one document a stage."""
    present = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
    pending = {"key": ".status.phase", "operator": "In", "values": ["Pending"]}
    placed = {"key": ".spec.nodeName", "operator": "Exists"}
    going = {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
    unplayed = {"key": ".status.phase", "operator": "NotIn", "values": ["Running"]}
    return [
        # KWOK looks after the pods of those nodes only that it has a stage for
        _stage("node-begins", [present, unplayed], {"statusTemplate": "phase: Running\n"}, kind="Node"),
        _stage("pod-begins", [present, pending, placed], {"statusTemplate": _BEGUN}),
        _stage("pod-goes", [going], {"delete": True, "finalizers": {"empty": True}}),
    ]


def _stage(name: str, conditions: list[Document], following: Document, *, kind: str = "Pod") -> Document:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": conditions},
            "next": following,
        },
    }
