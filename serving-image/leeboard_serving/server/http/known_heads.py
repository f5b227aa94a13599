"""Heads that were parsed before.

A client sends the same head again and again, byte by byte; what the parser said of it the first time holds every time.
So a request that comes whole behind a known head needs no parser, which is a third of what a small one costs.
"""

from __future__ import annotations

from typing import NamedTuple

MOST, LONGEST = 1024, 2048
"""Heads that are remembered, and bytes of one: callers cannot make the memory grow."""
_END = b"\r\n\r\n"
_UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade"})


class KnownHead(NamedTuple):
    """What a head says; `length` is that of the body, and `last` that the connection ends with this request."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    length: int
    last: bool


class KnownHeads:
    """Heads of any connection."""

    def __init__(self) -> None:
        self._heads: dict[bytes, KnownHead] = {}

    def find(self, data: bytes) -> tuple[KnownHead, bytes] | None:
        """The head and the body, where `data` is a known head and exactly its body."""
        end = data.find(_END, 0, LONGEST) + len(_END)
        known = self._heads.get(data[:end])
        if known is None or len(data) != end + known.length:
            return None
        return known, data[end:]

    def learn(self, data: bytes, known: KnownHead) -> None:
        """Remember what the parser said, where `data` was one request and nothing else."""
        end = data.find(_END, 0, LONGEST) + len(_END)
        if len(data) != end + known.length or any(name in _UNUSUAL for name, _ in known.headers):
            return
        if len(self._heads) >= MOST:
            self._heads.clear()
        self._heads[data[:end]] = known
