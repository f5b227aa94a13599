"""The states of a ModelVersion."""

from __future__ import annotations

import json
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.model_version import plan_model_version
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelVersionSnapshot
from tests.support.examples import example, model_version, put
from tests.support.states.state import DELETED, NOW, UNSEEN, Document, States, deleted, unseen

MODEL_VERSIONS = States("ModelVersion")
SETTINGS = Settings(runtime_image="runtime:1", server_image="server:1")


def registered(**changes: Any) -> Document:
    """A version as it was created; keyword arguments are paths with `__` for the dot."""
    document = model_version("v1")
    for path, value in changes.items():
        document = put(document, path.replace("__", "."), value)
    document["metadata"] |= {"namespace": "ml", "generation": 1}
    return document


def imported() -> Document:
    """A version that no run made."""
    document = registered(spec__source={"import": {"reason": "trained elsewhere"}})
    for field in ("code", "image", "cause"):
        del document["spec"][field]
    return document


def rejudged(document: Document, model: Document | None) -> Document | None:
    """The status that the operator would write now, or None where it stays."""
    parsed = Model.parse(model) if model is not None else None
    snapshot = ModelVersionSnapshot(ModelVersion.parse(document), parsed, SETTINGS)
    return plan_model_version(snapshot, NOW).status


def judged(document: Document, model: Document | None) -> Document:
    """After the operator has looked at it."""
    return {**document, "status": json.loads(json.dumps(rejudged(document, model)))}


def with_approval() -> Document:
    return put(example("model"), "spec.promotion.policy", "Approval")


@MODEL_VERSIONS.state("InProgress", "Progressing", text=UNSEEN)
def not_seen_yet() -> Document:
    return unseen(registered())


@MODEL_VERSIONS.state("InProgress", "Progressing")
def model_missing() -> Document:
    return judged(registered(), None)


@MODEL_VERSIONS.state("Failed", "Degraded", "Stalled")
def lineage_incomplete() -> Document:
    return judged(registered(spec__goldenSamples=None), example("model"))


@MODEL_VERSIONS.state("Failed", "Degraded", "Stalled")
def gate_failed() -> Document:
    return judged(registered(spec__metrics__0__value="0.59"), example("model"))


@MODEL_VERSIONS.state("Current", "Suspended", "AwaitingApproval")
def awaiting_approval() -> Document:
    return judged(registered(), with_approval())


@MODEL_VERSIONS.state("Current", "Healthy")
def approved() -> Document:
    return judged(registered(metadata__annotations={"leeboard.dev/approved-by": "ann"}), with_approval())


@MODEL_VERSIONS.state("Current", "Healthy")
def accepted() -> Document:
    return judged(registered(), example("model"))


@MODEL_VERSIONS.state("Current", "Healthy")
def accepted_with_the_code_of_its_image() -> Document:
    code = {"repository": "", "revision": "", "verified": False}
    return judged(registered(spec__code=code), example("model"))


@MODEL_VERSIONS.state("Current", "Healthy")
def accepted_as_onnx() -> Document:
    stored = {"uri": "s3://models/flights/accelerated.onnx", "digest": f"sha256:{'ab' * 32}", "bytes": 567}
    parity = {"rows": 2000, "worst": "1.2e-16"}
    return judged(registered(spec__accelerated=stored | {"parity": parity}), example("model"))


@MODEL_VERSIONS.state("Current", "Healthy")
def accepted_without_a_conversion() -> Document:
    return judged(registered(spec__notAccelerated="there is no converter for Odd"), example("model"))


@MODEL_VERSIONS.state("Current", "Suspended", "AwaitingApproval")
def import_awaits_approval() -> Document:
    return judged(imported(), example("model"))


@MODEL_VERSIONS.state("Failed", "Degraded", "Stalled")
def import_is_of_a_format_that_is_never_loaded() -> Document:
    document = imported()
    document["spec"]["artifact"]["format"] = "opaque"
    return judged(document, example("model"))


@MODEL_VERSIONS.state("Terminating", "Progressing", text=DELETED)
def being_deleted() -> Document:
    return deleted(judged(registered(), example("model")))
