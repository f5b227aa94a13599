"""What the proxy hands to the process that reads bodies: many requests at a time, as one message on a pipe."""

from __future__ import annotations

import struct

import msgspec

LENGTH = struct.Struct(">I")
READ = b"\1"
"""What comes back once a message was read."""
LARGEST = 1 << 30
"""Bytes of a message."""


class Job(msgspec.Struct, array_like=True, gc=False):
    """A request that was answered at `time` (seconds since 1970) after `seconds`.

    `unread` says why no bodies come with it; then it may have failed, too.
    """

    time: float
    seconds: float
    status: int
    unread: str = ""
    request: bytes = b""
    request_headers: list[tuple[bytes, bytes]] = []
    answer: bytes = b""
    answer_headers: list[tuple[bytes, bytes]] = []

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.request) + len(self.answer)


class Batch(msgspec.Struct, array_like=True):
    """`dropped` counts requests that nothing else is said of."""

    jobs: list[Job]
    dropped: int = 0


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Batch).decode
