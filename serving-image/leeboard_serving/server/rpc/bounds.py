"""How many parts a message may have, counted before it is parsed.

An empty part takes two bytes on the wire and some hundred in memory, so that a message within its bound of bytes could
take all the memory of a pod. Source of the format: the encoding page of Protocol Buffers.
"""

from __future__ import annotations

from collections.abc import Iterator

from leeboard_serving.server.inference.request import BadRequest

SMALL = 1 << 18
"""Bytes of a message that cannot take much memory, whatever is in it."""
MOST_PARTS = 20_000
"""Fields of one inference request and of its tensors, without the tensors' values."""
NO_MESSAGE = "the message is none of the protocol"
_TENSORS = {5, 6}
"""The fields that hold inputs and outputs, which have parameters in turn."""
_VARINT, _FIXED_64, _DELIMITED, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


def check_parts(data: bytes) -> None:
    """Raises BadRequest where an inference request has too many parts, or is no message."""
    if len(data) <= SMALL:
        return
    parts = 0
    for field, start, end in _fields(data, 0, len(data)):
        parts += 1
        if field in _TENSORS:
            for _ in _fields(data, start, end):
                parts += 1
                _bounded(parts)
        _bounded(parts)


def _bounded(parts: int) -> None:
    if parts > MOST_PARTS:
        raise BadRequest(f"a request has at most {MOST_PARTS} tensors and parameters")


def _fields(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, begin and end of each field between two positions."""
    while position < end:
        tag, start = _varint(data, position, end)
        kind = tag & 7
        if kind == _DELIMITED:
            size, start = _varint(data, start, end)
            position = start + size
        elif kind == _VARINT:
            _, position = _varint(data, start, end)
        elif kind in (_FIXED_32, _FIXED_64):
            position = start + (4 if kind == _FIXED_32 else 8)
        else:
            raise BadRequest(NO_MESSAGE)
        if position > end:
            raise BadRequest(NO_MESSAGE)
        yield tag >> 3, start, position


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(_LONGEST_VARINT):
        if position >= end:
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, position
    raise BadRequest(NO_MESSAGE)
