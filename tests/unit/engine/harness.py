"""The engine put together over a fake API server, with a clock that stands still and no timers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leeboard.controllers.base import Controller, Key
from leeboard.engine.executor import ChildrenRejected, Executor
from leeboard.engine.reconciler import RESOURCES, Reconciler
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.kube.errors import Conflict
from leeboard.kube.events import EventRecorder
from leeboard.kube.resources import CHILDREN, PRIMARIES
from leeboard.planning.settings import Settings
from tests.support.fake_kube import FakeKube

SETTINGS = Settings(runtime_image="registry.example/runtime:1", server_image="registry.example/server:1")
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Process:
    """One life of the operator: its store and memory start empty and are lost with it."""

    def __init__(self, kube: FakeKube, controllers: Mapping[str, Controller], clock: Clock) -> None:
        self.kube = kube
        self.store = Store()
        self.lag = WatchLag(lambda: 0.0)
        recorder = EventRecorder(kube, clock=clock, controller="leeboard.dev/operator", instance="test")
        self.executor = Executor(kube=kube, store=self.store, lag=self.lag, recorder=recorder, clock=clock)
        self.reconciler = Reconciler(
            kube=kube,
            store=self.store,
            lag=self.lag,
            executor=self.executor,
            controllers=controllers,
            settings=SETTINGS,
            clock=clock,
        )

    def watch(self) -> None:
        """Everything that happened so far arrives."""
        for resource in (*PRIMARIES, *CHILDREN):
            live = {Key.of(raw): raw for raw in self.kube.of_kind(resource.kind)}
            for known in self.store.of_kind(resource.kind):
                if Key.of(known) not in live:
                    self.store.remove(Key.of(known), known["metadata"]["uid"])
            for raw in live.values():
                self.store.put(raw)

    async def settle(self, limit: int = 30) -> int:
        """Reconcile every primary until nothing is written any more; gives the rounds. Fails when it never ends."""
        for rounds in range(limit):
            before = len(self.kube.writes())
            for kind in self.reconciler.controllers:
                for raw in self.kube.of_kind(RESOURCES[kind].kind):
                    self.watch()
                    await self._reconcile(Key.of(raw))
            if len(self.kube.writes()) == before:
                return rounds
        raise AssertionError(f"does not settle: {self.kube.writes()[-10:]}")

    async def _reconcile(self, key: Key) -> None:
        try:
            await self.reconciler.reconcile(key)
        except (Conflict, ChildrenRejected):
            return
