"""What the operator makes to serve a version and to train, as documents that a test may change."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning.serving.deployment import deployment
from leeboard.planning.serving.pod import Adopted
from leeboard.planning.settings import Settings
from leeboard.planning.training.training_pod import training_job_object
from tests.support.examples import example, model_version, put
from tests.support.people import TENANT

Document = dict[str, Any]
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SETTINGS = Settings(runtime_image="runtime:1", server_image="server:1")


def in_tenant(document: Document) -> Document:
    """The document in the tenant's namespace, as one that has a UID."""
    return document | {"metadata": {"uid": "1-2-3", **document["metadata"], "namespace": TENANT}}


def serving_deployment(version: Document | None = None) -> Document:
    """The Deployment of a version, of a trained one if none is given."""
    model = Model.parse(in_tenant(example("model")))
    served = ModelVersion.parse(version or model_version())
    return deployment(model, served, Adopted("server:1", timedelta(seconds=60)), 2)


def training_job() -> Document:
    """The Job of a run."""
    job = TrainingJob.parse(in_tenant(example("training-job")))
    run = Run.model_validate(
        {"id": "0a1b2c3d", "phase": "Training", "job": "late-flights-0a1b2c3d", "cause": {"kind": "SpecChange"}}
    )
    return training_job_object(job, run, [run], SETTINGS, NOW)


def replica_set(of: Document) -> Document:
    """The ReplicaSet of a Deployment."""
    spec = {name: of["spec"][name] for name in ("replicas", "selector", "template")}
    metadata = {"name": "rs", "namespace": TENANT, "labels": of["metadata"]["labels"]}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": deepcopy(spec)}


def stateful_set(of: Document) -> Document:
    """A StatefulSet of the same pods."""
    return replica_set(of) | {"kind": "StatefulSet"}


def pod(of: Document) -> Document:
    """A pod made of the template of another object."""
    template = deepcopy(of["spec"]["template"])
    metadata = template["metadata"] | {"name": "p", "namespace": TENANT}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def with_pod_label(document: Document, name: str, value: str | None) -> Document:
    """Another label in template and selector."""
    changed = deepcopy(document)
    for labels in (changed["spec"]["template"]["metadata"]["labels"], changed["spec"]["selector"]["matchLabels"]):
        labels.pop(name, None)
        if value is not None:
            labels[name] = value
    return changed


def with_pod_annotation(document: Document, name: str, value: str | None) -> Document:
    """Another annotation of the pods, of a template's or of a pod's own."""
    changed = deepcopy(document)
    metadata = changed["metadata"] if changed["kind"] == "Pod" else changed["spec"]["template"]["metadata"]
    annotations = metadata.setdefault("annotations", {})
    annotations.pop(name, None)
    if value is not None:
        annotations[name] = value
    return changed


def imported_version() -> Document:
    """A version that was made elsewhere."""
    version = put(model_version("imported"), "spec.source", {"import": {"reason": "from the old platform"}})
    for field in ("code", "image", "cause"):
        version = put(version, f"spec.{field}", None)
    return version
