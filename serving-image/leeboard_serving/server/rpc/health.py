"""The health checking protocol of gRPC: a service is healthy while the model gives the right answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

from leeboard_serving.server.rpc.call import Call
from leeboard_serving.server.rpc.page import parsed
from leeboard_serving.server.rpc.protocol import health_pb2 as protocol
from leeboard_serving.server.rpc.readiness import is_ready
from leeboard_serving.server.rpc.refusal import Refusal
from leeboard_serving.server.serving import Serving

SERVICES = ("", "inference.GRPCInferenceService")
"""The server as a whole, and what it is for."""
WATCH_SECONDS = 2.0
"""Between two looks at the model, whoever many watch it: as often as the pod's readiness probe."""
_Status = protocol.HealthCheckResponse.ServingStatus


class Health:
    """The service of one server, until `ending` is done."""

    def __init__(self, serving: Serving, ending: asyncio.Future[None]) -> None:
        self._serving, self._ending = serving, ending
        self._known: Awaitable[bool] | None = None
        self._looked = 0.0

    async def check(self, asked: protocol.HealthCheckRequest) -> protocol.HealthCheckResponse:
        """The method Check. Raises Refusal."""
        if asked.service not in SERVICES:
            raise Refusal(404, f"no such service: {asked.service[:256]}")
        ready = not self._ending.done() and await is_ready(self._serving)
        return protocol.HealthCheckResponse(status=_Status.SERVING if ready else _Status.NOT_SERVING)

    async def watch(self, call: Call) -> None:
        """The method Watch: the status now, and whenever it is another. Raises Refusal."""
        try:
            asked = parsed(protocol.HealthCheckRequest, await call.read() or b"")
        except Refusal as refusal:
            self._serving.counts.answered("health", refusal.status)
            raise
        self._serving.counts.answered("health", 200)
        told = None
        while True:
            # the end may come while the model is asked, and is told of too
            ended = self._ending.done()
            status = await self._status(asked.service)
            if status != told:
                told = status
                await call.write(protocol.HealthCheckResponse(status=status).SerializeToString())
            if ended:
                return
            await asyncio.wait([self._ending], timeout=WATCH_SECONDS)

    async def _status(self, service: str) -> _Status:
        if service not in SERVICES:
            return _Status.SERVICE_UNKNOWN
        if self._ending.done():
            return _Status.NOT_SERVING
        return _Status.SERVING if await self._seen() else _Status.NOT_SERVING

    async def _seen(self) -> bool:
        """Whether the model is ready, by a look that all who watch share."""
        if self._known is None or time.monotonic() > self._looked + WATCH_SECONDS / 2:
            self._looked = time.monotonic()
            self._known = asyncio.ensure_future(is_ready(self._serving))
        return await asyncio.shield(self._known)
