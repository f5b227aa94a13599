"""Heads that were parsed before, of requests and of answers.

Callers and servers send the same head again and again, byte by byte; what the parser said of it the first time holds
every time. A message that comes whole behind a known head needs no parser, and its head is ready to go on.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, Protocol, TypeVar

from leeboard_serving.proxy.heads import Asked, Header

MOST, LONGEST = 1024, 2048
"""Heads that are remembered, and bytes of one: nobody can make the memory grow."""
_END = b"\r\n\r\n"


class KnownRequest(NamedTuple):
    """`onward` is the head as the server gets it, `length` that of the body, -1 where it comes in chunks.

    `observed` says that the request asks the model for a prediction.
    """

    asked: Asked
    onward: bytes
    observed: bool
    length: int


class KnownAnswer(NamedTuple):
    """`onward` is the head as a caller gets it whose connection goes on; the server's does, too."""

    status: int
    headers: tuple[Header, ...]
    onward: bytes
    length: int


class _Known(Protocol):
    @property
    def length(self) -> int: ...


KnownT = TypeVar("KnownT", bound=_Known)


class KnownHeads(Generic[KnownT]):
    """Heads of any connection."""

    def __init__(self) -> None:
        self._heads: dict[bytes, KnownT] = {}

    def find(self, data: bytes) -> tuple[KnownT, bytes] | None:
        """What is known of the head, and the body, where `data` is a known head and exactly its body."""
        end = data.find(_END, 0, LONGEST) + len(_END)
        known = self._heads.get(data[:end])
        if known is None or len(data) != end + known.length:
            return None
        return known, data[end:]

    def learn(self, data: bytes, known: KnownT) -> None:
        """Remember what the parser said, where `data` was one message and nothing else."""
        end = data.find(_END, 0, LONGEST) + len(_END)
        if end < len(_END) or len(data) != end + known.length:
            return
        if len(self._heads) >= MOST:
            self._heads.clear()
        self._heads[data[:end]] = known
