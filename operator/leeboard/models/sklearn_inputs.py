"""Whether an estimator that was fitted on named columns answers an array of the same columns alike.

A table of one row takes longer to make, and scikit-learn longer to look through, than most models take to answer.
"""

import warnings
from typing import Any

from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.pipeline import Pipeline

_BY_PLACE = (
    "sklearn.calibration",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.dummy",
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.ensemble._weight_boosting",
    "sklearn.impute._base",
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.preprocessing._data",
    "sklearn.svm",
    "sklearn.tree",
)
"""Modules whose estimators turn a table into an array first, and know columns by their place from then on."""
_UNNAMED = "X does not have valid feature names"


def takes_arrays(estimator: Any) -> bool:
    """Whether every step of it knows columns by their place alone, so far as the types of the steps tell."""
    if isinstance(estimator, Pipeline):
        return all(step in (None, "passthrough") or takes_arrays(step) for _, step in estimator.steps)
    if isinstance(estimator, BaseHistGradientBoosting):
        return getattr(estimator, "_preprocessor", estimator) is None  # categories are told by the table's types
    inner = getattr(estimator, "estimator", None)
    if inner is not None and hasattr(inner, "fit") and not takes_arrays(inner):
        return False
    module = type(estimator).__module__
    return any(module == one or module.startswith(f"{one}.") for one in _BY_PLACE)


def expect_no_names() -> None:
    """Columns have been put in order by their names: that an array has none is nothing to be told of, row by row."""
    warnings.filterwarnings("ignore", message=_UNNAMED, category=UserWarning)
