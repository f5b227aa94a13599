"""Draws requests of the champion and gives their copies to the lanes of challengers. It never waits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from leeboard.api import names
from leeboard_serving.exporter.shadow.copies import copy_of
from leeboard_serving.exporter.shadow.lane import Lane
from leeboard_serving.exporter.shadow.pairs import Dropped
from leeboard_serving.exporter.shadow.targets import NOBODY, Target, Targets
from leeboard_serving.exporter.table import Table, has_usable_ids
from leeboard_serving.observation import Observations

LOG = logging.getLogger("leeboard.serving.exporter")
PORT = 8080


class Replay:
    """`clock` gives the time in seconds since 1970; `address` is where challengers are, None for their Services.

    `pairs` is the open table of pairs, for labels that come later.
    """

    def __init__(
        self,
        model: str,
        version: str,
        *,
        score_output: str,
        labels: bool,
        clock: Callable[[], float],
        address: tuple[str, int] | None = None,
    ) -> None:
        self._model, self._version, self._score_output, self._labels = model, version, score_output, labels
        self._clock = clock
        self._address = address
        self.pairs = Table("pairs", ("id", "time", "challenger", "champion_score", "challenger_score"), _now(clock))
        self._targets = NOBODY
        self._lanes: dict[str, Lane] = {}
        self._resting: dict[str, Lane] = {}
        """Of versions that get no more copies, until what they counted stands in a window."""

    @property
    def lanes(self) -> Iterable[Lane]:
        """Those that there are now."""
        return self._lanes.values()

    async def set(self, targets: Targets) -> None:
        """Give copies to these versions from now on."""
        if targets.targets:
            # it is there for an exporter that copies alone: pandas takes its time and memory
            await asyncio.to_thread(_hashing)
        self._targets = targets
        wanted = {one.version: one for one in targets.targets}
        for version in self._lanes.keys() - wanted.keys():
            self._resting[version] = lane = self._lanes.pop(version)
            await lane.stop()
        for version, target in wanted.items():
            if version in self._lanes:
                self._lanes[version].target = target
            else:
                self._lanes[version] = self._begun(target)

    def offer(self, observations: Observations) -> None:
        """Draw from what was observed. The same requests are drawn by every pod and for every challenger."""
        if not self._lanes or not observations.rows or self._clock() >= self._targets.until:
            return
        id_hashes, sampled = _hashing()
        positions, starts, unnamed = _answered(observations)
        if unnamed:
            for lane in self._lanes.values():
                lane.drop(Dropped.NO_ID, unnamed)
        if not positions:
            return
        hashes = id_hashes(np.array([observations.requests[one].id for one in positions], dtype=object))
        for lane in self._lanes.values():
            for place in np.flatnonzero(sampled(hashes, lane.target.percent / 100)).tolist():
                if not lane.admits():
                    continue
                copy = copy_of(observations, positions[place], starts[place])
                if copy is None:
                    lane.drop(Dropped.TOO_LARGE)
                else:
                    lane.add(copy)

    def cut(self) -> dict[str, dict[str, Any]]:
        """What was counted of each challenger since the last time, for the window."""
        counted = {version: lane.cut() for version, lane in (self._lanes | self._resting).items()}
        self._resting = {}
        return {version: document for version, document in counted.items() if document is not None}

    async def close(self) -> None:
        """Send nothing more."""
        await self.set(NOBODY)

    def _begun(self, target: Target) -> Lane:
        lane = self._resting.pop(target.version, None) or Lane(
            target,
            self._address or (names.challenger_service(self._model, target.version), PORT),
            self._version,
            model=self._model,
            score_output=self._score_output,
            labels=self._labels,
            clock=time.monotonic,
        )
        lane.target = target
        lane.keep = self.pairs.add
        lane.start()
        LOG.info("%s gets copies of %d %% of the requests", target.version, target.percent)
        return lane


def _now(clock: Callable[[], float]) -> int:
    return int(clock() * 1000)


def _answered(observations: Observations) -> tuple[list[int], list[int], int]:
    """The positions of requests that have rows and an id, where their rows begin, and how many have no usable id."""
    positions: list[int] = []
    starts: list[int] = []
    start = unnamed = 0
    for position, told in enumerate(observations.requests):
        if told.rows and has_usable_ids(told):
            positions.append(position)
            starts.append(start)
        elif told.rows:
            unnamed += 1
        start += told.rows
    return positions, starts, unnamed


def _hashing() -> tuple[Callable[..., Any], Callable[..., Any]]:
    from leeboard.stats.sampling import id_hashes, sampled  # noqa: PLC0415

    return id_hashes, sampled
