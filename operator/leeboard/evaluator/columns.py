"""The columns of a reference as inputs of a model: what each is is decided once, from the reference, and then kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.models.classes import class_text
from leeboard.stats.distributions import Kind

Datatype = Literal["FP64", "INT64", "BOOL", "BYTES"]

LABEL, SPLIT, EVENT_TIMESTAMP = "label", "split", "event_timestamp"
RESERVED = frozenset({LABEL, SPLIT, EVENT_TIMESTAMP})
"""Columns of a reference that are no inputs."""
MOST_INPUTS = 500


@dataclass(frozen=True)
class Input:
    """One input in terms of the Open Inference Protocol."""

    name: str
    datatype: Datatype

    @property
    def kind(self) -> Kind:
        """How its values are counted."""
        return "Categorical" if self.datatype == "BYTES" else "Numeric"


def inputs_of(reference: pd.DataFrame) -> tuple[Input, ...]:
    """Every column but the reserved ones, in their order. Raises EvaluationError (BadData)."""
    names = [str(name) for name in reference.columns if str(name) not in RESERVED]
    if not names or len(names) > MOST_INPUTS or len(set(names)) < len(names):
        text = f"reference.parquet has {len(names)} input columns; 1 to {MOST_INPUTS}, each once, are needed"
        raise EvaluationError(Reason.BAD_DATA, text)
    return tuple(Input(name, _datatype(reference[name])) for name in names)


def texts_of(inputs: Iterable[Input]) -> frozenset[str]:
    """The names of inputs that are strings."""
    return frozenset(one.name for one in inputs if one.datatype == "BYTES")


def as_served(frame: pd.DataFrame, inputs: tuple[Input, ...]) -> pd.DataFrame:
    """The inputs alone, in order and with the types the server gives a model: numbers, and strings or None.

    Raises EvaluationError (BadData) naming columns that are absent or hold what is no number.
    """
    absent = [one.name for one in inputs if one.name not in frame.columns]
    if absent:
        raise EvaluationError(Reason.BAD_DATA, f"columns {', '.join(absent)} are absent")
    return pd.DataFrame({one.name: _served(frame[one.name], one) for one in inputs}, index=frame.index)


def values_of(frame: pd.DataFrame, one: Input) -> NDArray[Any]:
    """The values of one served column as they are counted: float64, or strings and None."""
    if one.kind == "Categorical":
        return frame[one.name].to_numpy(dtype=object)
    return frame[one.name].to_numpy(dtype=np.float64, na_value=np.nan)


def truth_of(labels: "pd.Series[Any]", task: str, positive_class: str) -> NDArray[np.float64]:
    """Labels as numbers: 1 where the class is the positive one, or the number itself; NaN where there is none.

    Raises EvaluationError (BadData) for labels of a regression that are no numbers.
    """
    if task == "Regression":
        return _numbers(labels)
    wanted = class_text(positive_class)
    values = labels.to_numpy(dtype=object)
    known = ~labels.isna().to_numpy()
    return np.array([float(class_text(v) == wanted) if k else np.nan for v, k in zip(values, known, strict=True)])


def _datatype(column: "pd.Series[Any]") -> Datatype:
    """Categories are strings, whatever their values are; so is everything else that pandas does not hold as numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "BYTES"
    if pd.api.types.is_bool_dtype(column.dtype):
        return "BYTES" if column.isna().any() else "BOOL"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "FP64" if column.isna().any() else "INT64"
    return "FP64" if pd.api.types.is_float_dtype(column.dtype) else "BYTES"


def _served(column: "pd.Series[Any]", one: Input) -> "pd.Series[Any]":
    if one.datatype == "BYTES":
        known = ~column.isna().to_numpy()
        values = column.to_numpy(dtype=object)
        texts = [str(v) if k else None for v, k in zip(values, known, strict=True)]
        return pd.Series(texts, index=column.index, dtype=object)
    numbers = _numbers(column)
    if one.datatype == "FP64" or np.isnan(numbers).any():
        return pd.Series(numbers, index=column.index)
    return pd.Series(numbers.astype(np.int64 if one.datatype == "INT64" else np.bool_), index=column.index)


def _numbers(column: "pd.Series[Any]") -> NDArray[np.float64]:
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise EvaluationError(Reason.BAD_DATA, f"column {column.name} holds what is no number") from error
