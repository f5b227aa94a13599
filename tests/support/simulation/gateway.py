"""The controller of a Gateway: it answers for routes whenever they change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.support.played_gateway import answered
from tests.support.simulation.behaviour import Present
from tests.support.simulation.kube import SimulatedKube
from tests.support.simulation.pods import set_status


class GatewayController:
    """Has no memory."""

    def __init__(self, kube: SimulatedKube, present: Present) -> None:
        self._kube = kube
        self._present = present

    def turn(self, now: datetime) -> Iterator[datetime]:
        """Say of every route what there is to say; nothing is due later."""
        for kind in ("HTTPRoute", "GRPCRoute"):
            for route in self._kube.of_kind(kind):
                told = answered(route, self._present.behaviour.gateway)
                set_status(self._kube, route, told.get("status", {}))
        yield from ()
