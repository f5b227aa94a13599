"""Many files of an hour as one: what they say together, and each of them as it was.

A merged file is two gzip members that follow each other, and reads as JSON lines. The first member is one line, the
head: `{contract, kind, parts: [name…]}`, and of windows their sums by pod (`windows`). The second has a line for each
part, in the order of `parts`: the window, or the text of the table as a JSON string.

Sums alone would do for what lies within a window. Its beginning falls into an hour, and there the parts are needed.
"""

import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

import numpy as np

from leeboard.evaluator.retention.files import Kind
from leeboard.evaluator.shadow_windows import shape_of, summed_shadow
from leeboard.evaluator.windows import CONTRACT, LARGEST, Window, decompress, members, read_window
from leeboard.stats.extents import Extent, merged
from leeboard.stats.segments import of_window, to_window

_COMPRESSION = 6
_ADDED = ("requests", "errors", "rows", "dropped", "unread", "undecoded")


@dataclass(frozen=True, eq=False)
class Head:
    """The names of the parts, below the folder of the version and kind; of windows, their sums."""

    parts: tuple[str, ...]
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, eq=False)
class Part:
    """A file that may be merged: its name, its line in the merged file, and of a window the document."""

    name: str
    line: bytes
    document: Mapping[str, Any] | None = None


def part_of(kind: Kind, name: str, data: bytes) -> Part:
    """A part from what lies in storage. Raises ValueError where that cannot be read: it has to stay as it is."""
    content = decompress(data)
    if kind != "windows":
        return Part(name, _line(content.decode()))
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise ValueError(f"not a window: {error!r}") from error
    read_window(document)
    return Part(name, _line(document), document)


def merged_file(kind: Kind, parts: Sequence[Part]) -> bytes:
    """The file that stands for parts. The same ones give the same bytes.

    Raises ValueError where it would be larger than may be read.
    """
    head: dict[str, Any] = {"contract": CONTRACT, "kind": kind, "parts": [one.name for one in parts]}
    if kind == "windows":
        documents = [one.document for one in parts if one.document is not None]
        head["windows"] = [_summed(group) for group in _alike(documents)]
    return _compressed(_line(head)) + _compressed(b"".join(one.line for one in parts))


def parse_head(data: bytes) -> Head:
    """What a merged file is of. Raises ValueError where it is none."""
    return _head(members(data, most=1)[0])


def parse_parts(data: bytes) -> list[tuple[str, Any]]:
    """Every part by name: the document of a window, the text of a table. Raises ValueError where it is none."""
    first, *rest = members(data, most=2)
    head = _head(first)
    lines = rest[0].splitlines() if rest else []  # bytes end their lines at no other separators of Unicode
    if len(lines) != len(head.parts):
        raise ValueError(f"{len(lines)} parts, and {len(head.parts)} are named")
    return [(name, json.loads(line)) for name, line in zip(head.parts, lines, strict=True)]


def _head(line: bytes) -> Head:
    try:
        raw = json.loads(line)
        if raw["contract"] != CONTRACT:
            raise ValueError(f"contract {raw['contract']}, not {CONTRACT}")
        windows = tuple(read_window(one) for one in raw.get("windows", ()))
        return Head(tuple(str(name) for name in raw["parts"]), windows)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a merged file: {error!r}") from error


def _alike(documents: Iterable[Mapping[str, Any]]) -> Iterable[list[Mapping[str, Any]]]:
    """Windows that can be added up: of one pod, counted on the same bins and edges."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in documents:
        bins = tuple((raw["name"], len(raw["counts"])) for raw in one.get("features") or ())
        predicted = one.get("prediction")
        latency = one.get("latency") or {}
        shape = (len(predicted["counts"]), predicted["name"]) if predicted else ()
        segments = tuple(
            (raw["feature"], len(raw["rows"]), *((it["name"], len(it["counts"][0])) for it in _columns(raw)))
            for raw in one.get("segments") or ()
        )
        edges = (tuple(latency.get("edges", ())), bool(latency))
        key = (str(one.get("pod") or ""), bins, shape, *edges, segments, shape_of(one.get("shadow")))
        groups.setdefault(key, []).append(one)
    return groups.values()


def _columns(segments: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is counted within segments: inputs, and scores where there are any."""
    predicted = segments.get("prediction")
    return [*segments["features"], *([predicted] if predicted else ())]


def _summed(windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Windows that are alike, as one. Counts add up exactly, sums of numbers to the last place."""
    first = windows[0]
    total: dict[str, Any] = {name: first[name] for name in ("contract", "model", "version", "pod") if name in first}
    total |= {"start": min((one["start"] for one in windows), key=datetime.fromisoformat)}
    total |= {"end": max((one["end"] for one in windows), key=datetime.fromisoformat)}
    total |= {name: sum(int(one.get(name, 0)) for one in windows) for name in _ADDED}
    total["parts"] = len(windows)
    with_rows = [one["end"] for one in windows if int(one["rows"])]
    if with_rows:
        total["rowsUntil"] = max(with_rows, key=datetime.fromisoformat)
    if first.get("latency"):
        total["latency"] = {"edges": first["latency"]["edges"], "counts": _added(one["latency"] for one in windows)}
    features = zip(*(one.get("features") or () for one in windows), strict=True)
    total["features"] = [_distribution(column) for column in features]
    if first.get("prediction"):
        total["prediction"] = _distribution([one["prediction"] for one in windows])
    if first.get("segments"):
        total["segments"] = [_segments(column) for column in zip(*(one["segments"] for one in windows), strict=True)]
    if shadow := summed_shadow(windows):
        total["shadow"] = shadow
    return total


def _segments(column: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By the values of one input."""
    whole = of_window(column[0])
    for one in column[1:]:
        whole.add(of_window(one))
    return to_window(whole)


def _distribution(column: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counted = {name: sum(int(one.get(name) or 0) for one in column) for name in ("missing", "infinite", "count")}
    sums = {name: math.fsum(float(one.get(name) or 0.0) for one in column) for name in ("sum", "sumOfSquares")}
    return {"name": column[0]["name"], "counts": _added(column), **counted, **sums, **_extent(column)}


def _extent(column: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nothing where a part counted values and does not tell it: a minimum of some is none of all."""
    extents = [Extent.parse(one, sum(one["counts"])) for one in column]
    whole = reduce(merged, extents)
    return whole.document() if whole is not None and any("hyperLogLog" in one for one in column) else {}


def _added(columns: Iterable[Mapping[str, Any]]) -> list[int]:
    counts: list[int] = np.sum([np.asarray(one["counts"], dtype=np.int64) for one in columns], axis=0).tolist()
    return counts


def _line(value: Any) -> bytes:
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def _compressed(data: bytes) -> bytes:
    """One gzip member, in which no time stands."""
    if len(data) > LARGEST:
        raise ValueError(f"{len(data)} bytes; at most {LARGEST} are read")
    encoder = zlib.compressobj(_COMPRESSION, wbits=31)
    return encoder.compress(data) + encoder.flush()
