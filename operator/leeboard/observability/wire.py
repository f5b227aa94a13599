"""Fields of Protocol Buffers messages, as bytes.

Only what the few messages of a scrape need. The package that does the rest is not installed beside the operator, and
building its messages would cost more than the scrape's text does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_VARINT, _FIXED64, _DELIMITED = 0, 1, 2
_pack_double = struct.Struct("<d").pack
_SHORT = tuple(bytes((value,)) for value in range(128))


def varint(value: int) -> bytes:
    """A whole number that is not negative, seven bits a byte, the lowest first."""
    if value < 128:
        return _SHORT[value]
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> int:
    """A whole number of either sign as one that is not negative and small where the number is: 0, -1, 1, -2, …"""
    return 2 * value if value >= 0 else -2 * value - 1


def unsigned(field: int, value: int) -> bytes:
    """A field of type uint32, uint64 or of an enumeration."""
    return varint(field << 3 | _VARINT) + varint(value)


def signed(field: int, value: int) -> bytes:
    """A field of type sint32 or sint64."""
    return unsigned(field, zigzag(value))


def double(field: int, value: float) -> bytes:
    """A field of type double."""
    return varint(field << 3 | _FIXED64) + _pack_double(value)


def delimited(field: int, value: bytes) -> bytes:
    """A field of type bytes, or a message that is encoded already."""
    return varint(field << 3 | _DELIMITED) + varint(len(value)) + value


def text(field: int, value: str) -> bytes:
    """A field of type string."""
    return delimited(field, value.encode())


def packed_signed(field: int, values: Iterable[int]) -> bytes:
    """A repeated field of type sint64, packed."""
    return delimited(field, b"".join(varint(zigzag(value)) for value in values))
