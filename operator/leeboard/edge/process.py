"""The operator process: puts the parts together, runs them, and takes them down in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import kopf

from leeboard.controllers.base import Key
from leeboard.controllers.registry import CONTROLLERS
from leeboard.edge import watching
from leeboard.edge.configuration import Configuration, ConfigurationError
from leeboard.edge.probes import Health, Probes
from leeboard.engine.domain_metrics import DomainMetrics
from leeboard.engine.executor import Executor
from leeboard.engine.metrics import Metrics
from leeboard.engine.outcome_metrics import OutcomeMetrics
from leeboard.engine.queue_metrics import QueueMetrics
from leeboard.engine.reconciler import Reconciler, Workers
from leeboard.engine.sensor import Sensor
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.client import connect
from leeboard.kube.errors import KubeError
from leeboard.kube.events import EventRecorder
from leeboard.kube.protocol import Kube
from leeboard.observability import logs
from leeboard.observability.families import process_registry

logger = logging.getLogger(__name__)

CONTROLLER_NAME = "leeboard.dev/operator"
DRAIN_SECONDS = 10.0
FIRST_LIST_RETRY = 2.0


def main(environment: Mapping[str, str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit status is 0 after a signal, 1 after a failure, 78 when misconfigured."""
    try:
        configuration = Configuration.of(os.environ if environment is None else environment)
    except ConfigurationError as error:
        print(f"leeboard: {error}", file=sys.stderr)
        return 78
    logs.configure(configuration.log_format, configuration.log_level)
    return asyncio.run(Operator(configuration).run())


def now() -> datetime:
    """The wall clock, read here and nowhere below."""
    return datetime.now(UTC)


class Operator:
    """The assembled operator."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._namespaces: tuple[str | None, ...] = configuration.namespaces or (None,)
        self._registry = process_registry("operator")
        self._metrics = Metrics(self._registry, kinds=CONTROLLERS, workers=configuration.workers)
        self._store = Store()
        self._registry.register(DomainMetrics(self._store, configuration.object_limit))
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Run until told to stop; gives the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        lag = WatchLag(loop.time)
        self._metrics.watch_lag(lag.lag)
        queue: WorkQueue[Key] = WorkQueue(self._metrics)
        self._registry.register(QueueMetrics(queue, CONTROLLERS))
        sensor = Sensor(store=self._store, queue=queue, lag=lag, controllers=CONTROLLERS)
        health = Health(lag.lag)
        probes = Probes(health, self._registry)
        kube = await connect(observer=self._metrics.requested)
        try:
            await probes.start(self._configuration.probe_port)
            if not await self._first_list(sensor, kube):
                return 0
            health.synced = True
            return await self._serve(kube, queue, sensor, Workers(queue, self._reconciler(kube, lag), self._metrics))
        finally:
            await probes.stop()
            await kube.close()

    def _reconciler(self, kube: Kube, lag: WatchLag) -> Reconciler:
        recorder = EventRecorder(kube, clock=now, controller=CONTROLLER_NAME, instance=socket.gethostname())
        outcomes = OutcomeMetrics(self._registry)
        executor = Executor(kube=kube, store=self._store, lag=lag, recorder=recorder, clock=now, wrote=outcomes.wrote)
        return Reconciler(
            kube=kube,
            store=self._store,
            lag=lag,
            executor=executor,
            controllers=CONTROLLERS,
            settings=self._configuration.settings,
            clock=now,
        )

    async def _first_list(self, sensor: Sensor, kube: Kube) -> bool:
        while not self._stop.is_set():
            try:
                await sensor.list_all(kube, self._namespaces)
                return True
            except KubeError as error:
                logger.warning("the first list failed, again in %.0f s: %s", FIRST_LIST_RETRY, error.message)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), FIRST_LIST_RETRY)
        return False

    async def _serve(self, kube: Kube, queue: WorkQueue[Key], sensor: Sensor, workers: Workers) -> int:
        ours = [
            asyncio.create_task(workers.run(self._configuration.workers), name="workers"),
            asyncio.create_task(self._relist(sensor, kube), name="relist"),
        ]
        # kopf cancels, in its end, every task that was not there in its beginning: let the workers be there.
        await asyncio.sleep(0)
        watching_task = asyncio.create_task(self._watch(sensor), name="kopf")
        logger.info("leeboard is running")
        try:
            await asyncio.wait([*ours, watching_task], return_when=asyncio.FIRST_COMPLETED)
            failed = [task for task in ours if task.done()]
            self._stop.set()
            await asyncio.wait([watching_task], timeout=DRAIN_SECONDS)
            queue.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(queue.drained(), DRAIN_SECONDS)
        finally:
            for task in (*ours, watching_task):
                task.cancel()
            results = await asyncio.gather(*ours, watching_task, return_exceptions=True)
        errors = [result for result in results if isinstance(result, Exception)]
        for error in errors:
            logger.error("stopped by a failure", exc_info=error)
        logger.info("leeboard has stopped")
        return 1 if failed or errors else 0

    async def _watch(self, sensor: Sensor) -> None:
        await kopf.operator(
            registry=watching.registry(sensor, self._metrics.heard),
            settings=watching.settings(),
            standalone=True,
            clusterwide=not self._configuration.namespaces,
            namespaces=self._configuration.namespaces,
            stop_flag=self._stop,
            # kopf would ask for the user's name, which a pod's user has not
            identity=socket.gethostname(),
        )

    async def _relist(self, sensor: Sensor, kube: Kube) -> None:
        while True:
            await asyncio.sleep(self._configuration.relist_interval.total_seconds())
            try:
                await sensor.relist(kube, self._namespaces)
            except KubeError as error:
                logger.warning("a relist failed: %s", error.message)
