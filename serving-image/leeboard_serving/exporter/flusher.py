"""Closes windows at the multiples of the interval, the same ones in every pod, and has them uploaded."""

import asyncio
import contextlib
import math
from collections.abc import Callable

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError
from leeboard_serving.exporter.detached import detached
from leeboard_serving.exporter.health import Health
from leeboard_serving.exporter.recorder import Recorder
from leeboard_serving.exporter.uploader import Uploader

PAUSE = 1.0
"""Seconds between the last attempts."""


class Flusher:
    """`interval` in seconds; `clock` gives the time in seconds since 1970."""

    def __init__(
        self, recorder: Recorder, uploader: Uploader, health: Health, interval: float, clock: Callable[[], float]
    ) -> None:
        self._recorder, self._uploader, self._health = recorder, uploader, health
        self._interval, self._clock = interval, clock
        self._wanted = asyncio.Event()
        self._wanted.set()  # what the container before this one left

    async def close_windows(self, stop: asyncio.Event) -> None:
        """Close window after window until `stop`."""
        while True:
            boundary = (math.floor(self._clock() / self._interval) + 1) * self._interval
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, boundary - self._clock()))
            if stop.is_set():
                return
            # later than the boundary when the process was held up for long, or the clock was set
            latest = math.floor(self._clock() / self._interval) * self._interval
            await self._recorder.close(round(max(boundary, latest) * 1000))
            self._wanted.set()
            self._health.beat()

    async def upload(self) -> None:
        """Upload whenever a window was closed; never ends by itself. What failed is tried again after the next."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await detached(self._uploader.drain)

    async def finish(self, patience: float, longest: float) -> StorageError | None:
        """Close the last window and upload everything.

        What failed for `patience` seconds is given back, and so is that storage took longer than `longest`.
        """
        deadline = asyncio.get_running_loop().time() + patience
        await self._recorder.close()
        try:
            async with asyncio.timeout(longest):
                return await self._upload_until(deadline)
        except TimeoutError:
            return StorageError(Reason.STORAGE_UNREACHABLE, f"storage took longer than {longest:g} s")

    async def _upload_until(self, deadline: float) -> StorageError | None:
        while True:
            error = await detached(self._uploader.drain)
            if error is None or asyncio.get_running_loop().time() >= deadline:
                return error
            await asyncio.sleep(PAUSE)
