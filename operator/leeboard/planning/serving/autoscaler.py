"""The HorizontalPodAutoscaler of a version, and who says how many pods a Deployment has."""

from dataclasses import dataclass

from leeboard.api import names
from leeboard.api.autoscaling import Autoscaling
from leeboard.api.model import Model
from leeboard.planning.plan import Raw
from leeboard.planning.serving.deployment import deployment_name, owner_reference
from leeboard.planning.serving.pod import selector

SCALED_BY = "leeboard.dev/scaled-by"
"""Annotation of a Deployment whose `replicas` an autoscaler says; where it is missing, they are ours."""
AUTOSCALER = "autoscaler"


@dataclass(frozen=True)
class Bounds:
    """Fewest and most pods."""

    least: int
    most: int

    @classmethod
    def held_at(cls, replicas: int) -> "Bounds":
        """No other number than this one."""
        return cls(replicas, replicas)


def autoscaler(model: Model, version: str, asked: Autoscaling, bounds: Bounds) -> Raw:
    """What keeps the CPU of a version's server containers at the target. The exporter beside them does not count."""
    name = model.metadata.name
    deployment = deployment_name(name, version)
    target = {"type": "Utilization", "averageUtilization": asked.target_cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": deployment,
            "namespace": model.metadata.namespace,
            "labels": selector(name, version) | {names.MANAGED_BY: names.MANAGER},
            "ownerReferences": [owner_reference(model)],
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
            "minReplicas": bounds.least,
            "maxReplicas": bounds.most,
            "metrics": [
                {
                    "type": "ContainerResource",
                    "containerResource": {"name": "cpu", "container": "server", "target": target},
                }
            ],
        },
    }


def is_handed_over(live: Raw) -> bool:
    """Whether our apply has left out the `replicas` of a live Deployment already."""
    return bool((live["metadata"].get("annotations") or {}).get(SCALED_BY) == AUTOSCALER)


def handed_over(desired: Raw, live: Raw) -> tuple[Raw | None, Raw]:
    """A Deployment without `replicas`, and what has to be applied under another name before it, once.

    Server-side apply removes a field that its only owner leaves out, and the default of `replicas` is 1. So the number
    that is there is first applied by another field manager, which keeps it until the autoscaler writes its own.
    """
    spec = {field: value for field, value in desired["spec"].items() if field != "replicas"}
    annotations = desired["metadata"]["annotations"] | {SCALED_BY: AUTOSCALER}
    without = desired | {"metadata": desired["metadata"] | {"annotations": annotations}, "spec": spec}
    if is_handed_over(live):
        return None, without
    address = {field: desired["metadata"][field] for field in ("name", "namespace")}
    kept = {"replicas": live["spec"].get("replicas", 1)}
    return {field: desired[field] for field in ("apiVersion", "kind")} | {"metadata": address, "spec": kept}, without
