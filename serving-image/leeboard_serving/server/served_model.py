"""The model as it is served: loaded from verified files, and held against the golden samples before it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models import ModelError, Predictor, Rows, load, score
from leeboard_serving.environment import Folders, Served
from leeboard_serving.failures import ServingError
from leeboard_serving.server.protocol import BadRequest, Column, Signature, Tensor, columns_of

CONTRACT = 1


@dataclass(frozen=True, eq=False)
class Golden:
    """Rows with the answers that the model has to give, within an absolute tolerance."""

    columns: Mapping[str, Column]
    scores: NDArray[np.float64]
    tolerance: float


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model that has given the right answers."""

    served: Served
    signature: Signature
    golden: Golden
    predictor: Predictor

    @classmethod
    def load(cls, folders: Folders, served: Served) -> "ServedModel":
        """Load and check. Raises ServingError: BadData, UnsafeFormat, ModelLoadFailed, GoldenSamplesMismatch."""
        signature, golden = read_golden(folders.golden)
        try:
            predictor = load(folders.artefact, "sklearn-skops")
        except ModelError as error:
            raise ServingError(error.reason, error.message) from error
        model = cls(served, signature, golden, predictor)
        model.check()
        return model

    def predict(self, columns: Mapping[str, Column]) -> NDArray[np.float64]:
        """A finite score for every row. Raises ModelError where the model does not answer."""
        return score(
            self.predictor, Rows(tuple(columns), columns=columns), self.served.task, self.served.positive_class
        )

    def check(self) -> None:
        """Ask for the golden answers. Raises ServingError (GoldenSamplesMismatch, ModelLoadFailed)."""
        try:
            scores = self.predict(self.golden.columns)
        except ModelError as error:
            raise ServingError(Reason.MODEL_LOAD_FAILED, f"the golden samples: {error.message}") from error
        worst = float(np.max(np.abs(scores - self.golden.scores)))
        if not worst <= self.golden.tolerance:  # a sample that is no number is none that the model could give
            text = f"an answer is {worst:.3g} off that at evaluation, {self.golden.tolerance:.3g} is tolerated"
            raise ServingError(Reason.GOLDEN_SAMPLES_MISMATCH, text)


def read_golden(path: Path) -> tuple[Signature, Golden]:
    """The signature and the samples in golden.json. Raises ServingError (BadData)."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["contract"] != CONTRACT:
            raise ValueError(f"contract {raw['contract']}, not {CONTRACT}")
        signature = Signature(_tensors(raw["inputs"]), _tensors(raw["outputs"]))
        samples = [one | {"shape": [len(one["data"])]} for one in raw["inputs"]]
        scores = np.array(raw["outputs"][0]["data"], dtype=np.float64)
        golden = Golden(columns_of(samples, signature), scores, float(raw["tolerance"]))
        if not scores.size or {len(column) for column in golden.columns.values()} != {scores.size}:
            raise ValueError("no samples, or inputs and answers of different lengths")
    except (OSError, KeyError, IndexError, TypeError, BadRequest, ValueError) as error:
        raise ServingError(Reason.BAD_DATA, f"golden.json cannot be read: {type(error).__name__}") from error
    return signature, golden


def _tensors(raw: list[Mapping[str, Any]]) -> tuple[Tensor, ...]:
    return tuple(Tensor(str(one["name"]), str(one.get("datatype", "FP64"))) for one in raw)
