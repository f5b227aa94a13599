"""What the evaluation Job is told, in LEEBOARD_EVALUATION_SPEC."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from leeboard.api.base import SpecModel
from leeboard.api.fields import Column
from leeboard.api.lineage import DatasetRecord
from leeboard.api.model_version import Artifact, StoredFile
from leeboard.api.reasons import Reason
from leeboard.api.termination import CONTRACT
from leeboard.api.training_job import Output
from leeboard.evaluator.failures import EvaluationError
from leeboard.stats import performance
from leeboard.stats.segments import MOST_SEGMENT_INPUTS

VARIABLE = "LEEBOARD_EVALUATION_SPEC"


class Trained(SpecModel):
    """The candidate: its artefact and the reference its run left."""

    artifact: Artifact
    reference: StoredFile


class Champion(SpecModel):
    """The version it is compared with."""

    artifact: Artifact


class Access(SpecModel):
    """How object storage is reached; credentials come in variables of their own."""

    endpoint: str | None = None


class EvaluationSpecification(SpecModel):
    """One evaluation."""

    contract: int
    run: str = Field(min_length=1, max_length=63)
    task: Literal["BinaryClassification", "Regression"]
    positive_class: str = "1"
    score_output: str = "probability"
    holdout: tuple[DatasetRecord, ...] = Field(min_length=1, max_length=16)
    candidate: Trained
    champion: Champion | None = None
    metrics: tuple[str, ...] = Field(default=(), max_length=32)
    segments: tuple[Column, ...] = Field(default=(), max_length=MOST_SEGMENT_INPUTS)
    allow_unsafe_formats: bool = False
    acceleration: Literal["Auto", "Never"] = "Auto"
    registration: dict[str, Any] | None = None
    output: Output
    storage: Access = Access()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read it. Raises EvaluationError (BadConfiguration) naming what is wrong."""
        try:
            specification = cls.model_validate_json(environment.get(VARIABLE, ""))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            text = f"{VARIABLE}: {place or 'whole'}: {first['msg']}"
            raise EvaluationError(Reason.BAD_CONFIGURATION, text) from error
        if specification.contract != CONTRACT:
            text = f"{VARIABLE}: contract {specification.contract}, this image speaks {CONTRACT}"
            raise EvaluationError(Reason.BAD_CONFIGURATION, text)
        unknown = [name for name in specification.metrics if not performance.is_known(name, specification.task)]
        if unknown:
            text = f"{', '.join(unknown)}: no metric of {specification.task}"
            raise EvaluationError(Reason.BAD_CONFIGURATION, text)
        return specification

    @property
    def measured(self) -> tuple[str, ...]:
        """The metrics asked for, those first that every evaluation has."""
        return tuple(dict.fromkeys((*performance.defaults(self.task), *self.metrics)))
