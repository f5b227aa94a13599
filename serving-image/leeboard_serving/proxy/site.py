"""What callers share: the server behind, the limits, the sweep of those that are too slow, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from leeboard_serving.proxy.caller import Caller
from leeboard_serving.proxy.copies import Budget, Copy
from leeboard_serving.proxy.exchange import Exchange
from leeboard_serving.proxy.heads import LENGTH, Asked, Header, forwarded
from leeboard_serving.proxy.known import KnownHeads, KnownRequest
from leeboard_serving.proxy.readiness import Readiness
from leeboard_serving.proxy.settings import Settings
from leeboard_serving.proxy.teller import Teller
from leeboard_serving.proxy.upstream import Pool
from leeboard_serving.server.http.acceptor import Acceptor
from leeboard_serving.server.http.answers import JSON, Heads, sayable
from leeboard_serving.server.http.request import path_of

LOG = logging.getLogger("leeboard.serving.proxy")
LIVE = "/leeboard/live"
"""The one path that is not the server's: whether the proxy lives, whatever the server does."""
SWEEP_SECONDS = 1.0
Page = Callable[[Exchange], None]
_encode = msgspec.json.Encoder().encode


class Site:
    """One listening socket with its callers, before one server."""

    def __init__(self, settings: Settings, teller: Teller, readiness: Readiness) -> None:
        served = settings.served
        self.limits, self.version = settings.limits, served.version.encode()
        self.authority = b"%b:%d" % (settings.target[0].encode(), settings.target[1])
        self.draining = False
        self.now = time.monotonic
        self._settings, self._teller, self._readiness = settings, teller, readiness
        self._budget = Budget(settings.copies)
        self._heads = Heads({"x-leeboard-version": served.version})
        self._pool = Pool(settings.target, settings.connections, settings.connect, self.now)
        self._inference = re.compile(rf"/v2/models/{re.escape(served.model)}(/versions/[^/]+)?/infer")
        self._ready = re.compile(rf"/v2/health/ready|/v2/models/{re.escape(served.model)}(/versions/[^/]+)?/ready")
        self.requests: KnownHeads[KnownRequest] = KnownHeads()
        self._callers: set[Caller] = set()
        self._empty = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._acceptor: Acceptor | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    def open(self, listening: socket.socket) -> None:
        """Take the connections of a socket that listens."""
        self._acceptor = Acceptor(listening, lambda: Caller(self))
        self._sweep()

    # what exchanges ask

    def observes(self, asked: Asked) -> bool:
        """Whether a request asks the model for a prediction."""
        return asked.method == "POST" and self._inference.fullmatch(asked.path) is not None

    def understood(self, asked: Asked) -> KnownRequest:
        """What there is to know of a head that was parsed."""
        length = asked.header(LENGTH)
        size = -1 if asked.chunked else int(length or b"0")
        return KnownRequest(asked, forwarded(asked, self.authority), self.observes(asked), size)

    def learn(self, data: bytes, exchange: Exchange) -> None:
        """Remember the head of a request that came whole."""
        if exchange.known.length >= 0 and exchange.asked.header(b"expect") is None:
            self.requests.learn(data, exchange.known)

    def page(self, asked: Asked) -> Page | None:
        """What answers in the server's place, if anything does."""
        if asked.path == LIVE:
            return lambda exchange: exchange.own(200, {"live": True})
        if not self._readiness.proven and asked.method in ("GET", "HEAD") and self._ready.fullmatch(asked.path):
            return self._prove
        return None

    def copy(self) -> Copy:
        """An empty one."""
        return Copy(self._budget, self._settings.largest_copy)

    def connect(self, exchange: Exchange, *, fresh: bool = False) -> None:
        """Give an exchange a connection to the server, now or later; a `fresh` one has brought no answer yet."""
        upstream = None if fresh else self._pool.take()
        if upstream is not None:
            exchange.connected(upstream)
        elif self._pool.is_full:
            self._do(self._full(exchange))
        else:
            self._do(self._open(exchange))

    def own(self, method: str, status: int, value: object, headers: tuple[Header, ...], last: bool) -> bytes:
        """The proxy's own answer as bytes."""
        body = _encode(value)
        return self._heads.head(status, JSON, len(body), headers, last) + (b"" if method == "HEAD" else body)

    def done(self, exchange: Exchange) -> None:
        """A request was answered."""
        if exchange.status >= 500 and self._ready.fullmatch(exchange.asked.path):
            self._readiness.lost()
        if exchange.observed:
            self._teller.answered(exchange)

    def cut(self, exchange: Exchange, status: int) -> None:
        """A request was not answered to its end."""
        if exchange.observed:
            self._teller.failed(exchange, status)

    def refused(self, url: bytes, started: float, status: int) -> None:
        """A request was answered before it could be understood."""
        with contextlib.suppress(ValueError):
            if self._inference.fullmatch(path_of(url)):
                self._teller.refused(started, status)

    # what callers tell

    def connected(self, caller: Caller) -> None:
        """A connection began."""
        self._callers.add(caller)
        if len(self._callers) > self.limits.connections:
            caller.close()

    def disconnected(self, caller: Caller) -> None:
        """A connection ended."""
        self._callers.discard(caller)
        if not self._callers:
            self._empty.set()

    async def drain(self, seconds: float, patience: float) -> None:
        """End without failing a request, as Leeboard's own server does; the server behind has to outlive it."""
        self.draining = True
        await self._until_none(seconds)
        if self._acceptor is not None:
            await self._acceptor.close()
        for caller in list(self._callers):
            caller.rest()
        await self._until_none(patience)
        for caller in list(self._callers):
            caller.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._pool.close()

    # its own

    async def _open(self, exchange: Exchange) -> None:
        try:
            upstream = await self._pool.open()
        except (OSError, TimeoutError) as error:
            self._readiness.lost()
            text = "in time" if isinstance(error, TimeoutError) else f"({sayable(error.strerror or 'refused')})"
            exchange.broken(503, f"the server takes no connection {text}")
        else:
            exchange.connected(upstream)

    async def _full(self, exchange: Exchange) -> None:
        exchange.broken(503, "too many requests wait for the server")

    def _prove(self, exchange: Exchange) -> None:
        async def proved() -> None:
            wrong = await self._readiness.wrong()
            if wrong is None:
                exchange.own(200, {"ready": True, "name": self._settings.served.model})
            else:
                exchange.own(503, {"error": sayable(wrong)})

        self._do(proved())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_none(self, seconds: float) -> None:
        self._empty.clear()
        if self._callers:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), seconds)

    def _sweep(self) -> None:
        now = self.now()
        for caller in list(self._callers):
            if caller.overdue:
                caller.late()
            elif now > caller.since + self.limits.idle:
                caller.rest()
        self._pool.sweep(self._settings.idle, self._settings.deadline)
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
