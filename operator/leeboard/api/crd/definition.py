"""The CustomResourceDefinition of each kind."""

from dataclasses import dataclass
from typing import Any

from leeboard.api.base import GROUP, VERSION, Resource
from leeboard.api.crd.schema import Schema, structural
from leeboard.api.drift_monitor import DriftMonitor, DriftMonitorSpec, DriftMonitorStatus
from leeboard.api.model import Model, ModelSpec
from leeboard.api.model_status import ModelStatus
from leeboard.api.model_version import ModelVersion, ModelVersionSpec, ModelVersionStatus
from leeboard.api.training_job import TrainingJob, TrainingJobSpec, TrainingJobStatus

READY = ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status')
REASON = ("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason')
AGE = ("Age", "date", ".metadata.creationTimestamp")


@dataclass(frozen=True)
class Kind:
    """A kind, its parts, and how kubectl lists it: columns are (name, type, JSON path)."""

    resource: type[Resource[Any, Any]]
    spec: type[Any]
    status: type[Any]
    columns: tuple[tuple[str, str, str], ...]
    selectable: tuple[str, ...] = ()
    scale: tuple[str, str, str] | None = None
    """Where /scale finds what is asked for, what there is, and the labels of the pods."""


KINDS: tuple[Kind, ...] = (
    Kind(
        Model,
        ModelSpec,
        ModelStatus,
        (
            ("Champion", "string", ".status.champion.name"),
            ("Candidate", "string", ".status.candidate.name"),
            ("Weight", "integer", ".status.candidate.requestedWeight"),
            READY,
            REASON,
            AGE,
        ),
        scale=(".spec.serving.replicas", ".status.replicas", ".status.selector"),
    ),
    Kind(
        ModelVersion,
        ModelVersionSpec,
        ModelVersionStatus,
        (
            ("Model", "string", ".spec.modelRef.name"),
            ("Phase", "string", ".status.phase"),
            ("Cause", "string", ".spec.cause.kind"),
            ("Serving", "string", ".status.servingAs"),
            ("Verified", "string", '.status.conditions[?(@.type=="Verified")].status'),
            AGE,
        ),
        (".spec.modelRef.name",),
    ),
    Kind(
        TrainingJob,
        TrainingJobSpec,
        TrainingJobStatus,
        (
            ("Model", "string", ".spec.modelRef.name"),
            ("Last run", "string", ".status.lastRun"),
            READY,
            REASON,
            AGE,
        ),
        (".spec.modelRef.name",),
    ),
    Kind(
        DriftMonitor,
        DriftMonitorSpec,
        DriftMonitorStatus,
        (
            ("Model", "string", ".spec.modelRef.name"),
            ("Verdict", "string", ".status.verdict"),
            ("Version", "string", ".status.version"),
            ("Rows", "integer", ".status.rows"),
            READY,
            AGE,
        ),
        (".spec.modelRef.name",),
    ),
)


def definition(kind: Kind) -> Schema:
    """The CustomResourceDefinition as a document. Raises NotStructural."""
    resource = kind.resource
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": resource.KIND,
                "listKind": f"{resource.KIND}List",
                "plural": resource.PLURAL,
                "singular": resource.KIND.lower(),
                "shortNames": [resource.SHORT_NAME],
                "categories": ["leeboard"],
            },
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> Schema:
    version: Schema = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}} | _scale(kind),
        "additionalPrinterColumns": [
            {"name": name, "type": kind_of_value, "jsonPath": path} for name, kind_of_value, path in kind.columns
        ],
        "schema": {"openAPIV3Schema": _object(kind)},
    }
    if kind.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in kind.selectable]
    return version


def _scale(kind: Kind) -> Schema:
    if kind.scale is None:
        return {}
    paths = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
    return {"scale": dict(zip(paths, kind.scale, strict=True))}


def _object(kind: Kind) -> Schema:
    status = structural(kind.status, defaults=False)
    # tools that read kstatus see from the first moment on that nobody has looked yet
    status["properties"]["observedGeneration"]["default"] = -1
    status["default"] = {"observedGeneration": -1}
    status.pop("required", None)
    return {
        "type": "object",
        "description": kind.resource.__doc__,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": "Version of the API, leeboard.dev/v1alpha1."},
            "kind": {"type": "string", "description": f"{kind.resource.KIND}."},
            "metadata": {"type": "object"},
            "spec": structural(kind.spec),
            "status": status,
        },
        **kind.resource.RULES,
    }
