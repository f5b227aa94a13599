"""A keyed work queue with the semantics of client-go's: a key is worked on by one worker at a time, and is worked
on again when it was added meanwhile; however often it is added, it waits in line once.

There are two lines. What is looked at only to make sure, thousands of objects after a start or a relist, waits in the
background, so that a change does not wait behind it; but the background is never forgotten over changes.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
C_contra = TypeVar("C_contra", contravariant=True)

BASE_DELAY = 0.005
MAXIMUM_DELAY = 300.0
CHANGES_BEFORE_BACKGROUND = 8
"""Keys that changed are taken so often in a row while others wait in the background."""


class QueueObserver(Protocol[C_contra]):
    """Told what happens in the queue; all times in seconds."""

    def added(self, key: C_contra) -> None:
        """The key began to wait."""

    def started(self, key: C_contra, waited: float) -> None:
        """A worker took the key."""

    def finished(self, key: C_contra, worked: float) -> None:
        """The worker is done with the key."""

    def retried(self, key: C_contra) -> None:
        """The key will come again after a back-off."""


class WorkQueue(Generic[K]):
    """The queue. Times are those of the event loop; `jitter()` gives a factor from 0.5 to 1 for back-offs."""

    def __init__(self, observer: QueueObserver[K], *, jitter: Callable[[], float] | None = None) -> None:
        self._observer = observer
        self._jitter = jitter or _random_jitter
        self._line: deque[K] = deque()
        self._background_line: OrderedDict[K, None] = OrderedDict()
        self._background: set[K] = set()
        self._changes_in_a_row = 0
        self._waiting: dict[K, float] = {}
        self._working: dict[K, float] = {}
        self._unprocessed: dict[K, float] = {}
        self._failures: dict[K, int] = {}
        self._timers: dict[K, tuple[float, asyncio.TimerHandle]] = {}
        self._arrived = asyncio.Event()
        self._released = asyncio.Event()
        self._closed = False

    def add(self, key: K, *, background: bool = False) -> None:
        """Let the key be worked on as soon as a worker is free; one in the background waits for those that changed."""
        if self._closed:
            return
        if key in self._waiting:
            if not background:
                self._promote(key)
            return
        now = asyncio.get_running_loop().time()
        self._waiting[key] = now
        self._unprocessed.setdefault(key, now)
        self._observer.added(key)
        if background:
            self._background.add(key)
        if key not in self._working:
            self._enqueue(key)

    def add_after(self, key: K, delay: float) -> None:
        """Add the key after `delay` seconds; of several delays the shortest counts."""
        if self._closed:
            return
        if delay <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        present = self._timers.get(key)
        if present is not None:
            if present[0] <= due:
                return
            present[1].cancel()
        self._timers[key] = (due, loop.call_at(due, self._due, key))

    def retry(self, key: K, *, at_least: float = 0.0) -> float:
        """Add the key after its back-off, which doubles from 5 ms to 5 minutes; gives the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(MAXIMUM_DELAY, BASE_DELAY * 2.0 ** min(failures, 30)) * self._jitter()
        delay = max(delay, at_least)
        self._observer.retried(key)
        self.add_after(key, delay)
        return delay

    def succeeded(self, key: K) -> None:
        """Forget the failures of the key, and with them its back-off; only what was added meanwhile is left to do."""
        self._failures.pop(key, None)
        if key in self._waiting:
            self._unprocessed[key] = self._waiting[key]
        else:
            self._unprocessed.pop(key, None)

    async def take(self) -> K:
        """The next key; `done` has to follow. Raises asyncio.CancelledError only from outside."""
        while self._closed or not (self._line or self._background_line):
            self._arrived.clear()
            await self._arrived.wait()
        key = self._next()
        now = asyncio.get_running_loop().time()
        self._observer.started(key, now - self._waiting.pop(key))
        self._working[key] = now
        return key

    def done(self, key: K) -> None:
        """The worker is done with the key; it comes again at once when it was added meanwhile."""
        self._observer.finished(key, asyncio.get_running_loop().time() - self._working.pop(key))
        self._released.set()
        if key in self._waiting:
            self._enqueue(key)

    def close(self) -> None:
        """Take nothing more in: no additions, no timers. What is worked on may finish."""
        self._closed = True
        for _, timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def drained(self) -> None:
        """Wait until no worker holds a key."""
        while self._working:
            self._released.clear()
            await self._released.wait()

    def working(self) -> dict[K, float]:
        """For how many seconds each key that a worker holds has been worked on."""
        return _ages(self._working)

    def unprocessed(self) -> dict[K, float]:
        """How many seconds ago each key was first added since it last succeeded, through all of its back-offs."""
        return _ages(self._unprocessed)

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _next(self) -> K:
        if self._line and (self._changes_in_a_row < CHANGES_BEFORE_BACKGROUND or not self._background_line):
            self._changes_in_a_row += 1
            return self._line.popleft()
        self._changes_in_a_row = 0
        key, _ = self._background_line.popitem(last=False)
        self._background.discard(key)
        return key

    def _promote(self, key: K) -> None:
        """Let a key that waits in the background wait with those that changed."""
        if key in self._background:
            self._background.discard(key)
            if key in self._background_line:
                del self._background_line[key]
                self._line.append(key)

    def _enqueue(self, key: K) -> None:
        if key in self._background:
            self._background_line[key] = None
        else:
            self._line.append(key)
        self._arrived.set()


def _ages(since: dict[K, float]) -> dict[K, float]:
    now = asyncio.get_running_loop().time()
    return {key: now - moment for key, moment in since.items()}


def _random_jitter() -> float:
    return random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
