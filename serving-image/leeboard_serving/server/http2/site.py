"""What connections share: the limits, what begins a stream, the look at those that are too slow, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable

from leeboard_serving.server.http.acceptor import Acceptor
from leeboard_serving.server.http2.connection import Connection
from leeboard_serving.server.http2.limits import Limits
from leeboard_serving.server.http2.stream import Stream

LOOK_SECONDS = 1.0


class Site:
    """One listening socket with its connections. `begun` makes the stream of a request."""

    def __init__(self, begun: Callable[[Connection, int], Stream], limits: Limits) -> None:
        self.begun, self.limits = begun, limits
        self.now = time.monotonic
        self.under_way = 0
        """Requests on all connections."""
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._acceptor: Acceptor | None = None
        self._looking: asyncio.TimerHandle | None = None

    def open(self, listening: socket.socket) -> None:
        """Take the connections of a socket that listens."""
        self._acceptor = Acceptor(listening, lambda: Connection(self))
        self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def connected(self, connection: Connection) -> None:
        """A connection began."""
        self._connections.add(connection)
        if len(self._connections) > self.limits.connections:
            connection.abort()

    def disconnected(self, connection: Connection) -> None:
        """A connection ended."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def drain(self, patience: float) -> None:
        """End without failing a request: callers are told to go elsewhere, and what is under way gets so long."""
        if self._acceptor is not None:
            await self._acceptor.close()
        for connection in list(self._connections):
            connection.leave()
        self._empty.clear()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), patience)
        for connection in list(self._connections):
            connection.abort()
        if self._looking is not None:
            self._looking.cancel()

    def _look(self) -> None:
        now = self.now()
        for connection in list(self._connections):
            connection.look(now)
        self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)
