"""The golden samples: rows with the answers that whatever serves a version has to give."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard_serving.failures import ServingError
from leeboard_serving.server.inference.decoding import GivenTensor, understood
from leeboard_serving.server.inference.request import BadRequest, InferenceRequest
from leeboard_serving.server.inference.signature import Signature, Tensor

CONTRACT = 1


@dataclass(frozen=True, eq=False)
class Golden:
    """Rows with the answers that the model has to give, within an absolute tolerance; `given` has the rows as they lie
    in the file."""

    request: InferenceRequest
    scores: NDArray[np.float64]
    tolerance: float
    given: tuple[GivenTensor, ...]

    def within(self, tolerance: float | None) -> Golden:
        """The same with another tolerance, where one is given."""
        return self if tolerance is None else replace(self, tolerance=tolerance)


def read_golden(path: Path) -> tuple[Signature, Golden]:
    """The signature and the samples in golden.json. Raises ServingError (BadData)."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["contract"] != CONTRACT:
            raise ValueError(f"contract {raw['contract']}, not {CONTRACT}")
        signature = Signature(_tensors(raw["inputs"]), _tensors(raw["outputs"]))
        given = [
            GivenTensor(str(one["name"]), str(one.get("datatype", "FP64")), [len(one["data"])], list(one["data"]))
            for one in raw["inputs"]
        ]
        scores = np.array(raw["outputs"][0]["data"], dtype=np.float64)
        request = understood(None, given, (), False, signature)
        if request.rows != scores.size:
            raise ValueError("no samples, or inputs and answers of different lengths")
    except (OSError, KeyError, IndexError, TypeError, BadRequest, ValueError) as error:
        raise ServingError(Reason.BAD_DATA, f"golden.json cannot be read: {type(error).__name__}") from error
    return signature, Golden(request, scores, float(raw["tolerance"]), tuple(given))


def _tensors(raw: Sequence[Mapping[str, Any]]) -> tuple[Tensor, ...]:
    return tuple(Tensor(str(one["name"]), str(one.get("datatype", "FP64"))) for one in raw)
