"""One Deployment for each served version, and what can be read from it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from leeboard.api import names
from leeboard.api.base import API_VERSION
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.lineage import stamps
from leeboard.planning.plan import Raw
from leeboard.planning.serving import proxied
from leeboard.planning.serving.pod import Adopted, selector
from leeboard.planning.serving.release import template_and_marks
from leeboard.planning.settings import Settings


def deployment_name(model: str, version: str) -> str:
    """The name of the Deployment of a version."""
    return names.child_name(model, version)


def owner_reference(model: Model) -> Raw:
    """The Model as controlling owner."""
    return {
        "apiVersion": API_VERSION,
        "kind": Model.KIND,
        "name": model.metadata.name,
        "uid": model.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def deployment(model: Model, version: ModelVersion, adopted: Adopted, replicas: int, live: Raw | None = None) -> Raw:
    """The Deployment of one version. Only `replicas` depends on the version's place in a rollout.

    `live` is what there is of it already: an upgrade of Leeboard leaves its pods as they are.
    """
    labels = selector(model.metadata.name, version.metadata.name)
    template, marks = template_and_marks(live, model, version, adopted)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": deployment_name(model.metadata.name, version.metadata.name),
            "namespace": model.metadata.namespace,
            "labels": labels | {names.MANAGED_BY: names.MANAGER},
            "annotations": stamps(version) | marks,
            "ownerReferences": [owner_reference(model)],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": 2,
            "progressDeadlineSeconds": 10 + int(parse_duration(model.spec.serving.ready_within).total_seconds()),
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": template,
        },
    }


def find(deployments: Iterable[Raw], version: str) -> Raw | None:
    """The live Deployment of a version, or None."""
    label = names.label_value(version)
    return next((one for one in deployments if version_label(one) == label), None)


def version_label(raw: Raw) -> str:
    """The version that an object says it belongs to; empty when it says nothing."""
    return str(raw["metadata"].get("labels", {}).get(names.VERSION, ""))


def server_image(live: Raw) -> str:
    """The image of load, exporter, and server or proxy."""
    return str(proxied.container_of_leeboard(live["spec"]["template"]["spec"])["image"])


def is_seen(live: Raw) -> bool:
    """Whether the Deployment's controller has seen what it asks for."""
    return bool(live.get("status", {}).get("observedGeneration", 0) >= live["metadata"].get("generation", 0))


def available_replicas(live: Raw | None) -> int:
    """Pods that have been ready for minReadySeconds and belong to the newest template that the controller has seen."""
    if live is None:
        return 0
    status = live.get("status", {})
    if not is_seen(live):
        return 0
    return min(int(status.get("availableReplicas") or 0), int(status.get("updatedReplicas") or 0))


def is_settled(live: Raw | None) -> bool:
    """Whether no pod of an older template is left, as far as the controller has seen the newest."""
    if live is None:
        return False
    status = live.get("status", {})
    return is_seen(live) and int(status.get("replicas") or 0) <= int(status.get("updatedReplicas") or 0)


def unavailable_since(live: Raw | None) -> datetime | None:
    """Since when the Deployment lacks a pod, or None: its controller calls it available while none may be missing."""
    conditions = live.get("status", {}).get("conditions", []) if live else []
    for condition in conditions:
        if condition.get("type") == "Available" and condition.get("status") == "False":
            return datetime.fromisoformat(str(condition["lastTransitionTime"]))
    return None


def available_since(live: Raw | None) -> datetime | None:
    """Since when the Deployment has its pods, by its controller; None while it has not."""
    conditions = live.get("status", {}).get("conditions", []) if live else []
    for condition in conditions:
        if condition.get("type") == "Available" and condition.get("status") == "True":
            return datetime.fromisoformat(str(condition["lastTransitionTime"]))
    return None


def replacing_since(live: Raw | None) -> datetime | None:
    """Since when pods of an older template wait for the next new one; None where none waits, or all hope is given up.

    Old pods stay until there are new ones, so that the Deployment's controller calls it available all the time.
    """
    conditions = live.get("status", {}).get("conditions", []) if live and not is_settled(live) else []
    for condition in conditions:
        if condition.get("type") == "Progressing" and condition.get("status") == "True":
            return datetime.fromisoformat(str(condition["lastUpdateTime"]))
    return None


def serving_replicas(live: Raw | None) -> int:
    """Ready pods of any template: those that can answer requests."""
    return int(live.get("status", {}).get("readyReplicas") or 0) if live else 0


def adopted_with(live: Raw | None, recorded: str | None, settings: Settings) -> Adopted:
    """What a version keeps running with: its recorded image, and the live Deployment's other settings.

    Without a record the live Deployment's image counts; without a Deployment, the settings of today.
    """
    if live is None:
        return Adopted(recorded or settings.server_image, settings.flush_interval, settings.image_pull_secrets)
    pod = live["spec"]["template"]["spec"]
    told = proxied.container_of_leeboard(pod).get("env", [])
    environment = {one["name"]: one.get("value") for one in told}
    seconds = environment.get("LEEBOARD_FLUSH_INTERVAL")
    return Adopted(
        server_image=recorded or server_image(live),
        flush_interval=timedelta(seconds=float(seconds)) if seconds else settings.flush_interval,
        image_pull_secrets=tuple(one["name"] for one in pod.get("imagePullSecrets", [])),
    )
