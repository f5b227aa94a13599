"""What connections share: the pages, the limits, the sweep of those that are too slow, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from leeboard_serving.server.http.acceptor import Acceptor
from leeboard_serving.server.http.answers import Heads
from leeboard_serving.server.http.connection import Connection
from leeboard_serving.server.http.known_heads import KnownHeads
from leeboard_serving.server.http.limits import Limits
from leeboard_serving.server.http.request import HttpRequest

LOG = logging.getLogger("leeboard.serving")
SWEEP_SECONDS = 1.0
Handler = Callable[[HttpRequest], None]


class Observed(Protocol):
    """Who is told of requests that no page was asked for."""

    def refused(self, request: HttpRequest, status: int) -> None:
        """A request that was answered before it could be understood."""

    def cut(self, request: HttpRequest) -> None:
        """A request whose caller left within it."""


class Pages:
    """Handlers by path and method."""

    def __init__(self) -> None:
        self._pages: dict[str, dict[str, Handler]] = {}

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Have a page. GET answers HEAD too."""
        methods = self._pages.setdefault(path, {})
        methods[method] = handler
        if method == "GET":
            methods["HEAD"] = handler

    def find(self, path: str) -> Mapping[str, Handler] | None:
        """The handlers of a path, by method."""
        return self._pages.get(path)


class Site:
    """One listening socket with its connections."""

    def __init__(self, pages: Pages, observed: Observed, limits: Limits, constant: Mapping[str, str]) -> None:
        self.pages, self.limits, self.heads = pages, limits, Heads(constant)
        self.known = KnownHeads()
        self.draining = False
        self.now = time.monotonic
        self._observed = observed
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._acceptor: Acceptor | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """Open ones."""
        return len(self._connections)

    def open(self, listening: socket.socket) -> None:
        """Take the connections of a socket that listens."""
        self._acceptor = Acceptor(listening, lambda: Connection(self))
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def handle(self, request: HttpRequest) -> None:
        """Give a request to its page."""
        methods = self.pages.find(request.path)
        if methods is None:
            self._observed.refused(request, 404)
            request.fail(404, "no such model, version or page")
            return
        handler = methods.get(request.method)
        if handler is None:
            self._observed.refused(request, 405)
            allowed = ", ".join(sorted(methods)).encode()
            request.fail(405, "this page does not take that method", ((b"allow", allowed),))
            return
        try:
            handler(request)
        except Exception:
            LOG.exception("%s %s", request.method, request.path)
            self._observed.refused(request, 500)
            request.fail(500, "the server failed; its log says how")

    def refused(self, request: HttpRequest, status: int, text: str) -> None:
        """Answer what is no request that could be understood; the connection ends with it."""
        self._observed.refused(request, status)
        request.fail(status, text, last=True)

    def cut(self, request: HttpRequest) -> None:
        """A caller left within its request."""
        self._observed.cut(request)

    def connected(self, connection: Connection) -> None:
        """A connection began."""
        self._connections.add(connection)
        if len(self._connections) > self.limits.connections:
            connection.close()

    def disconnected(self, connection: Connection) -> None:
        """A connection ended."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def drain(self, seconds: float, patience: float) -> None:
        """End without failing a request.

        A kept-alive connection that is closed between two requests loses the second where the two cross on the way. So
        from now on every answer says that its connection ends, for as long as a caller might still use one; then what
        rests is closed, and what is under way gets `patience` seconds more.
        """
        self.draining = True
        await self._until_none(seconds)
        if self._acceptor is not None:
            await self._acceptor.close()
        for connection in list(self._connections):
            connection.rest()
        await self._until_none(patience)
        for connection in list(self._connections):
            connection.close()
        if self._sweeper is not None:
            self._sweeper.cancel()

    async def _until_none(self, seconds: float) -> None:
        self._empty.clear()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), seconds)

    def _sweep(self) -> None:
        """End what rests for too long, and what is too slow in saying or hearing something."""
        now = self.now()
        for connection in list(self._connections):
            if connection.overdue:
                connection.late()
            elif now > connection.since + self.limits.idle:
                connection.rest()
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
