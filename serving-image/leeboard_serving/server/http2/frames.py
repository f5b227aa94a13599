"""Frames as bytes. Source: RFC 9113, sections 4 and 6."""

from __future__ import annotations

import struct
from collections.abc import Iterable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITIZED = 0x4, 0x8, 0x20
HEAD = struct.Struct(">BHBBI")
"""Length in two parts, type, flags, stream."""
HEAD_SIZE = HEAD.size
LARGEST = 16_384
"""Bytes of a frame that we take, and the least that every caller takes."""
DEFAULT_WINDOW, LARGEST_WINDOW = 65_535, (1 << 31) - 1
LAST_STREAM = (1 << 31) - 1


class Setting:
    """The parameters of SETTINGS that mean something here."""

    TABLE_SIZE, PUSH, STREAMS, WINDOW, FRAME_SIZE, HEAD_SIZE = range(1, 7)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Any frame."""
    size = len(payload)
    return HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def settings(values: Iterable[tuple[int, int]]) -> bytes:
    """SETTINGS with these parameters."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *one) for one in values))


def window_update(stream: int, more: int) -> bytes:
    """Room for so many bytes more."""
    return frame(WINDOW_UPDATE, 0, stream, more.to_bytes(4, "big"))


def reset(stream: int, code: int) -> bytes:
    """The end of a stream before its time."""
    return frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def goaway(last: int, code: int, text: str = "") -> bytes:
    """Streams after `last` are not taken."""
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + text.encode()[:256])
