"""The values of one tensor, from JSON or from bytes: flat, in row-major order, checked against shape and data type."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from types import GenericAlias
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from leeboard_serving.server.inference.datatypes import BOOLEAN, FLOATS, INTEGERS, NUMBERS, TEXTS
from leeboard_serving.server.inference.request import BadRequest

DEEPEST = 8
"""Dimensions of a tensor."""
_BRAIN_FLOAT = "BF16"
_LENGTH = struct.Struct("<I")
_SCALARS: dict[str, Any] = (
    dict.fromkeys(FLOATS, float | None) | dict.fromkeys(INTEGERS, int | None) | {"BOOL": bool | None, TEXTS: str | None}
)


def _decoders(wrapped: Callable[[Any], Any]) -> dict[str, msgspec.json.Decoder[Any]]:
    return {name: msgspec.json.Decoder(wrapped(kind)) for name, kind in _SCALARS.items()}


_FLAT = _decoders(lambda kind: GenericAlias(list, (kind,)))
_TABLES = _decoders(lambda kind: GenericAlias(list, (GenericAlias(list, (kind,)),)))
Values = list[Any] | NDArray[Any]


def values_of_json(name: str, datatype: str, shape: list[int], data: bytes) -> list[Any]:
    """The values under `data`, flat or nested as the shape says; a missing one is None. Raises BadRequest."""
    decoder = _FLAT.get(datatype)
    if decoder is None:
        raise BadRequest(f"input {name}: {datatype} is no data type that JSON can bring")
    values = _decoded(name, datatype, shape, data)
    if len(values) != (size := size_of(name, shape)):
        raise BadRequest(f"input {name} has {len(values)} values, and its shape {shape} takes {size}")
    return values


def values_of_bytes(name: str, datatype: str, shape: list[int], data: memoryview) -> Values:
    """The values that follow a request's JSON, little-endian; texts as lengths and UTF-8. Raises BadRequest."""
    size = size_of(name, shape)
    if datatype == TEXTS:
        return _texts_of_bytes(name, size, data)
    dtype = NUMBERS.get(datatype, np.dtype("<u2") if datatype == _BRAIN_FLOAT else None)
    if dtype is None:
        raise BadRequest(f"input {name}: {datatype} is no data type")
    if len(data) != size * dtype.itemsize:
        expected = size * dtype.itemsize
        raise BadRequest(f"input {name} has {len(data)} bytes, and its shape {shape} of {datatype} takes {expected}")
    values = np.frombuffer(data, dtype=dtype)
    if datatype == _BRAIN_FLOAT:
        return (values.astype("<u4") << 16).view("<f4")
    if datatype in BOOLEAN and size and np.frombuffer(data, dtype=np.uint8).max() > 1:
        raise BadRequest(f"input {name}: a BOOL is a byte of 0 or 1")
    return values


def size_of(name: str, shape: list[int]) -> int:
    """How many values a shape takes. Raises BadRequest."""
    if len(shape) > DEEPEST or any(one < 0 for one in shape):
        raise BadRequest(f"input {name}: {shape} is no shape; up to {DEEPEST} numbers of 0 or more are")
    return math.prod(shape)


def _decoded(name: str, datatype: str, shape: list[int], data: bytes) -> list[Any]:
    try:
        start = data[:64].replace(b" ", b"").replace(b"\n", b"")
        if not start.startswith(b"[["):
            flat: list[Any] = _FLAT[datatype].decode(data)
            return flat
        if len(shape) == 2:
            table: list[list[Any]] = _TABLES[datatype].decode(data)
            if any(len(row) != shape[1] for row in table):
                raise BadRequest(f"input {name} has rows of other lengths than its shape {shape} says")
            return [value for row in table for value in row]
        nested = _flattened(name, msgspec.json.decode(data), shape)
        return list(_FLAT[datatype].decode(msgspec.json.encode(nested)))
    except msgspec.ValidationError as error:
        raise BadRequest(f"input {name} holds something that is neither {datatype} nor null: {error}") from error
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        if isinstance(error, BadRequest):
            raise
        raise BadRequest(f"input {name}: data cannot be read: {error}") from error


def _flattened(name: str, nested: Any, shape: list[int]) -> list[Any]:
    """Lists within lists as one, where they are nested as the shape says. Raises BadRequest."""
    level = nested if isinstance(nested, list) else [nested]
    for depth, length in enumerate(shape):
        if depth == len(shape) - 1:
            break
        if not all(isinstance(one, list) and len(one) == shape[depth + 1] for one in level):
            raise BadRequest(f"input {name} is not nested as its shape {shape} says, at level {depth + 1} of {length}")
        level = [value for one in level for value in one]
    return level


def _texts_of_bytes(name: str, size: int, data: memoryview) -> list[Any]:
    texts: list[str] = []
    offset = 0
    while offset < len(data) and len(texts) < size:
        end = offset + _LENGTH.size
        if end > len(data):
            break
        (length,) = _LENGTH.unpack_from(data, offset)
        if end + length > len(data):
            break
        try:
            texts.append(str(data[end : end + length], "utf-8"))
        except UnicodeDecodeError as error:
            raise BadRequest(f"input {name} holds a text that is not UTF-8") from error
        offset = end + length
    if offset != len(data) or len(texts) != size:
        raise BadRequest(f"input {name} has {len(data)} bytes that are not the {size} texts of its shape")
    return texts
