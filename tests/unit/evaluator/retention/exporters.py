"""Object storage in memory, files as exporters leave them, and what the evaluator reads of them."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import numpy as np

from leeboard.api.reasons import Reason
from leeboard.evaluator.observations import Observations
from leeboard.storage import Entry, StorageError
from leeboard.storage.digests import digest_of

BASE = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
EDGES = [0.01, 0.1]


class Crash(Exception):
    """The process ended."""


class MemoryStore:
    """Implements `Store`. `before(verb, key)` and `after(verb, key)` see every call, and may raise."""

    def __init__(self):
        self.objects = {}
        self.before = lambda verb, key: None
        self.after = lambda verb, key: None

    def get(self, key, *, most=None):
        self.before("get", key)
        if key not in self.objects:
            raise StorageError(Reason.STORAGE_NOT_FOUND, key)
        data = self.objects[key][0]
        if most is not None and len(data) > most:
            raise StorageError(Reason.DIGEST_MISMATCH, key)
        self.after("get", key)
        return data

    def put(self, key, data, *, overwrite=False, modified=BASE):
        self.before("put", key)
        if not overwrite and key in self.objects and self.objects[key][0] != data:
            raise StorageError(Reason.STORAGE_CONFLICT, key)
        self.objects[key] = (data, modified)
        self.after("put", key)

    def list(self, prefix=""):
        self.before("list", prefix)
        # page by page, as object storage does: what is removed in between is not seen any more
        last = ""
        while key := min((key for key in self.objects if key.startswith(prefix) and key > last), default=""):
            data, modified = self.objects[key]
            last = key
            yield Entry(key, len(data), digest_of(data), modified)
            self.after("page", key)

    def delete(self, key):
        self.before("delete", key)
        self.objects.pop(key, None)
        self.after("delete", key)


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


def text_of(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def at(minute):
    return BASE + timedelta(minutes=minute)


def name_of(pod, start, end, form):
    return f"{pod}/{milliseconds(start)}-{milliseconds(end)}.{form}.gz"


def window(pod, minute, *, length=1, rows=5, version="v1", bins=3):
    """Key and bytes of a window of so many minutes. Every third is of an exporter that counts no scores in segments."""
    start, end = at(minute), at(minute + length)
    counts = [(rows + place) % 7 for place in range(bins)]
    raw = {
        "contract": 1, "model": "m", "version": version, "pod": pod, "start": text_of(start), "end": text_of(end),
        "requests": rows, "errors": rows // 3, "rows": rows, "dropped": rows % 2, "unread": rows // 4,
        "latency": {"edges": EDGES, "counts": [rows, 1, 0]},
        "features": [{"name": "x", "counts": counts, "missing": rows % 2, "infinite": 0, "count": sum(counts),
                      "sum": 0.1 * rows, "sumOfSquares": 0.7 * rows}],
        "segments": [{"feature": "carrier", "rows": [rows, 1], "features": [
            {"name": "x", "counts": [[rows - rows // 3, 0], [1, 0]], "missing": [rows // 3, 0]}]}],
        "prediction": {"name": "p", "counts": counts[::-1], "missing": 0, "infinite": 0, "count": sum(counts),
                       "sum": 1.0, "sumOfSquares": 2.0},
    }  # fmt: skip
    if minute % 3:
        raw["segments"][0]["prediction"] = {
            "name": "p",
            "rows": [rows, 1],
            "counts": [[rows, 0], [0, 1]],
            "missing": [0, 0],
        }
    return f"observations/{version}/windows/{name_of(pod, start, end, 'json')}", gzip.compress(json.dumps(raw).encode())


def table(kind, pod, minute, ids, *, version="v1"):
    """Key and bytes of a ledger or of labels: a row for each id."""
    start, end = at(minute), at(minute + 1)
    column = "score" if kind == "ledger" else "label"
    # the same id at the same time in two files: which of them comes last has to stay as it is
    lines = [f"id,time,{column}", *(f"r{one},{text_of(at(minute - minute % 5))},{(minute % 13) / 13}" for one in ids)]
    key = f"observations/{version}/{kind}/{name_of(pod, start, end, 'csv')}"
    return key, gzip.compress("\n".join(lines).encode())


def _plain(value):
    if isinstance(value, str):
        return value
    return np.round(value, 9).tolist()


def observed(store, since, until, version="v1", observations=None):
    """All that the evaluator reads, in a form that can be compared: what windows count by pod, and rows in order."""
    reader = observations or Observations(store, task="Regression", positive_class="1", count=lambda _: None)
    by_pod = {}
    for one in reader.windows(version, since, until).windows:
        total = by_pod.setdefault(one.pod, {})
        counts = {"requests": one.requests, "errors": one.errors, "rows": one.rows, "dropped": one.dropped}
        counts |= {"unread": one.unread, "parts": one.parts, "latency": one.latency_counts}
        counts |= {(raw["name"], key): raw[key] for raw in (*one.features, one.prediction) for key in raw}
        for segments in one.segments:
            counts |= {(segments.feature, "rows"): segments.rows}
            for it in segments.inputs:
                counts |= {(segments.feature, it.name, "counts"): it.counts, (segments.feature, it.name): it.missing}
            if segments.scores is not None:
                counts |= {(segments.feature, "scored"): segments.scores.rows}
                counts |= {(segments.feature, "scores"): segments.scores.inputs[0].counts}
        for key, value in counts.items():
            if not isinstance(value, str):
                # kept in as few bytes as they need
                total[key] = total.get(key, 0) + np.asarray(value).astype(np.float64)
        total["until"] = max(total.get("until", ""), text_of(one.rows_until) if one.rows_until else "")
    shown = {pod: {str(key): _plain(value) for key, value in one.items()} for pod, one in by_pod.items()}
    tables = (reader.ledger(version, since), reader.feedback([version], since))
    return shown, [[(rows.ids.tolist(), rows.times.tolist(), rows.values.tolist()) for rows in one] for one in tables]
