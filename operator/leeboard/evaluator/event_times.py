"""When each row of a reference happened, where it says so: the column `event_timestamp`, as feature stores call it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.evaluator.columns import EVENT_TIMESTAMP
from leeboard.evaluator.failures import EvaluationError

Seconds = NDArray[np.int64]
LATEST = 253_402_300_799
"""The last second of the year 9999. Numbers beyond are no seconds, but perhaps milliseconds."""
_WHAT = "RFC 3339 text, a time of Parquet, or seconds since 1970"


@dataclass(frozen=True, eq=False)
class EventTimes:
    """In seconds since 1970: of the rows of a reference, and of those whose scores its profile has."""

    rows: Seconds
    scored: Seconds

    @classmethod
    def of(cls, table: pd.DataFrame, scored: NDArray[np.bool_]) -> "EventTimes | None":
        """None without the column. Raises EvaluationError (BadData) for a row whose time cannot be read."""
        if EVENT_TIMESTAMP not in table.columns:
            return None
        rows = event_seconds(table[EVENT_TIMESTAMP])
        return cls(rows, rows[scored])


def event_seconds(column: "pd.Series[Any]") -> Seconds:
    """The moments of a column in whole seconds since 1970; what names no zone is UTC.

    Raises EvaluationError (BadData) naming the first row, counted from 0, that has none.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        raise _unreadable(0, column)
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        readable = np.isfinite(numbers) & (np.abs(numbers) <= LATEST)
        if not readable.all():
            raise _unreadable(int(np.argmin(readable)), column)
        whole: Seconds = np.floor(numbers).astype(np.int64)
        return whole
    values = column if pd.api.types.is_datetime64_any_dtype(column.dtype) else column.astype(object)
    try:
        moments = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce")
    except (ValueError, TypeError, OverflowError) as error:
        raise _unreadable(0, column) from error
    missing = moments.isna().to_numpy()
    if missing.any():
        raise _unreadable(int(np.argmax(missing)), column)
    seconds: Seconds = moments.dt.as_unit("s").to_numpy(dtype=np.int64)
    return seconds


def _unreadable(row: int, column: "pd.Series[Any]") -> EvaluationError:
    return EvaluationError(Reason.BAD_DATA, f"row {row} of {column.name} of the reference has no time: {_WHAT}")
