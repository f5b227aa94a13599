"""The candidate as ONNX, stored beside its golden samples where it answers as the trained model does."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.figures import figure
from leeboard.evaluator.golden import TOLERANCE
from leeboard.evaluator.specification import EvaluationSpecification
from leeboard.models import ModelError, Predictor, Rows, score
from leeboard.models.onnx_conversion import Conversion, convert
from leeboard.storage import Store
from leeboard.storage.digests import digest_of

LOG = logging.getLogger("leeboard.evaluator.acceleration")
FILE = "accelerated.onnx"
LONGEST_MESSAGE = 300
"""Of why there is none: the whole result has to fit a termination message."""
_SERVED_AS_IT_IS = "onnx"


def accelerated(
    specification: EvaluationSpecification, predictor: Predictor, served: pd.DataFrame, golden: "Samples"
) -> Conversion | None:
    """The candidate converted and compared on the holdout, or None where nothing is to be converted."""
    if specification.acceleration == "Never" or predictor.format == _SERVED_AS_IT_IS:
        return None
    conversion = convert(predictor, Rows.of_frame(served), specification.task)
    if conversion.graph is not None and (refused := golden.refusal(specification, conversion.graph)):
        conversion = Conversion(None, replace(conversion.report, refused=refused))
    LOG.info("conversion to ONNX: %s", conversion.report.document())
    return conversion


class Samples:
    """The golden samples, which a pod asks for before it is ready: what cannot pass there is not used."""

    def __init__(self, rows: pd.DataFrame, scores: NDArray[np.float64]) -> None:
        self._rows, self._scores = rows, scores

    def refusal(self, specification: EvaluationSpecification, graph: Predictor) -> str:
        """Why a graph would not pass; empty where it would."""
        try:
            found = score(graph, Rows.of_frame(self._rows), specification.task, specification.positive_class)
        except ModelError as error:
            return f"golden samples: {error.message}"
        worst = float(np.max(np.abs(found - self._scores), initial=0.0))
        return "" if worst <= TOLERANCE else f"golden samples: an answer is {worst:.3g} off, {TOLERANCE:g} is tolerated"


def stored(conversion: Conversion, specification: EvaluationSpecification, store: Store) -> dict[str, Any]:
    """Put the graph into storage; returns the part of the result about it. Raises StorageError."""
    report = conversion.report
    if conversion.data is None:
        return {"notAccelerated": report.refused[:LONGEST_MESSAGE]}
    key = f"{specification.run}/evaluation/{FILE}"
    store.put(key, conversion.data, overwrite=True)
    return {
        "accelerated": {
            "uri": specification.output.uri + key,
            "digest": digest_of(conversion.data),
            "bytes": len(conversion.data),
            "parity": {"rows": report.rows, "worst": figure(report.worst)},
        }
    }
