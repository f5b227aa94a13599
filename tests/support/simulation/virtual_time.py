"""An event loop whose time does not pass but leaps to the next thing that is due: hours play in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class NothingIsDue(Exception):
    """Everything waits for something that no timer will bring."""


class _Leaping(selectors.SelectSelector):
    def __init__(self, now: float) -> None:
        super().__init__()
        self.now = now

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise NothingIsDue
        self.now += max(0.0, timeout)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Begins at `now` seconds. Only timers and callbacks of its own thread are served: no sockets, no threads."""

    def __init__(self, now: float = 0.0) -> None:
        self._leaping = _Leaping(now)
        super().__init__(self._leaping)

    def time(self) -> float:
        """Virtual seconds."""
        return self._leaping.now
