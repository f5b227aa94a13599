"""The HTTP server of /healthz, /readyz and /metrics."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CollectorRegistry

from leeboard.edge.health import Health
from leeboard.observability.exposition import exposition


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

    async def _show_metrics(self, request: web.Request) -> web.Response:
        """All metrics, or those named by `name[]`, as other exporters have it: those of objects take their time."""
        names = request.query.getall("name[]", [])
        chosen = self._metrics.restricted_registry(names) if names else self._metrics
        shown = await exposition(chosen, request.headers.get("Accept"))
        return web.Response(body=shown.body, headers={"Content-Type": shown.content_type})


def _answer(good: bool, text: str) -> web.Response:
    return web.Response(status=200 if good else 503, text=text + "\n")
