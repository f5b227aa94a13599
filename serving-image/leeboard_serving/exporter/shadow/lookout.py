"""Looks whether anybody is to get copies: it reads shadow.json over and over, and learns of it without a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, Store
from leeboard_serving.exporter.detached import detached
from leeboard_serving.exporter.shadow.replay import Replay
from leeboard_serving.exporter.shadow.targets import KEY, LARGEST, NOBODY, Targets, parse_targets

LOG = logging.getLogger("leeboard.serving.exporter")
LONGEST_PAUSE = 60.0


class Lookout:
    """`store` lies at the observations of the version; `interval` in seconds, `clock` in seconds since 1970."""

    def __init__(self, replay: Replay, store: Store, version: str, interval: float, clock: Callable[[], float]) -> None:
        self._replay, self._store, self._version = replay, store, version
        self._pause = min(interval, LONGEST_PAUSE)
        self._clock = clock
        self._complaint = ""

    async def run(self) -> None:
        """Look after look; never ends by itself."""
        while True:
            try:
                await self.look()
            except Exception:
                # a fault of ours must cost copies alone, and not the windows of what is served
                LOG.exception("whether anybody gets copies is not known")
            await asyncio.sleep(self._pause)

    async def look(self) -> None:
        """One look. What cannot be read changes nothing: what was read before holds until its time is over."""
        try:
            data = await detached(lambda: self._store.get(KEY, most=LARGEST))
            targets = parse_targets(data, self._version, self._clock())
        except StorageError as error:
            if error.reason != Reason.STORAGE_NOT_FOUND:
                self._complain(f"{error.reason}: {error.message}")
                return
            targets = NOBODY
        except (ValueError, OSError) as error:
            self._complain(str(error))
            return
        self._complaint = ""
        await self._replay.set(self._held(targets))

    def _held(self, targets: Targets) -> Targets:
        return targets if self._clock() < targets.until else NOBODY

    def _complain(self, text: str) -> None:
        """Say it once, until it is something else or was good in between."""
        if text != self._complaint:
            self._complaint = text
            LOG.warning("%s cannot be read: %s", KEY, text[:512])
