"""The operator process: answers probes, contends for the lease, leads while it holds it, and ends in order.

A process leads once at most. When it has lost its lease it ends, and kubelet starts it anew with an empty memory.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from leeboard.controllers.registry import CONTROLLERS
from leeboard.edge.configuration import Configuration, ConfigurationError
from leeboard.edge.health import Health
from leeboard.edge.leader import Leader
from leeboard.edge.probes import Probes
from leeboard.engine.elector import Elector
from leeboard.engine.leadership import Leadership
from leeboard.engine.metrics import Metrics
from leeboard.kube.client import connect
from leeboard.kube.protocol import Kube
from leeboard.observability import logs
from leeboard.observability.families import process_registry

logger = logging.getLogger(__name__)

RELEASE_SECONDS = 5.0


def main(environment: Mapping[str, str] | None = None) -> int:
    """Run until SIGTERM or SIGINT.

    The exit status is 0 after a signal, 1 after a failure or the loss of the lease, 78 when misconfigured.
    """
    try:
        configuration = Configuration.of(os.environ if environment is None else environment)
    except ConfigurationError as error:
        print(f"leeboard: {error}", file=sys.stderr)
        return 78
    logs.configure(configuration.log_format, configuration.log_level)
    return asyncio.run(_run(configuration))


async def _run(configuration: Configuration) -> int:
    registry = process_registry("operator")
    metrics = Metrics(registry, kinds=CONTROLLERS, workers=configuration.workers)
    kube = await connect(observer=metrics.requested)
    # connections of its own: renewals never wait behind the workers' requests
    lease_kube = await connect(observer=metrics.requested)
    operator = Operator(configuration, kube, lease_kube, metrics, registry)
    try:
        return await operator.run()
    finally:
        await kube.close()
        await lease_kube.close()


def now() -> datetime:
    """The wall clock, read here and nowhere below."""
    return datetime.now(UTC)


class Operator:
    """The assembled process, over connected clients."""

    def __init__(
        self, configuration: Configuration, kube: Kube, lease_kube: Kube, metrics: Metrics, registry: CollectorRegistry
    ) -> None:
        self._configuration = configuration
        self._kube = kube
        self._metrics = metrics
        self._registry = registry
        self._stop = asyncio.Event()
        self._leadership = Leadership()
        self._elector = Elector(
            kube=lease_kube,
            leadership=self._leadership,
            namespace=configuration.settings.namespace,
            name=configuration.lease_name,
            # never the pod's name alone: two processes that bear the same name must not share a lease
            identity=f"{configuration.pod_name}_{secrets.token_hex(4)}",
            timing=configuration.lease_timing,
            clock=now,
        )
        self._health = Health(self._elector, self._leadership, configuration.lease_timing)
        self._probes = Probes(self._health, registry)
        metrics.leadership(configuration.lease_name, lambda: self._leadership.holds)

    async def run(self) -> int:
        """Run until told to stop, or until leadership is lost; gives the exit status."""
        self._listen_to_signals()
        self._leadership.on_end(self._end_soon)
        await self._probes.start(self._configuration.probe_port)
        contention = asyncio.create_task(self._elector.run(), name="elector")
        try:
            await _first(self._stop, self._leadership.began)
            well = await self._lead(contention) if self._leadership.began.is_set() else True
        finally:
            await _cancelled(contention)
            await self._probes.stop()
        logger.info("leeboard has stopped")
        return 0 if well else 1

    async def _lead(self, contention: asyncio.Task[None]) -> bool:
        leader = Leader(
            configuration=self._configuration,
            kube=self._kube,
            leadership=self._leadership,
            health=self._health,
            metrics=self._metrics,
            registry=self._registry,
            stop=self._stop,
            clock=now,
        )
        try:
            return await leader.lead(self._listen_to_signals)
        finally:
            if self._leadership.holds:
                await self._release(contention)
            else:
                logger.error("leads no more: %s", self._leadership.reason)
            await leader.close()

    async def _release(self, contention: asyncio.Task[None]) -> None:
        """Renewed until here, so that work under way could end under it."""
        await _cancelled(contention)
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                if await self._elector.release():
                    logger.info("the lease is released")

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)

    def _end_soon(self) -> None:
        """Whatever hangs: end before another may lead. Not after a release, when nobody works any more."""
        timing = self._configuration.lease_timing
        if not self._stop.is_set():
            asyncio.get_running_loop().call_later(timing.duration - timing.renew_deadline, os._exit, 1)


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
