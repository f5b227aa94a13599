"""The gRPC server of one worker: its port, and its end."""

from __future__ import annotations

import asyncio

from leeboard_serving.server.http.listening import listen
from leeboard_serving.server.http2.limits import Limits
from leeboard_serving.server.http2.site import Site
from leeboard_serving.server.rpc.call import Call, Calls
from leeboard_serving.server.rpc.methods import methods
from leeboard_serving.server.serving import Serving


class RpcServer:
    """Listens from `open` to `drain`."""

    def __init__(self, serving: Serving) -> None:
        limits = serving.settings.limits
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        calls = Calls(methods(serving, self._ending), serving.counts, limits.body, limits.slow, limits.slowest)
        own = Limits(head=limits.head, connections=limits.connections, slow=limits.slow)
        self._site = Site(lambda connection, number: Call(calls, connection, number), own)

    def open(self, host: str, port: int, shared: bool) -> int:
        """Listen, on a port that other workers listen on too where it is `shared`; returns the port. Raises OSError."""
        try:
            listening = listen(host, port, shared)
        except OSError as error:
            error.filename = str(port)
            raise
        self._site.open(listening)
        number: int = listening.getsockname()[1]
        return number

    async def drain(self, patience: float) -> None:
        """End without failing a call: callers are told to go elsewhere, and what is under way gets so many seconds."""
        if not self._ending.done():
            self._ending.set_result(None)
        await self._site.drain(patience)
