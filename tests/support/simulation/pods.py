"""Pods of a simulated cluster."""

from __future__ import annotations

from datetime import datetime

from leeboard.planning.conditions import timestamp
from tests.support.simulation.kube import Raw, SimulatedKube


def moment(text: str) -> datetime:
    """A time as the API server writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def age_since(raw: Raw) -> datetime:
    """When an object was created."""
    return moment(raw["metadata"]["creationTimestamp"])


def is_leaving(pod: Raw) -> bool:
    """Whether the pod was told to go."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def pods_of(kube: SimulatedKube, owner: Raw) -> list[Raw]:
    """The pods that an object made, those that leave too."""
    uid = owner["metadata"]["uid"]
    return [
        pod
        for pod in kube.of_kind("Pod")
        if any(reference["uid"] == uid for reference in pod["metadata"].get("ownerReferences", ()))
    ]


def start_pod(kube: SimulatedKube, owner: Raw, status: Raw, **labels: str) -> Raw:
    """A pod from the owner's template, under the first free number."""
    metadata, template = owner["metadata"], owner["spec"]["template"]
    taken = {pod["metadata"]["name"] for pod in kube.of_kind("Pod")}
    number = next(n for n in range(1000) if f"{metadata['name']}-{n}" not in taken)
    return kube.put(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{metadata['name']}-{number}",
                "namespace": metadata["namespace"],
                "labels": {**template["metadata"]["labels"], "app.kubernetes.io/managed-by": "leeboard", **labels},
                "ownerReferences": [{"kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"]}],
            },
            "spec": {},
            "status": status,
        }
    )


def let_go(kube: SimulatedKube, pod: Raw, now: datetime) -> None:
    """Tell a pod to go; it is not ready from then on."""
    metadata = pod["metadata"]
    if not is_leaving(pod):
        kube.edit_metadata("Pod", metadata["name"], metadata["namespace"], deletionTimestamp=timestamp(now))


def set_status(kube: SimulatedKube, raw: Raw, status: Raw) -> None:
    """Write a status where it differs."""
    if raw.get("status") != status:
        kube.set_status(raw["kind"], raw["metadata"]["name"], status, raw["metadata"]["namespace"])
