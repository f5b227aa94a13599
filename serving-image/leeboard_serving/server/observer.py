"""Tells the exporter what was answered, and never makes a request wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leeboard.models.rows import Rows
from leeboard_serving.observation import Column, Part, Told, frame

LOG = logging.getLogger("leeboard.serving.observer")
MOST_WAITING = 65_536
"""Requests that wait while the exporter is away or slow; what comes on top is counted, not kept."""
MOST_WAITING_ROWS = 500_000
MOST_OF_A_FRAME, ROWS_OF_A_FRAME = 1024, 20_000
COLLECT_SECONDS = 0.05
"""For which requests are collected, so that a frame tells of many."""
RETRY_SECONDS = 0.5


@dataclass(eq=False)
class _Waiting:
    """Requests of one layout, which fit into one frame."""

    layout: object
    names: tuple[str, ...] = ()
    requests: list[Told] = field(default_factory=list)
    parts: list[Rows] = field(default_factory=list)
    scores: list[NDArray[np.float64]] = field(default_factory=list)
    rows: int = 0
    dropped: int = 0
    unread: Counter[str] = field(default_factory=Counter)

    def blocks(self) -> list[tuple[Sequence[str], Sequence[Column]]]:
        if self.parts and self.parts[0].matrix is not None:
            return [(self.names, [part.matrix for part in self.parts if part.matrix is not None])]
        return [((name,), [part.columns[name] for part in self.parts if part.columns]) for name in self.names]


class Observer:
    """A bounded queue and the task that empties it into the exporter's socket.

    `dropped` counts the requests that were not handed over, since the beginning.
    """

    def __init__(self, socket: Path) -> None:
        self.path = socket
        self._queue: deque[_Waiting] = deque()
        self._unsent: _Waiting | None = None
        self._some, self._all_told = asyncio.Event(), asyncio.Event()
        self._requests = self._rows = 0
        self._dropped = 0
        self.dropped = 0
        self._task: asyncio.Task[None] | None = None

    def tell(self, told: Told, unread: str = "") -> None:
        """Hand over a request without rows; it is dropped, and counted, where too many wait.

        `unread` is why the rows of an answered one are not known.
        """
        if self._add([told], None, None, None) and unread:
            self._queue[-1].unread[unread] += 1

    def tell_of(self, told: list[Told], layout: object, rows: Rows, scores: NDArray[np.float64]) -> None:
        """Hand over requests that were predicted together, with their rows and the answers."""
        self._add(told, layout, rows, scores)

    @property
    def waiting(self) -> int:
        """Requests that are not told of yet."""
        return self._requests

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._send_for_ever())

    async def stop(self, seconds: float) -> None:
        """Send what waits, for at most so long, and stop."""
        if self._task is None:
            return
        if self._requests:
            self._all_told.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_told.wait(), seconds)
        if self.waiting:
            LOG.warning("%d requests could not be told of", self.waiting)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def drop(self, number: int) -> None:
        """Count requests that cannot be told of."""
        self._dropped += number
        self.dropped += number

    def _add(self, told: list[Told], layout: object, rows: Rows | None, scores: NDArray[np.float64] | None) -> bool:
        count = rows.count if rows is not None else 0
        if self._requests + len(told) > MOST_WAITING or self._rows + count > MOST_WAITING_ROWS:
            self.drop(len(told))
            return False
        last = self._queue[-1] if self._queue else None
        full = last is None or len(last.requests) >= MOST_OF_A_FRAME or last.rows >= ROWS_OF_A_FRAME
        if last is None or full or (rows is not None and last.layout not in (None, layout)):
            last = _Waiting(layout)
            self._queue.append(last)
            self._some.set()
        last.requests += told
        self._requests += len(told)
        if rows is not None and scores is not None:
            last.layout, last.names = layout, rows.names
            last.parts.append(rows)
            last.scores.append(scores)
            last.rows += count
            self._rows += count
        return True

    async def _send_for_ever(self) -> None:
        complained = False
        while True:
            try:
                _, writer = await asyncio.open_unix_connection(str(self.path))
            except OSError as error:
                if not complained:
                    LOG.warning("the exporter does not answer at %s: %s", self.path, error)
                complained = True
                await asyncio.sleep(RETRY_SECONDS)
                continue
            complained = False
            # a frame counts as sent once the kernel has all of it: what a connection holds itself ends with the process
            writer.transport.set_write_buffer_limits(high=0)
            try:
                await self._send_through(writer)
            except OSError as error:
                LOG.warning("the exporter hung up: %s", error)
            finally:
                writer.close()

    async def _send_through(self, writer: asyncio.StreamWriter) -> None:
        while True:
            if self._unsent is None:
                self._unsent = await self._next()
            # one that the kernel did not take as a whole is no frame to the exporter, and is sent again
            writer.writelines(self._frame(self._unsent))
            await writer.drain()
            self._requests -= len(self._unsent.requests)
            self._rows -= self._unsent.rows
            self._unsent = None
            if not self._requests:
                self._all_told.set()

    async def _next(self) -> _Waiting:
        await self._some.wait()
        if len(self._queue) < 2:
            await asyncio.sleep(COLLECT_SECONDS)
        first = self._queue.popleft()
        if not self._queue:
            self._some.clear()
        first.dropped, self._dropped = self._dropped, 0
        return first

    def _frame(self, waiting: _Waiting) -> list[Part]:
        try:
            return frame(waiting.requests, waiting.blocks(), waiting.scores, waiting.dropped, waiting.unread)
        except ValueError as error:
            LOG.warning("%d requests are not told of: %s", len(waiting.requests), error)
            self._dropped += waiting.dropped
            self.drop(len(waiting.requests))
            return []
