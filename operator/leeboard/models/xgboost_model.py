"""A model of XGBoost, from model.json or model.ubj, as a predictor."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.boosted import answers_of, outputs_of
from leeboard.models.failures import ModelError, cannot_score, no_output
from leeboard.models.libraries import check_not_newer
from leeboard.models.rows import Rows
from leeboard.models.xgboost_document import document, groups_of, width_of

_AS_IT_IS = (np.dtype(np.float32), np.dtype(np.float64))
_LINEAR = "gblinear"
"""The booster that answers no array as it is."""
_FIGURES_OF = {
    "binary:logistic": "probability",
    "multi:softprob": "probabilities",
    "multi:softmax": "probabilities",
}


def load(path: Path, format: str, threads: int) -> "XGBoostPredictor":
    """The model in a file.

    Raises ModelError as `document`, LibraryMismatch where a newer XGBoost wrote it, and ModelLoadFailed where XGBoost
    does not take it.
    """
    found = document(path)
    check_not_newer("xgboost", ".".join(str(part) for part in found["version"][:3]), xgboost.__version__)
    objective = found["learner"]["objective"]
    if objective["name"] == "multi:softmax":
        objective["name"] = "multi:softprob"  # the same figures, before the best one is chosen
    booster = xgboost.Booster({"nthread": threads})
    try:
        booster.load_model(bytearray(json.dumps(found).encode()))
        booster.set_param({"nthread": threads})
    except Exception as error:
        # the file is a user's: the library may stumble over anything that was not looked at
        text = f"{path.name} cannot be loaded: {type(error).__name__}"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text) from error
    return XGBoostPredictor(booster, found, format, threads)


class XGBoostPredictor:
    """Boosted trees. Classes are numbers from 0: XGBoost knows them by no other name.

    `booster` with its `rounds`, from the first to before the second, is what a conversion to ONNX reads.
    """

    def __init__(self, booster: xgboost.Booster, found: dict[str, Any], format: str, threads: int) -> None:
        learner = found["learner"]
        self.format = format
        self.width: int | None = width_of(found)
        names = learner.get("feature_names", [])
        self.names = tuple(names) if names else None
        self._figures = _FIGURES_OF.get(learner["objective"]["name"], "values")
        self.outputs = outputs_of(self._figures)
        groups = 2 if self._figures == "probability" else groups_of(found)
        self.classes = tuple(map(str, range(groups))) if self._figures != "values" else ()
        self.booster, self.rounds = booster, _rounds(learner)
        self._threads, self._in_place = threads, learner["gradient_booster"]["name"] != _LINEAR

    def run(self, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """See Predictor."""
        for name in outputs:
            if name not in self.outputs:
                raise no_output(name, self.outputs)
        figures = self._predict(self._matrix(rows))
        if len(figures) != rows.count:
            raise ModelError(Reason.EVALUATION_FAILED, f"{rows.count} rows gave {len(figures)} figures")
        return answers_of(figures, self._figures, outputs)

    def _matrix(self, rows: Rows) -> NDArray[Any]:
        if self.names is not None:
            rows = rows.select(self.names)
        if len(rows.names) != self.width:
            raise ModelError(Reason.BAD_DATA, f"the model takes {self.width} inputs, and {len(rows.names)} came")
        if rows.matrix is not None and rows.matrix.dtype in _AS_IT_IS:
            return rows.as_matrix()
        return rows.as_matrix(np.float32)  # XGBoost compares in single precision whatever it gets

    def _predict(self, matrix: NDArray[Any]) -> NDArray[Any]:
        try:
            if self._in_place:
                found = self.booster.inplace_predict(matrix, iteration_range=self.rounds, validate_features=False)
            else:
                found = self.booster.predict(xgboost.DMatrix(matrix, nthread=self._threads), validate_features=False)
            return np.asarray(found)
        except Exception as error:
            raise cannot_score(error) from error


def _rounds(learner: dict[str, Any]) -> tuple[int, int]:
    """Those that XGBoost's own scikit-learn estimators use: up to the best one, where training was stopped early."""
    attributes = learner.get("attributes", {})
    best = str(attributes.get("best_iteration", ""))
    return (0, int(best) + 1) if "scikit_learn" in attributes and best.isdecimal() and len(best) < 10 else (0, 0)
