"""One connection of a caller: its requests go on one after the other, and so do their answers.

The parsing is llhttp's, and what a head must not say is as for Leeboard's own server: what it refuses, no server behind
the proxy ever sees.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from leeboard_serving.proxy.exchange import Exchange
from leeboard_serving.proxy.heads import Asked, Header
from leeboard_serving.proxy.known import KnownRequest
from leeboard_serving.server.http.connection import CONTINUE, OFFER, reason_of
from leeboard_serving.server.http.head_rules import head_problem
from leeboard_serving.server.http.request import path_of

if TYPE_CHECKING:
    from leeboard_serving.proxy.site import Site


class Caller(asyncio.Protocol):
    """`since` is when something last came or went, `begun` when the request that is coming began."""

    def __init__(self, site: Site) -> None:
        self._site, self._limits = site, site.limits
        self.since = self.begun = site.now()
        self._parser = httptools.HttpRequestParser(self)
        self._current: Exchange | None = None
        self._later: deque[Exchange] = deque()
        self._coming: Exchange | None = None
        self._receiving = self._offered = self._refused = self._ending = self._half_closed = False
        self._url, self._method = b"", ""
        self._headers: list[Header] = []
        self._head_bytes = self._body_bytes = 0
        self._started = 0.0
        self._holds: set[str] = set()
        self._refusal: bytes | None = None
        self._whole: bytes | None = None
        self.blocked = False

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._site.connected(self)

    def data_received(self, data: bytes) -> None:
        if self._ending or self._refused:
            return
        self.since = self._site.now()
        # between two requests the parser remembers nothing
        self._whole = None if self._receiving or self._current is not None else data
        found = self._site.requests.find(data) if self._whole is not None else None
        if found is None:
            self._feed(data)
            if self._current is not None:
                self._current.flush()
        else:
            self._have(*found)

    def eof_received(self) -> bool:
        """A caller that has said everything may still be owed an answer."""
        self._half_closed = self._current is not None and not self._receiving
        return self._half_closed

    def connection_lost(self, error: Exception | None) -> None:
        self._ending = True
        self._site.disconnected(self)
        self._later.clear()
        if self._receiving and self._coming is None and not self._refused:
            self._site.refused(self._url, self._started, 400)
        current, self._coming = self._current, None
        if current is not None:
            current.left()

    def pause_writing(self) -> None:
        self.blocked = True
        if self._current is not None:
            self._current.pause(True)

    def resume_writing(self) -> None:
        self.blocked = False
        if self._current is not None:
            self._current.pause(False)

    # what httptools calls

    def on_message_begin(self) -> None:
        self._url, self._headers, self._head_bytes, self._body_bytes = b"", [], 0, 0
        self._receiving, self.begun, self._started = True, self.since, time.perf_counter()
        self._coming = None
        # the next request waits in the kernel until this one is answered
        self.hold("order", self._current is not None)

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._bounded_head(len(url))

    def on_header(self, name: bytes, value: bytes | None) -> None:
        if self._refused or self._coming is not None:
            return  # after a body in chunks nothing is said that would go on
        self._bounded_head(len(name) + len(value or b""))
        if len(self._headers) >= self._limits.headers:
            self._refuse(431, f"a request has at most {self._limits.headers} headers")
        self._headers.append((name, value or b""))

    def on_headers_complete(self) -> None:
        if self._refused:
            return
        self._method = self._parser.get_method().decode("ascii")
        self._offered = self._parser.should_upgrade()
        if self._offered:
            return
        version = self._parser.get_http_version()
        named = [(name.lower(), value) for name, value in self._headers]
        if problem := head_problem(named, version):
            self._refuse(400, problem)
            return
        try:
            path = path_of(self._url)
        except ValueError:
            self._refuse(400, "the target of the request is no path in UTF-8")
            return
        last = version == "1.0" or not self._parser.should_keep_alive()
        asked = Asked(self._method, self._url, path, tuple(self._headers), version, last)
        expected = asked.header(b"expect")
        if expected is not None and expected.lower() != b"100-continue":
            self._refuse(417, "only 100-continue can be expected")
            return
        exchange = self._coming = Exchange(self._site, self, self._site.understood(asked), self._started)
        if self._current is not None:
            self._later.append(exchange)
            return
        self._begin(exchange)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._coming is not None and not self._refused:
            self._coming.part(body)

    def on_message_complete(self) -> None:
        if self._offered or self._refused:
            return
        self._receiving = False
        if self._coming is not None:
            self._coming.end()
            self._ending = self._ending or self._coming.asked.last
            if self._whole is not None:
                self._site.learn(self._whole, self._coming)
                self._whole = None

    # what exchanges call

    def write(self, data: bytes) -> None:
        """Send a part of an answer."""
        self.since = self._site.now()
        if not self._transport.is_closing():
            self._transport.write(data)

    def hold(self, why: str, held: bool) -> None:
        """Read no more for a reason, or read on where there is no other."""
        if held == (why in self._holds):
            return
        if held:
            self._holds.add(why)
        else:
            self._holds.discard(why)
        if self._transport.is_closing():
            return
        if held and len(self._holds) == 1:
            self._transport.pause_reading()
        elif not self._holds:
            self.begun = self._site.now()
            self._transport.resume_reading()

    def ends_with(self, exchange: Exchange) -> bool:
        """Whether the connection ends after the answer to a request."""
        # of several requests in a row only the last one may be told so
        alone = not self._later and (self._coming is None or self._coming is exchange)
        return exchange.asked.last or not exchange.whole or (self._site.draining and alone)

    def serves(self, exchange: Exchange) -> bool:
        """Whether it is the turn of a request."""
        return self._current is exchange

    def done(self, exchange: Exchange) -> None:
        """An exchange is over."""
        if self._current is not exchange:
            return
        self._current = None
        if exchange.last or (self._half_closed and not self._later):
            self._ending = True
            self._transport.close()
        elif self._later:
            self._begin(self._later.popleft())
        elif self._refusal is not None:
            self._end_with(self._refusal)
        else:
            self.hold("order", False)

    def close(self) -> None:
        """End it now, whatever is owed."""
        self._ending = True
        self._transport.abort()

    # what the site calls

    @property
    def overdue(self) -> bool:
        """Whether the caller takes too long, to send a request or to take an answer."""
        now = self._site.now()
        if self._receiving and not self._holds:
            return now > self.begun + self._limits.slow + self._body_bytes / self._limits.slowest
        return self.blocked and now > self.since + self._limits.slow

    def late(self) -> None:
        """Refuse a request that does not come, or leave a caller that does not listen."""
        if not self._receiving:
            self.close()
        else:
            self._refuse(408, "the request took too long to arrive")

    def rest(self) -> None:
        """End it where nothing is under way."""
        if self._current is None and not self._receiving:
            self._ending = True
            self._transport.close()

    # its own

    def _have(self, request: KnownRequest, body: bytes) -> None:
        self._started = time.perf_counter()
        exchange = self._coming = Exchange(self._site, self, request, self._started)
        exchange.part(body)
        exchange.end()
        self._ending = request.asked.last
        self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        self.hold("order", False)
        if not exchange.whole and exchange.asked.header(b"expect") is not None:
            self._transport.write(CONTINUE)
        exchange.begin()
        if self._current is exchange:
            exchange.flush()

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse(400, reason_of(error))

    def _go_on(self, rest: bytes) -> None:
        """Read a request that offers another protocol as what it is otherwise, as Leeboard's own server does."""
        if self._refused:
            return
        if self._method == "CONNECT":
            self._refuse(405, "this page does not take that method")
            return
        kept = [b"%b: %b" % one for one in self._headers if one[0].lower() not in OFFER]
        line = b"%b %b HTTP/%b" % (self._method.encode(), self._url, self._parser.get_http_version().encode())
        self._parser = httptools.HttpRequestParser(self)
        self._offered = False
        self._feed(b"\r\n".join([line, *kept, b"", rest]))

    def _bounded_head(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > self._limits.head:
            self._refuse(431, f"the head of a request has at most {self._limits.head} bytes")

    def _refuse(self, status: int, text: str) -> None:
        """Answer in place of what cannot be understood, and read no further: what follows may be anything."""
        if self._refused:
            return
        self._refused, self._receiving = True, False
        self._site.refused(self._url, self._started, status)
        refusal = self._site.own(self._method, status, {"error": text}, (), True)
        if self._current is None:
            self._end_with(refusal)
        elif self._current.whole:
            # the answers before come first
            self._later = deque(one for one in self._later if one.whole)
            self._refusal = refusal
        else:
            self._current.refuse(status, text)

    def _end_with(self, answer: bytes) -> None:
        self.write(answer)
        self._ending = True
        self._transport.close()
