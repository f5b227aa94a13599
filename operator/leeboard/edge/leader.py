"""What only the leader does: list everything, watch, reconcile. All of it begins with leadership and ends with it.

The store is made here, so that no view of the cluster is older than the leadership it is acted on in.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime

import kopf
from prometheus_client import CollectorRegistry

from leeboard.controllers.base import Key
from leeboard.controllers.registry import CONTROLLERS
from leeboard.edge import watching
from leeboard.edge.configuration import Configuration
from leeboard.edge.health import Health
from leeboard.engine.domain_metrics import DomainMetrics
from leeboard.engine.executor import Executor
from leeboard.engine.fence import FencedKube
from leeboard.engine.leadership import Leadership
from leeboard.engine.metrics import Metrics
from leeboard.engine.outcome_metrics import OutcomeMetrics
from leeboard.engine.queue_metrics import QueueMetrics
from leeboard.engine.reconciler import Reconciler, Workers
from leeboard.engine.sensor import Sensor
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.errors import KubeError
from leeboard.kube.events import EventRecorder
from leeboard.kube.protocol import Kube
from leeboard.kube.resources import CHILDREN, PRIMARIES, ROUTES

logger = logging.getLogger(__name__)

CONTROLLER_NAME = "leeboard.dev/operator"
DRAIN_SECONDS, CANCEL_SECONDS, CLOSE_SECONDS = 10.0, 2.0, 6.0
"""With the release of the lease between them no more than the 30 seconds that the chart gives the pod."""
FIRST_LIST_RETRY = 2.0


class Leader:
    """One leadership. `stop` is set when the process is told to end."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        kube: Kube,
        leadership: Leadership,
        health: Health,
        metrics: Metrics,
        registry: CollectorRegistry,
        stop: asyncio.Event,
        clock: Callable[[], datetime],
    ) -> None:
        self._configuration = configuration
        self._namespaces: tuple[str | None, ...] = configuration.namespaces or (None,)
        self._leadership = leadership
        self._health = health
        self._stop = stop
        self._kube = FencedKube(kube, lambda: leadership.holds)
        self._store = Store()
        registry.register(DomainMetrics(self._store, configuration.object_limit))
        self._lag = WatchLag(asyncio.get_running_loop().time)
        health.watches = self._lag
        self._children = (*CHILDREN, *ROUTES) if configuration.settings.gateway else CHILDREN
        metrics.watch_lag([resource.kind for resource in (*PRIMARIES, *self._children)], self._lag.lag)
        self._queue: WorkQueue[Key] = WorkQueue(metrics)
        registry.register(QueueMetrics(self._queue, CONTROLLERS))
        self._sensor = Sensor(
            store=self._store, queue=self._queue, lag=self._lag, controllers=CONTROLLERS, children=self._children
        )
        self._workers = Workers(self._queue, self._reconciler(registry, clock), metrics)
        self._heard = metrics.heard
        self._end_of_watching = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def _reconciler(self, registry: CollectorRegistry, clock: Callable[[], datetime]) -> Reconciler:
        recorder = EventRecorder(
            self._kube, clock=clock, controller=CONTROLLER_NAME, instance=self._configuration.pod_name
        )
        wrote = OutcomeMetrics(registry).wrote
        executor = Executor(
            kube=self._kube, store=self._store, lag=self._lag, recorder=recorder, clock=clock, wrote=wrote
        )
        return Reconciler(
            kube=self._kube,
            store=self._store,
            lag=self._lag,
            executor=executor,
            controllers=CONTROLLERS,
            settings=self._configuration.settings,
            clock=clock,
        )

    async def lead(self, signals: Callable[[], None]) -> bool:
        """Work until told to stop, or until leadership is lost; then nobody works any more. Says whether all was well.

        `signals` installs the process's signal handlers, which kopf replaces by its own when it starts.
        """
        if not await self._first_list():
            return not self._leadership.ended.is_set()
        self._health.synced = True
        self._begin("workers", self._workers.run(self._configuration.workers))
        self._leadership.on_end(self._tasks["workers"].cancel)
        self._begin("relist", self._relist())
        self._begin("stop", _wait(self._stop))
        self._begin("loss", _wait(self._leadership.ended))
        # kopf cancels, in its end, every task that was not there in its beginning: let ours be there.
        await asyncio.sleep(0)
        watches = asyncio.Event()
        self._begin("watches", self._watch(watches))
        self._begin("signals", _after(watches, signals))
        logger.info("reconciling")
        awaited = [self._tasks[name] for name in ("workers", "relist", "stop", "loss", "watches")]
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        well = self._stop.is_set() and not self._leadership.ended.is_set()
        await self._end_of_work()
        return well

    async def close(self) -> None:
        """End the watches and whatever is left, in bounded time."""
        self._end_of_watching.set()
        if "watches" in self._tasks:
            await asyncio.wait([self._tasks["watches"]], timeout=CLOSE_SECONDS)
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=CANCEL_SECONDS)
        for name, task in self._tasks.items():
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                logger.error("%s failed", name, exc_info=error)

    async def _first_list(self) -> bool:
        while not self._stop.is_set() and self._leadership.holds:
            try:
                await self._sensor.list_all(self._kube, self._namespaces)
                return True
            except KubeError as error:
                logger.warning("the first list failed, again in %.0f s: %s", FIRST_LIST_RETRY, error.message)
                with suppress(TimeoutError):
                    async with asyncio.timeout(FIRST_LIST_RETRY):
                        await self._stop.wait()
        return False

    async def _end_of_work(self) -> None:
        """Take no more keys; reconciles under way may end while this process still leads."""
        self._queue.close()
        workers = self._tasks["workers"]
        if self._leadership.holds and not workers.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._queue.drained()
        workers.cancel()
        await asyncio.wait([workers], timeout=CANCEL_SECONDS)

    def _begin(self, name: str, work: Coroutine[None, None, None]) -> None:
        self._tasks[name] = asyncio.create_task(work, name=name)

    async def _watch(self, started: asyncio.Event) -> None:
        await kopf.operator(
            registry=watching.registry(self._sensor, self._heard, self._children),
            settings=watching.settings(self._children),
            standalone=True,
            clusterwide=not self._configuration.namespaces,
            namespaces=self._configuration.namespaces,
            stop_flag=self._end_of_watching,
            ready_flag=started,
            # kopf would ask for the user's name, which a pod's user has not
            identity=socket.gethostname(),
        )

    async def _relist(self) -> None:
        while True:
            await asyncio.sleep(self._configuration.relist_interval.total_seconds())
            try:
                await self._sensor.relist(self._kube, self._namespaces)
            except KubeError as error:
                logger.warning("a relist failed: %s", error.message)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _after(event: asyncio.Event, then: Callable[[], None]) -> None:
    await event.wait()
    then()
