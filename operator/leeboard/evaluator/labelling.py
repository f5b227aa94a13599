"""Carries out the action QueueLabeling: chooses logged rows that are worth a label, and writes them once an episode."""

import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Episode
from leeboard.api.labelling import Labelling
from leeboard.api.model import Model
from leeboard.api.reasons import Reason
from leeboard.api.request_log import column_name
from leeboard.evaluator.drift_figures import Observed, Profile, watched
from leeboard.evaluator.file_cache import LARGEST_FILE
from leeboard.evaluator.labels import Rows
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.requests import newest_of_each
from leeboard.stats.distributions import Distribution
from leeboard.stats.labelling import choose, gained

BOUNDARY = 0.5
"""The score at which a classifier is least sure."""
UNCERTAIN, DRIFT = "uncertain", "drift"
"""Why a row was chosen, as the file says it."""
Raw = dict[str, Any]


@dataclass(frozen=True)
class LabellingWindow:
    """What rows are chosen from: the version, the window's ends, what was counted in it, and the labels since."""

    version: str
    start: datetime
    end: datetime
    profile: Profile
    observed: Observed
    labels: Sequence[Rows]


def labelling_figures(observations: Observations, monitor: DriftMonitor, model: Model, window: LabellingWindow) -> Raw:
    """`labelling` of `status.evaluation`: nothing where nothing is asked for. Raises StorageError.

    What was written stays as it is: it is told from the status, or where that was lost from the file.
    """
    episode = monitor.status.episode
    asked = episode.labelling if episode is not None else None
    if episode is None or asked is None or episode.version != window.version:
        return {}
    if asked.key:
        return _told(episode, key=asked.key, rows=asked.rows)
    before = (monitor.status.evaluation or {}).get("labelling")
    if isinstance(before, dict) and before.get("episode") == episode.id and before.get("key"):
        return {"labelling": before}
    if episode.ended_at is not None or model.spec.serving.logging is None:
        return {}
    key = f"observations/{window.version}/labelling/{monitor.metadata.name}/{episode.id}.parquet"
    if (written := _rows_of(observations, key)) is not None:
        return _told(episode, key=key, rows=written)
    chosen, found = _chosen(observations, monitor, model, window, asked)
    if chosen is not None:
        observations.store.put(key, chosen, overwrite=True)
        found = {"key": key} | found
    return _told(episode, **found)


def _chosen(
    observations: Observations, monitor: DriftMonitor, model: Model, window: LabellingWindow, asked: Labelling
) -> tuple[bytes | None, Raw]:
    """The file and its rows, or None and why there is none."""
    rows, hashes = newest_of_each(observations.requests(window.version, window.start))
    within = rows["time"].between(window.start, window.end).to_numpy()
    if not within.any():
        text = "no row of the window is in the request log"
        return None, {"error": {"reason": str(Reason.REQUEST_LOG_MISSING), "message": text}}
    known = np.concatenate([np.empty(0, np.uint64), *(one.ids for one in window.labels)])
    within &= ~np.isin(hashes, known)
    rows, hashes = rows[within].reset_index(drop=True), hashes[within]
    gains = _gains(rows, _references(window, asked.inputs, monitor.spec.features.exclude))
    boundary = None if model.spec.prediction.task == "Regression" else BOUNDARY
    scores = rows["score"].to_numpy(dtype=np.float64)
    chosen = choose(scores, gains, hashes, asked.most, boundary=boundary)
    if not len(chosen.positions):
        return None, {"rows": 0}
    why = np.where(chosen.is_uncertain, UNCERTAIN, DRIFT)
    return _file(rows.iloc[chosen.positions], why), {"rows": len(chosen.positions)}


def _references(
    window: LabellingWindow, inputs: Collection[str], exclude: Collection[str]
) -> Iterable[tuple[str, Distribution, Distribution]]:
    """The columns whose drift counts, each with its reference and its window."""
    for one in watched(window.profile, exclude):
        name = one.distribution.name
        if name in inputs or not inputs:
            yield column_name(name), one.distribution, window.observed.features[name]
    if not inputs:
        yield "score", window.profile.prediction.distribution, window.observed.prediction


def _gains(rows: pd.DataFrame, references: Iterable[tuple[str, Distribution, Distribution]]) -> NDArray[np.float64]:
    """How much of the drift each row is, over all columns that the log has."""
    total = np.zeros(len(rows))
    for column, reference, window in references:
        values = rows.get(column)
        if values is not None:
            total += gained(reference, window, reference.bins.codes(_values(values, reference.bins.kind)))
    return total


def _values(column: "pd.Series[Any]", kind: str) -> NDArray[Any]:
    if kind == "Numeric":
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    values = column.to_numpy(dtype=object, copy=True)
    values[column.isna().to_numpy()] = None
    return values


def _file(rows: pd.DataFrame, why: NDArray[np.str_]) -> bytes:
    """Parquet with the columns of the log, and `why` behind `score`."""
    columns: dict[str, pa.Array] = {}
    for name in rows.columns:
        column = rows[str(name)]
        is_number = pd.api.types.is_float_dtype(column.dtype)
        kind = pa.timestamp("us", tz="UTC") if name == "time" else pa.float64() if is_number else pa.string()
        values = column if is_number or name == "time" else _values(column, "Categorical")
        columns[str(name)] = pa.array(values, kind, from_pandas=True)
        if name == "score":
            columns["why"] = pa.array(why, pa.string())
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def _rows_of(observations: Observations, key: str) -> int | None:
    """Rows of a file that was written before; None where there is none, or it cannot be read."""
    if not any(entry.key == key for entry in observations.store.list(key)):
        return None
    try:
        return int(pq.ParquetFile(io.BytesIO(observations.store.get(key, most=LARGEST_FILE))).metadata.num_rows)
    except (pa.ArrowException, OSError):
        return None


def _told(episode: Episode, **what: Any) -> Raw:
    return {"labelling": {"episode": episode.id, **what}}
