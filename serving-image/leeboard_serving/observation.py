"""What the server tells the exporter of every request, and how it lies on the Unix socket between them.

A frame is two unsigned 32-bit integers, big-endian: the lengths of a JSON header and of a body; then both. The header
describes the columns; the body holds them one after the other: numbers as they lie in memory (little-endian), texts as
a JSON list. Nothing in it is code: an exporter can be told wrong figures, never made to run anything.
"""

import asyncio
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_HEADER = 1 << 20
LARGEST_BODY = 64 << 20
"""Bytes. What is longer is not sent, and not read."""
_LENGTHS = struct.Struct(">II")
_NUMBERS = {"FP64": np.dtype("<f8"), "INT64": np.dtype("<i8"), "BOOL": np.dtype("?")}
Column = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Observation:
    """One request that was answered.

    `id` is the request's; `time` is when it was answered, in seconds since 1970; `seconds` is how long that took;
    `status` is the HTTP status. `inputs` has a column of `rows` values for each input of the model (float64, int64,
    bool, or objects that are text or None) and `scores` an answer for each row; both are empty where the request
    failed. `dropped` counts the requests since the last observation that could not be told of.
    """

    id: str
    time: float
    seconds: float
    status: int
    rows: int = 0
    inputs: Mapping[str, Column] = field(default_factory=dict)
    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    dropped: int = 0


def encode(observation: Observation) -> bytes:
    """The frame. Raises ValueError where it would be longer than a frame may be."""
    columns, parts = [], []
    for name, values in (*observation.inputs.items(), ("", observation.scores)):
        datatype, data = _encoded(values)
        columns.append([name, datatype, len(data)])
        parts.append(data)
    header = {
        "id": observation.id,
        "time": observation.time,
        "seconds": observation.seconds,
        "status": observation.status,
        "rows": observation.rows,
        "dropped": observation.dropped,
        "columns": columns,
    }
    text, body = json.dumps(header, separators=(",", ":")).encode(), b"".join(parts)
    if len(text) > LARGEST_HEADER or len(body) > LARGEST_BODY:
        raise ValueError(f"an observation of {len(body)} bytes")
    return _LENGTHS.pack(len(text), len(body)) + text + body


async def read(reader: asyncio.StreamReader) -> Observation | None:
    """The next observation, or None where the server has closed its end.

    Raises ValueError for what is no frame, also for one that is cut.
    """
    try:
        header_length, body_length = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
        if header_length > LARGEST_HEADER or body_length > LARGEST_BODY:
            raise ValueError(f"a frame of {header_length} and {body_length} bytes")
        header, body = await reader.readexactly(header_length), await reader.readexactly(body_length)
    except asyncio.IncompleteReadError as error:
        if not error.partial and error.expected == _LENGTHS.size:
            return None
        raise ValueError("a frame that is cut") from error
    return decode(header, body)


def decode(header: bytes, body: bytes) -> Observation:
    """An observation from a frame's two parts. Raises ValueError for what is none."""
    try:
        raw = json.loads(header)
        rows, offset, columns = int(raw["rows"]), 0, {}
        for name, datatype, length in raw["columns"]:
            columns[str(name)] = _decoded(datatype, body[offset : offset + int(length)])
            offset += int(length)
        scores = columns.pop("")
        observation = Observation(
            id=str(raw["id"]),
            time=float(raw["time"]),
            seconds=float(raw["seconds"]),
            status=int(raw["status"]),
            rows=rows,
            inputs=columns,
            scores=scores,
            dropped=int(raw["dropped"]),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not an observation: {error!r}") from error
    lengths = {len(values) for values in (*columns.values(), scores)}
    if offset != len(body) or lengths != {rows} or scores.dtype.kind != "f":
        raise ValueError(f"an observation whose columns have {sorted(lengths)} values, not {rows}")
    return observation


def _encoded(values: Column) -> tuple[str, bytes]:
    if values.dtype == object:
        return "BYTES", json.dumps(values.tolist(), separators=(",", ":")).encode()
    datatype = {"f": "FP64", "i": "INT64", "b": "BOOL"}[values.dtype.kind]
    return datatype, np.ascontiguousarray(values, dtype=_NUMBERS[datatype]).tobytes()


def _decoded(datatype: str, data: bytes) -> Column:
    if datatype != "BYTES":
        return np.frombuffer(data, dtype=_NUMBERS[datatype])
    texts = json.loads(data)
    if not isinstance(texts, list) or not all(value is None or isinstance(value, str) for value in texts):
        raise ValueError("a column of texts that holds something else")
    column = np.empty(len(texts), dtype=object)
    column[:] = texts
    return column
