"""What a controller asks of the cache, each answered by an index: no question costs more with more objects around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leeboard.api import names
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.controllers.base import Cache, Index, label_of, model_of, namespace_of
from leeboard.planning.plan import Raw
from leeboard.planning.traffic.routes import KINDS

OWNER = Index(
    "UID of an owner",
    frozenset({"Deployment", "Service", "HorizontalPodAutoscaler", "Job", *KINDS}),
    lambda raw: [str(owner.get("uid", "")) for owner in raw["metadata"].get("ownerReferences") or ()],
)
MODEL_REFERENCE = Index(
    "spec.modelRef.name",
    frozenset({ModelVersion.KIND, TrainingJob.KIND, DriftMonitor.KIND}),
    lambda raw: [model_of(raw)],
)
MODEL_LABEL = Index(names.MODEL, frozenset({"Pod"}), lambda raw: [label_of(raw, names.MODEL)])
TRAINING_JOB_LABEL = Index(names.TRAINING_JOB, frozenset({"Pod"}), lambda raw: [label_of(raw, names.TRAINING_JOB)])
NAME = Index(
    "the name as a label's value",
    frozenset({Model.KIND, TrainingJob.KIND}),
    lambda raw: [names.label_value(str(raw["metadata"]["name"]))],
)
INDEXES = (OWNER, MODEL_REFERENCE, MODEL_LABEL, TRAINING_JOB_LABEL, NAME)
"""Every index that a cache has to keep."""


def of_model(cache: Cache, kind: str, namespace: str, model: str) -> list[Raw]:
    """The objects of a kind that refer to that Model."""
    return cache.find(MODEL_REFERENCE, kind, namespace, model)


def owned(cache: Cache, kind: str, namespace: str, uid: str) -> list[Raw]:
    """The children of a kind with an owner reference that carries that UID."""
    return cache.find(OWNER, kind, namespace, uid)


def pods_labelled(cache: Cache, namespace: str, label: Index, owner: str) -> list[Raw]:
    """The pods whose label names `owner`."""
    return cache.find(label, "Pod", namespace, names.label_value(owner))


def named_by_label(cache: Cache, kind: str, child: Raw, label: str) -> Iterator[str]:
    """Names of the objects of a kind that a child's label stands for: a long name is shortened in a label."""
    value = label_of(child, label)
    for raw in cache.find(NAME, kind, namespace_of(child), value) if value else ():
        yield str(raw["metadata"]["name"])


def warnings_about(cache: Cache, children: Iterable[Raw]) -> dict[str, tuple[Raw, ...]]:
    """What Events tell of these children, by UID, where a plan wanted to know it."""
    uids = (str(raw["metadata"].get("uid", "")) for raw in children)
    return {uid: found for uid in uids if (found := cache.warnings(uid))}
