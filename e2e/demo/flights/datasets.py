"""The files of the two datasets: inputs and label, a month a file."""

import io

import pandas as pd

from e2e.demo.flights.periods import SUMMER_HOLDOUT, TRAINED, WINTER, WINTER_HOLDOUT, is_dealt
from e2e.demo.flights.preparation import INPUTS, LABEL, WEATHER

FILE = "flights.parquet"
HOLDOUTS = {"2013-03": WINTER_HOLDOUT, "2013-07": SUMMER_HOLDOUT}
"""By the partition that the holdout lies in, which is the month in which it was put together."""


def partition(frame: pd.DataFrame, month: str) -> pd.DataFrame:
    """The rows of a month that are trained on, in the order of time: half of the days of a winter month, else all."""
    rows = frame[frame["month"] == month]
    chosen = rows[is_dealt(rows, TRAINED)] if month in WINTER else rows
    return _columns(chosen)


def holdout(frame: pd.DataFrame, month: str) -> pd.DataFrame:
    """A holdout by its partition, in the order of time. Raises KeyError for a month that has none.

    Only rows with complete weather: whoever put it together cleaned it, as is often done. That is why it cannot tell
    what a model does with a missing value.
    """
    return complete(_columns(HOLDOUTS[month].of(frame)))


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows without missing weather."""
    return frame.dropna(subset=list(WEATHER)).reset_index(drop=True)


def parquet(frame: pd.DataFrame) -> bytes:
    """A table as a file; the same rows give the same bytes."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _columns(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[*INPUTS, LABEL]].reset_index(drop=True)
