"""Tells the exporter what was answered, and never makes a request wait for it."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from pathlib import Path

from leeboard_serving.observation import Observation, encode

LOG = logging.getLogger("leeboard.serving.observer")
MOST_WAITING = 4096
"""Observations that wait while the exporter is away or slow; what comes on top is counted, not kept."""
MOST_WAITING_ROWS = 500_000
RETRY_SECONDS = 0.5


class Observer:
    """A bounded queue and the task that empties it into the exporter's socket.

    `dropped` counts the observations that were not handed over, since the beginning.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._waiting: asyncio.Queue[Observation] = asyncio.Queue(MOST_WAITING)
        self._rows = 0
        self._dropped = 0
        self.dropped = 0
        self._unsent: Observation | None = None
        self._task: asyncio.Task[None] | None = None

    def tell(self, observation: Observation) -> None:
        """Hand an observation over; it is dropped, and counted, where too many wait."""
        if self._waiting.full() or self._rows + observation.rows > MOST_WAITING_ROWS:
            self._drop()
            return
        self._waiting.put_nowait(replace(observation, dropped=self._dropped))
        self._dropped = 0
        self._rows += observation.rows

    @property
    def waiting(self) -> int:
        """Observations that are not sent yet."""
        return self._waiting.qsize() + (self._unsent is not None)

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._send_for_ever())

    async def stop(self, seconds: float) -> None:
        """Send what waits, for at most so long, and stop."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._waiting.join(), seconds)
        if self.waiting:
            LOG.warning("%d observations could not be told of", self.waiting)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def _drop(self) -> None:
        self._dropped += 1
        self.dropped += 1

    async def _send_for_ever(self) -> None:
        complained = False
        while True:
            try:
                _, writer = await asyncio.open_unix_connection(str(self._socket))
            except OSError as error:
                if not complained:
                    LOG.warning("the exporter does not answer at %s: %s", self._socket, error)
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
                self._unsent = await self._waiting.get()
                self._rows -= self._unsent.rows
            try:
                frame = encode(self._unsent)
            except ValueError as error:
                LOG.warning("request %s is not told of: %s", self._unsent.id, error)
                self._drop()
            else:
                # what the exporter had not read when it died is lost: counting it twice would be worse
                writer.write(frame)
                await writer.drain()
            self._unsent = None
            self._waiting.task_done()
