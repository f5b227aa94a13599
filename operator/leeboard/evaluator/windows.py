"""One window file: what one pod's exporter counted between two moments."""

import json
import math
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.packed import Packed
from leeboard.evaluator.shadow_windows import read_shadow
from leeboard.stats.extents import Extent
from leeboard.stats.segments import SegmentCounts, segments_of_window

LARGEST = 32 << 20
"""Bytes of a file once it is decompressed."""
CONTRACT = 1
OF_AN_OBJECT = 1500
"""Bytes, roughly, of a window without its counts."""
OF_A_CHALLENGER = 12_000
"""Bytes, roughly, of what a window says of one challenger."""


@dataclass(frozen=True, eq=False)
class Window:
    """`features` and `prediction` as they stand in the file, with counts and registers as arrays; latency edges in
    seconds.

    `dropped` requests were answered and are in no other count. `unread` ones are among `requests`; they were answered,
    and their rows are not known. `undecoded` frames could not be read at all: each told of a request at least. `parts`
    windows of the same pod are added up in it; the last of them that has rows ended at `rows_until`, None where none
    has. `shadow` is what was counted of challengers, by their names.
    """

    start: datetime
    end: datetime
    requests: int
    errors: int
    rows: int
    dropped: int
    latency_edges: tuple[float, ...]
    latency_counts: NDArray[np.int64]
    features: Sequence[Mapping[str, Any]]
    prediction: Mapping[str, Any] | None
    pod: str = ""
    segments: tuple[SegmentCounts, ...] = ()
    unread: int = 0
    undecoded: int = 0
    parts: int = 1
    rows_until: datetime | None = None
    shadow: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """What it takes in memory, where a file was read."""
        packed = self.features.bytes if isinstance(self.features, Packed) else 0
        return OF_AN_OBJECT + packed + OF_A_CHALLENGER * len(self.shadow)


def parse_window(data: bytes) -> Window:
    """Read a window file. Raises ValueError where it is not one."""
    try:
        raw = json.loads(decompress(data))
    except RecursionError as error:
        raise ValueError(f"not a window: {error!r}") from error
    return read_window(raw)


def read_window(raw: Any) -> Window:
    """The same of the document itself. Raises ValueError where it is none."""
    try:
        if raw["contract"] != CONTRACT:
            raise ValueError(f"contract {raw['contract']}, not {CONTRACT}")
        latency = raw.get("latency") or {"edges": [], "counts": [0]}
        window = Window(
            start=_time(raw["start"]),
            end=_time(raw["end"]),
            requests=_count(raw["requests"]),
            errors=_count(raw["errors"]),
            rows=_count(raw["rows"]),
            dropped=_count(raw.get("dropped", 0)),
            latency_edges=tuple(float(edge) for edge in latency["edges"]),
            latency_counts=_counts(latency["counts"]),
            features=Packed([_distribution(one) for one in raw.get("features") or ()]),
            prediction=Packed([_distribution(raw["prediction"])])[0] if raw.get("prediction") else None,
            pod=sys.intern(str(raw.get("pod") or "")[:253]),
            segments=segments_of_window(raw),
            unread=_count(raw.get("unread", 0)),
            undecoded=_count(raw.get("undecoded", 0)),
            parts=_count(raw.get("parts", 1)),
            rows_until=_time(raw.get("rowsUntil", raw["end"])) if _count(raw["rows"]) else None,
            shadow=read_shadow(raw.get("shadow")),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a window: {error!r}") from error
    if window.errors + window.unread > window.requests or len(window.latency_counts) != len(window.latency_edges) + 1:
        raise ValueError("not a window: its counts do not fit each other")
    return window


def decompress(data: bytes) -> bytes:
    """The content of a gzip file. Raises ValueError where it is none, is cut, or is larger than it may be."""
    return members(data, most=1)[0]


def members(data: bytes, most: int) -> list[bytes]:
    """The contents of the first `most` members of a gzip file. Raises ValueError as `decompress` does."""
    found: list[bytes] = []
    while not found or (data and len(found) < most):
        decoder = zlib.decompressobj(wbits=31)
        try:
            content = decoder.decompress(data, LARGEST)
        except zlib.error as error:
            raise ValueError(f"not a gzip file: {error}") from error
        if not decoder.eof:
            raise ValueError(f"a gzip file that is cut, or larger than {LARGEST} bytes")
        found.append(content)
        data = decoder.unused_data
    return found


def _distribution(raw: Mapping[str, Any]) -> dict[str, Any]:
    sums = {name: float(raw.get(name) or 0.0) for name in ("sum", "sumOfSquares")}
    if not all(math.isfinite(value) for value in sums.values()):
        raise ValueError(f"{raw['name']}: a sum that is not finite")
    absent = {name: _count(raw.get(name, 0)) for name in ("missing", "infinite")}
    counts = _counts(raw["counts"])
    extent = Extent.parse(raw, int(counts.sum()))
    told = extent.figures() if extent is not None else {}
    return {"name": str(raw["name"]), "counts": counts, **absent, **sums, **told}


def _counts(values: Any) -> NDArray[np.int64]:
    counts = np.asarray(values, dtype=np.int64)
    if counts.ndim != 1 or bool((counts < 0).any()):
        raise ValueError("counts are a list of numbers from 0")
    return counts


def _count(value: Any) -> int:
    number = int(value)
    if number < 0:
        raise ValueError(f"a count of {number}")
    return number


def _time(text: Any) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    return moment
