"""golden.json: a few rows with the answers that the loaded model has to give, wherever it is loaded."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.columns import Input

CONTRACT = 1
ROWS = 32
TOLERANCE = 1e-6
"""Absolute; processors differ in the last digits of a sum."""


def golden_rows(served: pd.DataFrame) -> NDArray[np.int64]:
    """Rows spread evenly over the holdout; complete ones where there are enough of them."""
    complete = np.flatnonzero(~served.isna().to_numpy().any(axis=1))
    rows = complete if len(complete) >= min(ROWS, len(served)) else np.arange(len(served))
    return np.unique(rows[np.linspace(0, len(rows) - 1, min(ROWS, len(rows))).astype(np.int64)])


def make_golden(
    served: pd.DataFrame, inputs: tuple[Input, ...], scores: NDArray[np.float64], score_output: str
) -> dict[str, Any]:
    """The document, from rows and their scores."""
    return {
        "contract": CONTRACT,
        "inputs": [{"name": one.name, "datatype": one.datatype, "data": _data(served[one.name])} for one in inputs],
        "outputs": [{"name": score_output, "datatype": "FP64", "data": scores.tolist()}],
        "tolerance": TOLERANCE,
    }


def _data(column: "pd.Series[Any]") -> list[Any]:
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]
