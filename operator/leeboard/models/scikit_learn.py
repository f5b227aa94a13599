"""A scikit-learn estimator as a predictor."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.classes import class_text
from leeboard.models.failures import ModelError, cannot_score, no_output
from leeboard.models.predictor import PREDICT, PREDICT_PROBA
from leeboard.models.rows import Rows
from leeboard.models.sklearn_inputs import expect_no_names, takes_arrays


class ScikitLearnPredictor:
    """An estimator, and what it was fitted with.

    One that was fitted on an array gets an array, and so does one that was fitted on named columns but knows them by
    their place, where all of them are numbers. Every other one gets a table, in which it finds both names and places.
    """

    def __init__(self, estimator: Any, format: str) -> None:
        """Raises ModelError (ModelLoadFailed) where it is no estimator that predicts."""
        self.estimator = estimator
        self.format = format
        self._methods = _methods(estimator)
        self.names = _names(estimator)
        self.width = _width(estimator)
        self.classes = _classes(estimator)
        self.outputs = tuple(self._methods)
        named = self.names is not None
        self._array = takes_arrays(estimator) if named else self.width is not None
        self._numbers_only = named
        if named and self._array:
            expect_no_names()

    def run(self, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """See Predictor."""
        given = self._input(rows)
        try:
            answers = {name: np.asarray(self._methods[name](given)) for name in outputs}
        except KeyError as error:
            if error.args and error.args[0] in outputs:
                raise no_output(str(error.args[0]), self.outputs) from None
            raise cannot_score(error) from error
        except Exception as error:
            # the model is a user's: it may fail in any way
            raise cannot_score(error) from error
        for name, answer in answers.items():
            if answer.ndim == 0 or len(answer) != rows.count:
                raise ModelError(Reason.EVALUATION_FAILED, f"{rows.count} rows gave {name} of shape {answer.shape}")
        return answers

    def _input(self, rows: Rows) -> Any:
        if self.names is not None:
            rows = rows.select(self.names)
        if self._array and (rows.is_numeric or not self._numbers_only):
            return rows.as_matrix()
        return rows.as_frame()


def _methods(estimator: Any) -> dict[str, Callable[[Any], Any]]:
    found = {name: getattr(estimator, name, None) for name in (PREDICT, PREDICT_PROBA)}
    if not callable(found[PREDICT]):
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"a {type(estimator).__name__} does not predict")
    return {name: method for name, method in found.items() if callable(method)}


def _names(estimator: Any) -> tuple[str, ...] | None:
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(str(name) for name in names)


def _width(estimator: Any) -> int | None:
    width = getattr(estimator, "n_features_in_", None)
    return int(width) if width is not None else None


def _classes(estimator: Any) -> tuple[str, ...]:
    classes = getattr(estimator, "classes_", None)
    return () if classes is None else tuple(class_text(one) for one in classes)
