"""The compact results that containers leave in their termination messages (at most 4,096 bytes)."""

import json
from typing import TypeVar

from pydantic import Field, ValidationError

from leeboard.api.base import SpecModel
from leeboard.api.lineage import CodeRecord, DatasetRecord
from leeboard.api.model_version import Accelerated, Artifact, Environment, Metric, Signature, StoredFile

CONTRACT = 1
MAXIMUM_BYTES = 4096
"""What Kubernetes keeps of a container's termination message."""


class Fetched(SpecModel):
    """What `fetch` read, written when it succeeded: known although the training may fail later."""

    contract: int
    run: str
    code: CodeRecord
    datasets: tuple[DatasetRecord, ...]


class TrainingResult(SpecModel):
    """What a run's `train` container says on success; `result.json` holds the same."""

    contract: int
    run: str
    artifact: Artifact
    code: CodeRecord
    datasets: tuple[DatasetRecord, ...]
    params: dict[str, str] = Field(default_factory=dict)
    seed: int = 0
    environment: Environment
    reference: StoredFile


class EvaluationResult(SpecModel):
    """What the evaluation Job says on success; `evaluation.json` holds the same."""

    contract: int
    run: str
    metrics: tuple[Metric, ...]
    champion: tuple[Metric, ...] | None = None
    differences: tuple[Metric, ...] = ()
    signature: Signature
    profile: StoredFile
    golden_samples: StoredFile
    accelerated: Accelerated | None = None
    not_accelerated: str | None = Field(default=None, max_length=512)
    rows: int


class Failure(SpecModel):
    """What a container says when it failed. Those of a server pod belong to no run, and name no contract."""

    contract: int = CONTRACT
    run: str = ""
    reason: str
    message: str = ""


MessageT = TypeVar("MessageT", Fetched, TrainingResult, EvaluationResult, Failure)


def read_message(text: str, kind: type[MessageT]) -> MessageT | None:
    """The message of that kind, or None where the text is something else, such as the tail of a log.

    The text comes from containers that run users' code: nothing in it is believed before it fits the type.
    """
    if len(text.encode(errors="replace")) > MAXIMUM_BYTES:
        return None
    try:
        message = kind.model_validate(json.loads(text))
    except (ValueError, ValidationError, RecursionError):
        return None
    return message if message.contract == CONTRACT else None
