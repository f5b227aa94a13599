"""How changes reach a process: in order and soon, or late, in gaps and out of order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from tests.support.simulation.kube import Raw, SimulatedKube

PRIMARIES = ("Model", "ModelVersion", "TrainingJob", "DriftMonitor")
CHILDREN = (
    *("Job", "Pod", "Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"),
    *("HTTPRoute", "GRPCRoute"),
)
SOON = 0.005

Hear = Callable[[Raw, bool], None]


class Watch:
    """Delivers every change 5 ms later. Subclasses are less kind."""

    def __init__(self) -> None:
        self._hear: Hear | None = None
        self._kube: SimulatedKube | None = None
        self._under_way: deque[tuple[Raw, bool]] = deque()

    def begin(self, kube: SimulatedKube, hear: Hear) -> None:
        """Deliver from now on."""
        self._kube, self._hear = kube, hear
        kube.listeners.append(self._changed)

    def end(self) -> None:
        """Deliver nothing more, also not what is under way."""
        self._hear = None
        if self._kube is not None:
            self._kube.listeners.remove(self._changed)

    @staticmethod
    def concerns(raw: Raw) -> bool:
        """Whether the operator watches objects of that kind: of the children only its own."""
        labels = raw["metadata"].get("labels") or {}
        ours = labels.get("app.kubernetes.io/managed-by") == "leeboard"
        return raw["kind"] in PRIMARIES or (raw["kind"] in CHILDREN and ours)

    def deliver_later(self, raw: Raw, deleted: bool) -> None:
        """A change is on its way; those of one moment arrive in order."""
        self._under_way.append((raw, deleted))
        asyncio.get_running_loop().call_later(SOON, self._deliver_next)

    def deliver(self, raw: Raw, deleted: bool) -> None:
        """A change arrives, unless the process has ended."""
        if self._hear is not None:
            self._hear(raw, deleted)

    def _changed(self, type_: str, before: Raw | None, raw: Raw) -> None:
        if self.concerns(raw):
            self.deliver_later(raw, type_ == "DELETED")

    def _deliver_next(self) -> None:
        self.deliver(*self._under_way.popleft())
