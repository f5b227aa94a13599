"""Predictions and the labels that arrived for them, joined by id wherever either of them landed."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.columns import truth_of
from leeboard.evaluator.failures import EvaluationError
from leeboard.stats.sampling import Hashes, id_hashes

Floats = NDArray[np.float64]
NANOSECONDS = 1e9
"""In a second."""
LEDGER_REACH = timedelta(days=7)
LABEL_DELAYS = 3


def ledger_reach(label_delay: timedelta) -> timedelta:
    """How long before its label a prediction may have been made: three times as long as labels usually take, seven days
    at least."""
    return max(LEDGER_REACH, LABEL_DELAYS * label_delay)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a ledger or feedback file: hashes of the ids, times in nanoseconds since 1970, scores or labels."""

    ids: Hashes
    times: NDArray[np.int64]
    values: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        return self.ids.nbytes + self.times.nbytes + self.values.nbytes


NOTHING = Rows(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.float64))


def read_ledger(content: bytes | str) -> Rows:
    """Read the decompressed text of a file of `id,time,score`. Raises ValueError where it is something else."""
    frame = table_of(content, "score")
    values = pd.to_numeric(frame["score"], errors="coerce").to_numpy(dtype=np.float64)
    return rows_of(frame, values)[0]


def read_feedback(content: bytes | str, task: str, positive_class: str) -> Rows:
    """Read the decompressed text of a file of `id,time,label`; labels become numbers as those of a holdout. Raises
    ValueError where it is something else.

    Rows whose label is none of a number's are left out, so that one bad label spoils no others.
    """
    frame = table_of(content, "label")
    if task == "Regression":
        return rows_of(frame, pd.to_numeric(frame["label"], errors="coerce").to_numpy(dtype=np.float64))[0]
    try:
        return rows_of(frame, truth_of(frame["label"], task, positive_class))[0]
    except EvaluationError as error:
        raise ValueError(error.message) from error


class Joined(NamedTuple):
    """Truth and scores of labelled predictions in the order in which these were made, when that was, in nanoseconds
    since 1970, and how long after each its label arrived, in seconds."""

    truth: Floats
    scores: Floats
    delays: Floats
    times: NDArray[np.int64]


def labelled_at_once(truth: Floats, scores: Floats) -> Joined:
    """Rows in their order, a nanosecond apart, whose labels came as they were made."""
    return Joined(truth, scores, np.zeros(len(truth)), np.arange(len(truth), dtype=np.int64))


def joined(ledger: Iterable[Rows], feedback: Iterable[Rows], start: datetime, end: datetime) -> Joined:
    """The predictions whose label arrived from `start` to `end`; the last word on an id counts."""
    labels = _last(_together(feedback))
    arrived = (labels.times >= nanoseconds(start)) & (labels.times <= nanoseconds(end))
    predictions = _last(_together(ledger))
    _, of_predictions, of_labels = np.intersect1d(
        predictions.ids, labels.ids[arrived], assume_unique=True, return_indices=True
    )
    order = np.argsort(predictions.times[of_predictions], kind="stable")
    of_predictions, of_labels = of_predictions[order], of_labels[order]
    times = predictions.times[of_predictions]
    delays = (labels.times[arrived][of_labels] - times) / NANOSECONDS
    return Joined(labels.values[arrived][of_labels], predictions.values[of_predictions], delays, times)


def earliest(parts: Iterable[Rows]) -> Rows:
    """One row an id: the first, sorted by id."""
    rows = _together(parts)
    order = np.lexsort((rows.times, rows.ids))
    ids = rows.ids[order]
    first = order[np.append(True, ids[1:] != ids[:-1])] if len(ids) else order
    return Rows(rows.ids[first], rows.times[first], rows.values[first])


def arrivals(feedback: Iterable[Rows], start: datetime, end: datetime) -> tuple[int, datetime | None]:
    """How many ids a label arrived for from `start` to `end`, and when the newest came."""
    labels = _last(_together(feedback))
    times = labels.times[(labels.times >= nanoseconds(start)) & (labels.times <= nanoseconds(end))]
    if not len(times):
        return 0, None
    return len(times), pd.Timestamp(int(times.max()), tz="UTC").to_pydatetime()


def table_of(content: bytes | str, *columns: str) -> pd.DataFrame:
    """A table of texts with `id`, `time` and these columns. Raises ValueError where it is something else."""
    source = io.StringIO(content) if isinstance(content, str) else io.BytesIO(content)
    try:
        frame = pd.read_csv(source, dtype="object", keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"not a table: {error}") from error
    absent = {"id", "time", *columns} - set(frame.columns)
    if absent:
        raise ValueError(f"columns {', '.join(sorted(absent))} are absent")
    return frame


def rows_of(frame: pd.DataFrame, values: Floats) -> tuple[Rows, NDArray[np.bool_]]:
    """The rows that have an id, a time and a finite value, and which these are."""
    moments = pd.to_datetime(frame["time"], utc=True, errors="coerce", format="ISO8601")
    usable = np.isfinite(values) & moments.notna().to_numpy() & frame["id"].notna().to_numpy()
    ids = id_hashes(frame["id"][usable].to_numpy(dtype=object))
    times: NDArray[np.int64] = np.asarray(moments[usable].dt.as_unit("ns").astype("int64"), dtype=np.int64)
    return Rows(ids, times, values[usable]), usable


def _together(parts: Iterable[Rows]) -> Rows:
    rows = [NOTHING, *parts]
    return Rows(
        np.concatenate([one.ids for one in rows]),
        np.concatenate([one.times for one in rows]),
        np.concatenate([one.values for one in rows]),
    )


def _last(rows: Rows) -> Rows:
    """One row an id: the latest, sorted by id."""
    order = np.lexsort((rows.times, rows.ids))
    ids = rows.ids[order]
    final = order[np.append(ids[1:] != ids[:-1], True)] if len(ids) else order
    return Rows(rows.ids[final], rows.times[final], rows.values[final])


def nanoseconds(moment: datetime) -> int:
    """Since 1970."""
    return int(pd.Timestamp(moment).as_unit("ns").value)
