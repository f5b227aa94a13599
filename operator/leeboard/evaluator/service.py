"""The evaluator: `python -m leeboard.evaluator.service` reads observations and writes figures, round after round,
and tells webhooks of drift.

It never decides anything. 8080 answers /healthz and /metrics.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from aiohttp import web

from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.failures import EvaluationError, exit_code
from leeboard.evaluator.kpis import Kpis
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Places
from leeboard.evaluator.retention.job import Moments, Retention
from leeboard.evaluator.rounds import Rounds
from leeboard.evaluator.webhooks.notifier import Notifier
from leeboard.kube.client import connect
from leeboard.kube.errors import KubeError
from leeboard.observability import logs
from leeboard.observability.exposition import exposition
from leeboard.observability.families import process_registry

LOG = logging.getLogger("leeboard.evaluator")
FIELD_MANAGER = "leeboard-evaluator"
THREADS = 32
LONGEST_ROUND = 600.0
"""Seconds without the end of a round after which a restart is the better choice."""


class Health:
    """Whether rounds come to an end; seconds of a monotonic clock."""

    def __init__(self, interval: float) -> None:
        self._limit = LONGEST_ROUND + 10 * interval
        self._alive_at = time.monotonic()

    def beat(self) -> None:
        """A round ended, well or not."""
        self._alive_at = time.monotonic()

    def live(self) -> bool:
        """False once a restart is the better choice."""
        return time.monotonic() - self._alive_at < self._limit


async def serve(health: Health, metrics: EvaluatorMetrics, port: int) -> web.AppRunner:
    """Start the HTTP server for kubelet and Prometheus. Raises OSError where the port is taken."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(status=200 if health.live() else 503)

    async def show(request: web.Request) -> web.Response:
        shown = await exposition(metrics.registry, request.headers.get("Accept"))
        return web.Response(body=shown.body, headers={"Content-Type": shown.content_type})

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", healthz)
    application.router.add_get("/metrics", show)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", port).start()
    return runner


async def repeat(
    rounds: Rounds, metrics: EvaluatorMetrics, health: Health, interval: float, stop: asyncio.Event, *, moments: Moments
) -> None:
    """Round after round, each beginning `interval` seconds after the one before began or when that has ended."""
    complaint = ""
    while not stop.is_set():
        began = time.monotonic()
        try:
            with moments.busy():
                await rounds.run()
            complaint = ""
        except KubeError as error:
            metrics.failed("", "Kubernetes")
            if error.message != complaint:
                complaint = error.message
                LOG.warning("round given up: %s", complaint)
        health.beat()
        elapsed = time.monotonic() - began
        metrics.seconds.observe(elapsed)
        metrics.last_round.set_to_current_time()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.1, interval - elapsed))


async def run(configuration: Configuration) -> None:
    """Evaluate until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # so many that names of webhooks which nobody resolves leave threads for the figures
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="evaluator"))
    interval = configuration.interval.total_seconds()
    metrics, health = EvaluatorMetrics(process_registry("evaluator")), Health(interval)
    kube = await connect(field_manager=FIELD_MANAGER, observer=metrics.requested)
    places = Places(kube, configuration, metrics.file)
    moments, kpis = Moments(), Kpis(configuration.prometheus_url, configuration.prometheus_token_file)
    notifier = Notifier(kube, configuration.allowed_webhooks, metrics, _now)
    shared = (kube, places, metrics, configuration.namespaces, _now)
    rounds, retention = Rounds(*shared, kpis, notify=notifier.look), Retention(*shared, moments)
    server = await serve(health, metrics, configuration.port)
    tidying = asyncio.create_task(retention.repeat(stop))
    try:
        await repeat(rounds, metrics, health, interval, stop, moments=moments)
    finally:
        stop.set()
        moments.end()
        await tidying
        await notifier.close()
        await server.cleanup()
        await kube.close()


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> int:
    """Start; the exit code of a configuration that cannot work is 78."""
    # until it is known what was asked for
    logs.configure("json", "INFO")
    try:
        configuration = Configuration.of(os.environ)
    except EvaluationError as error:
        LOG.error("%s: %s", error.reason, error.message)
        return exit_code(error.reason)
    logs.configure(configuration.log_format, configuration.log_level)
    asyncio.run(run(configuration))
    return 0


if __name__ == "__main__":
    sys.exit(main())
