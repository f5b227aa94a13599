"""A copy of one request: the rows as the server took them, and what the champion answered."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from leeboard_serving.observation import Column, Observations
from leeboard_serving.server.inference.datatypes import TEXTS, datatype_of

LARGEST_COPY = 2 << 20
"""Bytes of the inputs of a request that is copied."""
_LENGTH = struct.Struct("<I")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, eq=False)
class Copy:
    """`seconds` is how long the champion took, `time` when it had answered; `inputs` and `scores` hold its rows."""

    id: str
    time: float
    seconds: float
    inputs: dict[str, Column]
    scores: NDArray[np.float64]
    bytes: int

    @property
    def rows(self) -> int:
        """Of the request."""
        return len(self.scores)


def copy_of(observations: Observations, position: int, start: int) -> Copy | None:
    """The request at a position, whose rows begin at `start`; None where it is larger than a copy may be.

    The rows are taken out of the frame that they came in, so that nothing else of it is kept.
    """
    told = observations.requests[position]
    rows = slice(start, start + told.rows)
    inputs = {name: column[rows] for name, column in observations.inputs.items()}
    size = sum(_size(column) for column in inputs.values())
    if size > LARGEST_COPY:
        return None
    taken = {name: column.copy() for name, column in inputs.items()}
    return Copy(told.id, told.time, told.seconds, taken, observations.scores[rows].copy(), size + 8 * told.rows)


def request_of(copy: Copy, score_output: str) -> tuple[bytes, int]:
    """The body of an inference request with binary tensors, and the length of its JSON.

    Texts go as JSON where one is missing: the binary form knows no missing text.
    """
    described: list[dict[str, Any]] = []
    parts: list[bytes] = []
    for name, column in copy.inputs.items():
        tensor: dict[str, Any] = {"name": name, "shape": [copy.rows], "datatype": datatype_of(column)}
        if tensor["datatype"] == TEXTS and any(text is None for text in column):
            tensor["data"] = column.tolist()
        else:
            data = _bytes(column)
            tensor["parameters"] = {"binary_data_size": len(data)}
            parts.append(data)
        described.append(tensor)
    outputs = [{"name": score_output, "parameters": {"binary_data": True}}]
    text = _encode({"id": copy.id, "inputs": described, "outputs": outputs})
    return b"".join((text, *parts)), len(text)


def _size(column: Column) -> int:
    if column.dtype != object:
        return column.nbytes
    return sum(4 * len(text) + _LENGTH.size for text in column if text) + 8 * len(column)


def _bytes(column: Column) -> bytes:
    if datatype_of(column) != TEXTS:
        return np.ascontiguousarray(column, column.dtype.newbyteorder("<")).tobytes()
    texts: Sequence[bytes] = [text.encode() for text in column.tolist()]
    return b"".join(part for text in texts for part in (_LENGTH.pack(len(text)), text))
