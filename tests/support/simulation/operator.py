"""The operator put together as its process does, over the simulated API server: sensor, queue, workers, relists."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from leeboard.controllers.base import Controller, Key
from leeboard.controllers.registry import CONTROLLERS
from leeboard.engine.executor import ChildrenRejected, Executor
from leeboard.engine.reconciler import Reconciler, Workers
from leeboard.engine.sensor import Sensor
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.errors import KubeError
from leeboard.kube.events import EventRecorder
from leeboard.kube.resources import CHILDREN, ROUTES
from leeboard.planning.settings import Settings
from tests.support.simulation.access import Access
from tests.support.simulation.kube import Raw
from tests.support.simulation.watch import Watch

SETTINGS = Settings(runtime_image="registry.example/runtime:1", server_image="registry.example/server:1", gateway=True)
RELIST = 600.0
LIST_RETRY = 2.0


class NoMetrics:
    """Takes what the queue and the workers tell, and keeps nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments, **more: None


class Operator:
    """One life of the operator: its store and everything it remembers begin empty and end with it."""

    def __init__(
        self,
        access: Access,
        now: Callable[[], datetime],
        *,
        watch: Watch | None = None,
        settings: Settings = SETTINGS,
        controllers: Mapping[str, Controller] = CONTROLLERS,
        workers: int = 1,
        jitter: Callable[[], float] = lambda: 0.75,
        unexpected: Callable[[BaseException], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._access = access
        self._workers_number = workers
        self._store = Store()
        lag = WatchLag(loop.time)
        metrics: Any = NoMetrics()
        self._queue: WorkQueue[Key] = WorkQueue(metrics, jitter=jitter)
        self._sensor = Sensor(
            store=self._store, queue=self._queue, lag=lag, controllers=controllers, children=(*CHILDREN, *ROUTES)
        )
        recorder = EventRecorder(access, clock=now, controller="leeboard.dev/operator", instance=access.actor)
        reconciler = Reconciler(
            kube=access,
            store=self._store,
            lag=lag,
            executor=Executor(kube=access, store=self._store, lag=lag, recorder=recorder, clock=now),
            controllers=controllers,
            settings=settings,
            clock=now,
        )
        self._workers = Workers(self._queue, _Watched(reconciler, unexpected), metrics)  # type: ignore[arg-type]
        self._watch = watch or Watch()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to live."""
        self._watch.begin(self._access.kube, self._hear)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def kill(self) -> None:
        """End at once, wherever it is."""
        self._watch.end()
        self._queue.close()
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _hear(self, raw: Raw, deleted: bool) -> None:
        self._sensor.observed(raw, deleted=deleted)

    async def _run(self) -> None:
        while True:
            try:
                await self._sensor.list_all(self._access, (None,))
                break
            except KubeError:
                await asyncio.sleep(LIST_RETRY)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._workers.run(self._workers_number))
            group.create_task(self._relist())

    async def _relist(self) -> None:
        while True:
            await asyncio.sleep(RELIST)
            with suppress(KubeError):
                await self._sensor.relist(self._access, (None,))


class _Watched:
    """A reconciler whose failures that are no answer of the API server are told: they are defects of the program."""

    def __init__(self, reconciler: Reconciler, unexpected: Callable[[BaseException], None]) -> None:
        self._reconciler = reconciler
        self._unexpected = unexpected

    async def reconcile(self, key: Key) -> timedelta | None:
        try:
            return await self._reconciler.reconcile(key)
        except (KubeError, ChildrenRejected):
            raise
        except Exception as error:
            self._unexpected(error)
            raise
