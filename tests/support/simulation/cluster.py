"""What stands between the API server and the work: Job and Deployment controllers, kubelet, garbage collector.

They keep nothing in memory: every turn reads the objects and the clock, so that a copy of the objects goes on as the
original does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from tests.support.simulation.autoscaling import AutoscalerController
from tests.support.simulation.behaviour import Present
from tests.support.simulation.deployments import DeploymentController
from tests.support.simulation.gateway import GatewayController
from tests.support.simulation.jobs import JobController
from tests.support.simulation.kube import SimulatedKube
from tests.support.simulation.pods import is_leaving, let_go, moment

GRACE = timedelta(seconds=3)
"""How long a pod is there after it was told to go."""
REACTION = 0.02
"""Seconds after which a controller sees a change."""


class Cluster:
    """The controllers of a cluster over one API server."""

    def __init__(self, kube: SimulatedKube, behaviour: Present, now: Callable[[], datetime]) -> None:
        self._kube = kube
        self._now = now
        self._changed = asyncio.Event()
        kinds = (JobController, AutoscalerController, DeploymentController, GatewayController)
        self._controllers = tuple(kind(kube, behaviour) for kind in kinds)
        kube.listeners.append(lambda type_, before, raw: self._changed.set())

    async def run(self) -> None:
        """Take turns whenever something changed or is due, until cancelled."""
        while True:
            due = self.turn()
            wait = REACTION if self._changed.is_set() else None
            if wait is None and due is not None:
                wait = max(REACTION, (due - self._now()).total_seconds())
            self._changed.clear()
            if wait == REACTION:
                await asyncio.sleep(REACTION)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)
                    await asyncio.sleep(REACTION)

    def turn(self) -> datetime | None:
        """Everything that is due now; gives when the next thing is."""
        now = self._now()
        actor, self._kube.actor = self._kube.actor, "cluster"
        try:
            self._collect_garbage(now)
            dues = [*self._terminations(now)]
            for controller in self._controllers:
                dues += controller.turn(now)
        finally:
            self._kube.actor = actor
        return min((due for due in dues if due > now), default=None)

    def _collect_garbage(self, now: datetime) -> None:
        uids = {raw["metadata"]["uid"] for raw in self._kube.objects.values()}
        for (kind, namespace, name), raw in list(self._kube.objects.items()):
            owners = raw["metadata"].get("ownerReferences")
            if not owners or any(owner["uid"] in uids for owner in owners):
                continue
            if kind == "Pod":
                let_go(self._kube, raw, now)
            else:
                self._kube.remove(kind, namespace, name)

    def _terminations(self, now: datetime) -> Iterator[datetime]:
        for pod in self._kube.of_kind("Pod"):
            if is_leaving(pod):
                gone = moment(pod["metadata"]["deletionTimestamp"]) + GRACE
                if gone <= now:
                    self._kube.remove("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"])
                yield gone
