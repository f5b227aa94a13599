"""A network and watches that are not kind, by a seed."""

from __future__ import annotations

import asyncio
from random import Random

from leeboard.kube.errors import KubeError, Unreachable
from tests.support.simulation.access import Weather
from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.watch import Hear, Watch

REFUSED, LOST, LATE = 0.04, 0.03, 0.15
LONGEST_DELAY = 8.0


class Storm:
    """Bad weather for one process until it clears: calls wait, are refused, and their answers get lost."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.clear = False

    def weather(self) -> Weather:
        """What `Access` asks at every call."""
        return Weather(self._latency, self._refusal, lambda: not self.clear and self._random.random() < LOST)

    def _latency(self) -> float:
        return self._random.uniform(0.001, 0.05 if self.clear else 0.3)

    def _refusal(self) -> KubeError | None:
        if self.clear or self._random.random() >= REFUSED:
            return None
        return self._random.choice(
            [
                Unreachable("too many requests", status=429, reason="TooManyRequests", retry_after=1.0),
                Unreachable("internal error", status=500, reason="InternalError"),
                Unreachable("no answer in time"),
            ]
        )


class UnreliableWatch(Watch):
    """Delivers late and out of order; in a gap it delivers nothing, and afterwards what is there, but no deletions."""

    def __init__(self, random: Random, storm: Storm) -> None:
        super().__init__()
        self._random = random
        self._storm = storm
        self._in_gap = False
        self._watched: SimulatedKube | None = None

    def begin(self, kube: SimulatedKube, hear: Hear) -> None:
        self._watched = kube
        super().begin(kube, hear)

    def open_gap(self) -> None:
        """Nothing arrives any more."""
        self._in_gap = True

    def close_gap(self) -> None:
        """The watch starts anew, as kopf's does: everything that is there is told, nothing of what has gone."""
        if self._in_gap and self._watched is not None:
            self._in_gap = False
            for raw in list(self._watched.objects.values()):
                if self.concerns(raw):
                    self.deliver_later(raw, False)

    def _changed(self, type_: str, before: Raw | None, raw: Raw) -> None:
        if self._in_gap or not self.concerns(raw):
            return
        if not self._storm.clear and self._random.random() < LATE:
            delay = self._random.uniform(0.0, LONGEST_DELAY)
            asyncio.get_running_loop().call_later(delay, self.deliver, raw, type_ == "DELETED")
        else:
            self.deliver_later(raw, type_ == "DELETED")
