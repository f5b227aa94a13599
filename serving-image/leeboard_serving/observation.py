"""What the server tells the exporter of its requests, and how it lies on the Unix socket between them.

A frame is two unsigned 32-bit integers, big-endian: the lengths of a header in MessagePack and of a body; then both. It
tells of requests that were predicted together, or of some that failed. The header describes them and the columns; to
write its numbers as decimal digits would take the server more than all the rest of telling. The body holds
the columns one after the other: numbers as they lie in memory (little-endian), texts as a JSON list. Inputs that came
as a matrix are in it as they are, row after row, under all their names. Nothing in it is code: an exporter can be told
wrong figures, never made to run anything.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

LARGEST_HEADER = 16 << 20
LARGEST_BODY = 64 << 20
"""Bytes. What is longer is not sent, and not read."""
SMALL = 4096
"""Bytes of an array that is sooner copied, with others like it, than sent by itself."""
_LENGTHS = struct.Struct(">II")
_NUMBERS = (
    {f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)}
    | {f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)}
    | {f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)}
    | {"BOOL": np.dtype("?")}
)
_NAMES = {dtype: name for name, dtype in _NUMBERS.items()}
_TEXTS = "BYTES"
Column = NDArray[Any]
Part = bytes | memoryview


class Told(msgspec.Struct, array_like=True, gc=False):
    """One request that was answered.

    `id` is the request's; `time` is when it was answered, in seconds since 1970; `seconds` is how long that took;
    `status` is the HTTP status, and `rows` how many rows of the columns are its own: none where it failed.
    """

    id: str
    time: float
    seconds: float
    status: int
    rows: int = 0


@dataclass(frozen=True, eq=False)
class Observations:
    """Requests, with their rows one after the other.

    `inputs` has a column for each input of the model (numbers, bool, or objects that are text or None) and `scores` an
    answer for each row; both are empty where all failed. `dropped` counts the requests since the last observation that
    could not be told of, `unread` by reason those among these here that were answered, and whose rows are not known.
    """

    requests: Sequence[Told]
    inputs: Mapping[str, Column] = field(default_factory=dict)
    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    dropped: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Of all requests."""
        return sum(one.rows for one in self.requests)

    @cached_property
    def bytes(self) -> int:
        """Roughly what the inputs take in memory."""
        return sum(map(_size, self.inputs.values()))


class _Block(msgspec.Struct, array_like=True):
    """Columns of one data type: one, or those of a matrix. The scores are the one without a name."""

    names: list[str]
    datatype: str
    bytes: int


class _Header(msgspec.Struct, omit_defaults=True):
    requests: list[Told]
    blocks: list[_Block]
    dropped: int = 0
    unread: dict[str, int] | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Header).decode
_encode_texts = msgspec.json.Encoder().encode
_decode_texts = msgspec.json.Decoder(list[str | None]).decode


def encode(observations: Observations) -> bytes:
    """The frame. Raises ValueError where it would be longer than a frame may be."""
    blocks = [([name], [values]) for name, values in observations.inputs.items()]
    told = observations.requests, blocks, [observations.scores]
    return b"".join(frame(*told, observations.dropped, observations.unread))


def frame(
    requests: Sequence[Told],
    blocks: Sequence[tuple[Sequence[str], Sequence[Column]]],
    scores: Sequence[NDArray[np.float64]],
    dropped: int,
    unread: Mapping[str, int] | None = None,
) -> list[Part]:
    """The parts of a frame, large arrays among them uncopied where they lie as they are sent.

    A block is the names of columns and arrays that follow each other: of shape (rows,), or (rows, names). Raises
    ValueError where the frame would be longer than one may be.
    """
    described: list[_Block] = []
    parts: list[Part] = []
    for names, arrays in (*blocks, (("",), scores)):
        datatype, data = _encoded(arrays)
        described.append(_Block(list(names), datatype, sum(map(len, data))))
        parts += data
    header = _encode(_Header(list(requests), described, dropped, dict(unread) if unread else None))
    size = sum(block.bytes for block in described)
    if len(header) > LARGEST_HEADER or size > LARGEST_BODY:
        raise ValueError(f"observations of {len(header)} and {size} bytes")
    return [_LENGTHS.pack(len(header), size), header, *parts]


async def read(reader: asyncio.StreamReader) -> Observations | None:
    """The next frame, or None where the server has closed its end.

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


def decode(header: bytes, body: bytes) -> Observations:
    """Observations from a frame's two parts. Raises ValueError for what is none."""
    try:
        raw = _decode(header)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not observations: {error}") from error
    rows, offset = sum(one.rows for one in raw.requests), 0
    columns: dict[str, Column] = {}
    for block in raw.blocks:
        end = offset + block.bytes
        if block.bytes < 0 or end > len(body):
            raise ValueError("a block that is longer than the body")
        columns.update(_decoded(block, rows, body[offset:end]))
        offset = end
    scores = columns.pop("", None)
    if (
        offset != len(body)
        or scores is None
        or scores.dtype != np.float64
        or min(map(_rows, raw.requests), default=0) < 0
    ):
        raise ValueError("observations without scores, or of other lengths than they say")
    return Observations(raw.requests, columns, scores, raw.dropped, raw.unread or {})


def _size(column: Column) -> int:
    texts = sum(map(len, filter(None, column))) if column.dtype == object else 0
    return column.nbytes + texts


def _rows(told: Told) -> int:
    return told.rows


def _encoded(arrays: Sequence[Column]) -> tuple[str, list[Part]]:
    if not arrays:
        return "FP64", []
    if arrays[0].dtype == object:
        return _TEXTS, [_encode_texts([text for array in arrays for text in array.tolist()])]
    dtype = arrays[0].dtype.newbyteorder("<")
    if len(arrays) > 1 and sum(one.nbytes for one in arrays) < SMALL * len(arrays):
        arrays = [np.concatenate(arrays)]
    # an empty array has no buffer of bytes
    return _NAMES[dtype], [np.ascontiguousarray(one, dtype).data.cast("B") for one in arrays if one.size]


def _decoded(block: _Block, rows: int, data: bytes) -> dict[str, Column]:
    if block.datatype == _TEXTS:
        return {_only(block.names): _texts(rows, data)}
    dtype = _NUMBERS.get(block.datatype)
    if dtype is None or len(data) != rows * len(block.names) * dtype.itemsize:
        raise ValueError(f"{len(data)} bytes are not {rows} rows of {len(block.names)} {block.datatype[:16]}")
    matrix = np.frombuffer(data, dtype=dtype).reshape(rows, len(block.names))
    if dtype == np.bool_ and data.translate(None, b"\0\1"):
        raise ValueError("a truth value that is neither 0 nor 1")
    return {name: matrix[:, position] for position, name in enumerate(block.names)}


def _only(names: Sequence[str]) -> str:
    if len(names) != 1:
        raise ValueError("texts are columns of their own")
    return names[0]


def _texts(rows: int, data: bytes) -> Column:
    try:
        texts = _decode_texts(data)
    except msgspec.MsgspecError as error:
        raise ValueError("a column of texts that holds something else") from error
    if len(texts) != rows:
        raise ValueError(f"a column of {len(texts)} texts, not {rows}")
    column = np.empty(rows, dtype=object)
    column[:] = texts
    return column
