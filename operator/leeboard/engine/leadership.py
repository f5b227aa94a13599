"""Whether this process leads. It leads once at most: what was lost never comes back, and the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Leadership:
    """Leads from the first `extend` until the last moment that was named there, or until `end`.

    `holds` compares with the clock and trusts no flag: a process that was stopped past its time and goes on does not
    lead, whichever of its tasks runs first. Moments are those of the event loop's monotonic clock.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._listeners: list[Callable[[], object]] = []
        self.began = asyncio.Event()
        self.ended = asyncio.Event()
        self.reason = ""

    @property
    def holds(self) -> bool:
        """Whether this process leads at this moment."""
        return self._until is not None and not self.ended.is_set() and self._loop.time() < self._until

    def on_end(self, listener: Callable[[], object]) -> None:
        """Have `listener` called in the moment in which leadership ends, before any other task runs on."""
        self._listeners.append(listener)

    def extend(self, until: float) -> None:
        """Lead until that moment. Comes too late when the time before has run out: then leadership ends."""
        if self._until is not None and not self.holds:
            self.end("the lease was not renewed in time")
        if self.ended.is_set() or until <= self._loop.time():
            return
        self._until = until
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(until, self.end, "the lease was not renewed in time")
        self.began.set()

    def end(self, reason: str) -> None:
        """Lead no more, and never again."""
        if self.ended.is_set():
            return
        self.reason = reason
        self.ended.set()
        if self._timer is not None:
            self._timer.cancel()
        for listener in self._listeners:
            listener()
