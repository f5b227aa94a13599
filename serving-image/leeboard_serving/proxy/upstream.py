"""Connections to the server: kept alive between exchanges, of which each has one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import httptools

from leeboard_serving.proxy.heads import Header, has_no_body
from leeboard_serving.proxy.known import KnownAnswer, KnownHeads

if TYPE_CHECKING:
    from leeboard_serving.proxy.exchange import Exchange

_MOST_HEADERS, _LONGEST_HEAD = 200, 64 << 10
_GONE = "the server ended the connection before it answered"


class Upstream(asyncio.Protocol):
    """One connection. `since` is when something last went over it, `reused` that it has brought an answer before."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._parser = httptools.HttpResponseParser(self)
        self._exchange: Exchange | None = None
        self._headers: list[Header] = []
        self._phrase = b""
        self._head_bytes = 0
        self._out: list[bytes] = []
        self._wrong = ""
        self._complete = self._heard = self._keeps = False
        self._bounded = True
        self._spare: socket.socket | None = None
        self.reused = False
        self.since = pool.now()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._pool.made(self)

    def data_received(self, data: bytes) -> None:
        self.since = self._pool.now()
        exchange = self._exchange
        if exchange is None:
            self.close()  # nobody asked
            return
        # between two answers the parser remembers nothing
        found = None if self._heard or exchange.asked.method == "HEAD" else self._pool.answers.find(data)
        if found is not None:
            self._keeps = True
            exchange.caller.write(exchange.answer_whole(*found))
            self._finish(exchange)
            return
        whole, self._heard = not self._heard, True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("the server answers in another protocol")
            return
        except httptools.HttpParserError as error:
            if isinstance(error, httptools.HttpParserCallbackError):
                raise error.__context__ or error from None  # a defect of this module, which has to be seen
            self._wrong = self._wrong or str(error)
        if self._wrong and not self._complete:
            self._fail(f"the server's answer is not HTTP/1.1: {self._wrong}"[:256])
            return
        if self._out:
            exchange.caller.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
            self._out = []
        if self._complete:
            self._keeps = self._keeps and not self._wrong
            if whole and self._keeps and (known := exchange.learnable) is not None:
                self._pool.answers.learn(data, known)
            self._finish(exchange)

    def connection_lost(self, error: Exception | None) -> None:
        self._pool.lost(self)
        spare, self._spare = self._spare, None
        if spare is not None:
            self._hear_last_words(spare)
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        if exchange.status and not self._bounded and error is None:
            exchange.caller.write(exchange.answer_end())
            exchange.done()  # the end of the connection is that of the body
        else:
            exchange.broken(502, _GONE, silent=not self._heard)

    def pause_writing(self) -> None:
        if self._exchange is not None:
            self._exchange.caller.hold("server", True)

    def resume_writing(self) -> None:
        if self._exchange is not None:
            self._exchange.caller.hold("server", False)

    # what httptools calls

    def on_message_begin(self) -> None:
        if self._complete:
            self._keeps = False  # what follows belongs to no request
            return
        self._headers, self._phrase, self._head_bytes = [], b"", 0

    def on_status(self, phrase: bytes) -> None:
        self._phrase += phrase

    def on_header(self, name: bytes, value: bytes | None) -> None:
        if self._exchange is None or self._exchange.status:
            return  # what follows a body in chunks
        self._headers.append((name, value or b""))
        self._head_bytes += len(name) + len(value or b"")
        if len(self._headers) > _MOST_HEADERS or self._head_bytes > _LONGEST_HEAD:
            self._wrong = "a head that is too long"

    def on_headers_complete(self) -> None:
        status, exchange = self._parser.get_status_code(), self._exchange
        if status < 200 or exchange is None or self._complete or self._wrong:
            return
        self._keeps = self._parser.should_keep_alive()
        names = {name.lower() for name, _ in self._headers}
        self._bounded = bool(names & {b"content-length", b"transfer-encoding"}) or has_no_body(exchange.asked, status)
        self._out.append(exchange.answer(status, self._phrase, tuple(self._headers)))
        if exchange.asked.method == "HEAD":
            # the parser waits for a body that does not come
            self._keeps, self._complete = False, True

    def on_body(self, body: bytes) -> None:
        if self._exchange is not None and not self._complete:
            self._out.append(self._exchange.answer_part(body))

    def on_message_complete(self) -> None:
        if self._exchange is not None and self._exchange.status and not self._complete:
            self._out.append(self._exchange.answer_end())
            self._complete = True

    # what exchanges and the pool call

    def begin(self, exchange: Exchange) -> None:
        """Carry an exchange."""
        if self._spare is not None:
            self._spare.close()
            self._spare = None
        self._exchange = exchange
        self._complete = self._heard = False
        self.since = self._pool.now()

    def write(self, data: bytes) -> None:
        """Send a part of the request."""
        self.since = self._pool.now()
        if self._spare is None and self._exchange is not None and not self._exchange.whole:
            self._spare = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))
        self._transport.write(data)

    def pause(self, paused: bool) -> None:
        """Read no more of the answer, or read on."""
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def free(self) -> None:
        """Carry nothing, until it is taken again."""
        self._pool.rests(self)

    def close(self) -> None:
        """End it, and have nobody hear of that."""
        self._exchange = None
        self._transport.abort()

    @property
    def is_closing(self) -> bool:
        """Whether nothing can be sent over it."""
        return self._transport.is_closing()

    def late(self, deadline: float) -> None:
        """Give up an exchange whose server has been silent for so many seconds."""
        exchange = self._exchange
        if exchange is not None and exchange.whole and not exchange.caller.blocked:
            self._exchange = None
            self._transport.abort()
            exchange.broken(504, f"the server has not answered within {deadline:g} s")

    # its own

    def _hear_last_words(self, spare: socket.socket) -> None:
        """Read what the server said before it ended the connection.

        A server that refuses a request while its body is still coming answers and hangs up. Sending more of the body
        fails then, and the event loop closes a connection of which the answer was not read yet.
        """
        with spare, contextlib.suppress(OSError):
            spare.setblocking(False)
            while self._exchange is not None and (data := spare.recv(_LONGEST_HEAD)):
                self.data_received(data)

    def _finish(self, exchange: Exchange) -> None:
        self._exchange = None
        if self._keeps and exchange.whole and not self.is_closing:
            self.reused = True
            self._pool.rests(self)
        else:
            self._transport.abort()
        exchange.done()

    def _fail(self, text: str) -> None:
        exchange, self._exchange = self._exchange, None
        self._transport.abort()
        if exchange is not None:
            exchange.broken(502, text)


class Pool:
    """All connections to the server. `now` gives seconds that only go forward."""

    def __init__(self, target: tuple[str, int], most: int, patience: float, now: Callable[[], float]) -> None:
        self._target, self._most, self._patience, self.now = target, most, patience, now
        self._idle: deque[Upstream] = deque()
        self._all: set[Upstream] = set()
        self._opening = 0
        self.answers: KnownHeads[KnownAnswer] = KnownHeads()

    def take(self) -> Upstream | None:
        """One that rests, the last used first, or None."""
        while self._idle:
            upstream = self._idle.pop()
            if not upstream.is_closing:
                return upstream
        return None

    @property
    def is_full(self) -> bool:
        """Whether no other may be opened."""
        return len(self._all) + self._opening >= self._most

    async def open(self) -> Upstream:
        """A new one. Raises OSError, and TimeoutError where the server does not take it in time."""
        self._opening += 1
        try:
            loop = asyncio.get_running_loop()
            opening = loop.create_connection(lambda: Upstream(self), *self._target)
            _, upstream = await asyncio.wait_for(opening, self._patience)
        finally:
            self._opening -= 1
        return upstream

    def rests(self, upstream: Upstream) -> None:
        """One carries nothing."""
        if not upstream.is_closing:
            self._idle.append(upstream)

    def made(self, upstream: Upstream) -> None:
        """One has begun."""
        self._all.add(upstream)

    def lost(self, upstream: Upstream) -> None:
        """One has ended."""
        self._all.discard(upstream)

    def sweep(self, idle: float, deadline: float) -> None:
        """End what has rested for `idle` seconds, and exchanges whose server has been silent for `deadline` seconds."""
        now = self.now()
        while self._idle and now > self._idle[0].since + idle:
            self._idle.popleft().close()
        for upstream in list(self._all):
            if now > upstream.since + deadline:
                upstream.late(deadline)

    def close(self) -> None:
        """End all."""
        for upstream in list(self._all):
            upstream.close()
