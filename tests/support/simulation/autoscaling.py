"""The controller of HorizontalPodAutoscalers, and the load that they see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.support.simulation.behaviour import Present
from tests.support.simulation.kube import SimulatedKube

PERIOD = timedelta(seconds=15)
"""--horizontal-pod-autoscaler-sync-period."""


class AutoscalerController:
    """Gives every target as many pods as the load needs, within the bounds; at once, and without a memory."""

    def __init__(self, kube: SimulatedKube, present: Present) -> None:
        self._kube = kube
        self._present = present

    def turn(self, now: datetime) -> Iterator[datetime]:
        """Scale what is not as it should be, and look at the load again after the usual period."""
        for one in self._kube.of_kind("HorizontalPodAutoscaler"):
            spec, metadata = one["spec"], one["metadata"]
            address = ("Deployment", metadata["namespace"], spec["scaleTargetRef"]["name"])
            wanted = min(max(self._present.behaviour.busy, spec["minReplicas"]), spec["maxReplicas"])
            if address in self._kube.objects and self._kube.objects[address]["spec"]["replicas"] != wanted:
                self._kube.edit("Deployment", address[2], address[1], replicas=wanted)
                self._kube.held.add(address)
            yield now + PERIOD
