"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from leeboard.observability.exposition import exposition

LAG_LIMIT = 120.0
"""Seconds after which a watch that delivered nothing of what was written counts as dead; a restart heals it."""


@dataclass
class Health:
    """`lag()` gives how far the watches are behind, in seconds; `synced` is set once the first list is complete."""

    lag: Callable[[], float]
    synced: bool = field(default=False)

    def live(self) -> tuple[bool, str]:
        """Whether a restart is not needed, and why."""
        lag = self.lag()
        return lag < LAG_LIMIT, f"watch lag {lag:.1f} s"

    def ready(self) -> tuple[bool, str]:
        """Whether reconciling goes on, and why."""
        if not self.synced:
            return False, "the first list is not complete"
        return self.live()


class Probes:
    """The HTTP server for kubelet and Prometheus."""

    def __init__(self, health: Health, metrics: CollectorRegistry) -> None:
        self._health = health
        self._metrics = metrics
        application = web.Application()
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._show_metrics)
        self._runner = web.AppRunner(application, access_log=None)

    async def start(self, port: int) -> None:
        """Listen on all addresses of the pod. Raises OSError where the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "0.0.0.0", port).start()

    async def stop(self) -> None:
        """Close the server."""
        await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return _answer(*self._health.live())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer(*self._health.ready())

    async def _show_metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=await exposition(self._metrics), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _answer(good: bool, text: str) -> web.Response:
    return web.Response(status=200 if good else 503, text=text + "\n")
