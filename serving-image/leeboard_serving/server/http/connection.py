"""One connection: bytes become requests, and answers go out in the order of their requests.

The parsing is llhttp's, by httptools: strict about lengths, chunks and line ends, which is what keeps two servers in a
row from reading one stream as different requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, cast

import httptools

from leeboard_serving.server.http.answers import Headers
from leeboard_serving.server.http.head_rules import head_problem
from leeboard_serving.server.http.known_heads import KnownHead
from leeboard_serving.server.http.request import HttpRequest, path_of

if TYPE_CHECKING:
    from leeboard_serving.server.http.site import Site

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OFFER = frozenset({b"upgrade", b"http2-settings", b"connection"})


class Connection(asyncio.Protocol):
    """Parses, bounds, and keeps the order; what a request means is the site's business."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.owed: deque[HttpRequest] = deque()
        self.since = self.begun = site.now()
        self.receiving = False
        self._limits = site.limits
        self._parser = httptools.HttpRequestParser(self)
        self._request: HttpRequest | None = None
        self._url = b""
        self._head_bytes = 0
        self._parts: list[bytes] = []
        self._body_bytes = 0
        self._offered = False
        self._whole: bytes | None = None
        self._refused = False
        self._ending = False
        self._half_closed = False
        self._reading = True
        self._writable = True

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.site.connected(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._ending = True
        self.site.disconnected(self)
        if self._request is not None and not self._refused:
            self.site.cut(self._request)
            self._request = None

    def data_received(self, data: bytes) -> None:
        if self._ending or self._refused:
            return
        self.since = self.site.now()
        # a request that has begun is the parser's; between two of them it remembers nothing
        self._whole = None if self.receiving else data
        if self._whole is None or (found := self.site.known.find(data)) is None:
            self._feed(data)
        else:
            self._have(*found)
        if not self._refused and len(self.owed) >= self._limits.requests and self._reading:
            self._reading = False
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """A caller that has said everything may still be owed an answer."""
        self._half_closed = bool(self.owed)
        return self._half_closed

    def pause_writing(self) -> None:
        self._writable = False
        if self._reading:
            self._reading = False
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._writable = True
        self._read_on()

    # what httptools calls

    def on_message_begin(self) -> None:
        self._request = HttpRequest(self)
        self._url, self._head_bytes, self._body_bytes = b"", 0, 0
        self._parts = []
        self.receiving = True
        self.begun = self.since

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._bounded_head(len(url))

    def on_header(self, name: bytes, value: bytes | None) -> None:
        request = self._request
        if request is None or self._refused:
            return
        self._bounded_head(len(name) + len(value or b""))
        if len(request.headers) >= self._limits.headers:
            self._refuse(431, f"a request has at most {self._limits.headers} headers")
        request.headers.append((name.lower(), value or b""))

    def on_headers_complete(self) -> None:
        request = self._request
        if request is None or self._refused:
            return
        request.method = self._parser.get_method().decode("ascii")
        self._offered = self._parser.should_upgrade()
        if self._offered:
            return
        version = self._parser.get_http_version()
        # a caller of HTTP/1.0 waits for the end, unless it asked for more and is told that it may: one is enough for it
        request.last = version == "1.0" or not self._parser.should_keep_alive()
        if problem := head_problem(request.headers, version):
            self._refuse(400, problem)
            return
        try:
            request.path = path_of(self._url)
        except ValueError:
            self._refuse(400, "the target of the request is no path in UTF-8")
            return
        self._expect(request)

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.body:
            self._refuse(413, f"a request has at most {self._limits.body} bytes")
            return
        self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._offered:
            return
        request, self._request = self._request, None
        self.receiving = False
        if request is None or self._refused:
            return
        parts = self._parts
        request.body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts = []
        if self._whole is not None:
            known = KnownHead(request.method, request.path, request.headers, len(request.body), request.last)
            self.site.known.learn(self._whole, known)
            self._whole = None
        self._owe(request)

    def _have(self, known: KnownHead, body: bytes) -> None:
        request = HttpRequest(self)
        request.method, request.path, request.headers, _, request.last = known
        request.body = body
        self._owe(request)

    def _owe(self, request: HttpRequest) -> None:
        if request.last:
            self._ending = True
        self.owed.append(request)
        self.site.handle(request)

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self._refused:
                self._refuse(400, reason_of(error))

    def _go_on(self, rest: bytes) -> None:
        """Read a request that offers another protocol as what it is otherwise.

        Java's client offers HTTP/2 with its first request, whatever that is. The parser stops there, so that the head
        is given to a new one without the offer.
        """
        request = self._request
        if request is None or self._refused:
            return
        if request.method == "CONNECT":
            self._refuse(405, "this server is no proxy")
            return
        kept = [b"%b: %b" % one for one in request.headers if one[0] not in OFFER]
        line = b"%b %b HTTP/%b" % (request.method.encode(), self._url, self._parser.get_http_version().encode())
        self._parser = httptools.HttpRequestParser(self)
        self._offered = False
        self._feed(b"\r\n".join([line, *kept, b"", rest]))

    # what requests and the site call

    def finished(
        self, request: HttpRequest, *, status: int, body: bytes, media: bytes, headers: Headers, last: bool
    ) -> bytes:
        """The answer of a request as bytes; it is sent once those before it are."""
        # of several requests in a row only the last one may be told that the connection ends
        last = last or request.last or (self.site.draining and self.owed[-1] is request)
        request.last = last
        content = b"" if request.method == "HEAD" else body
        answer = self.site.heads.head(status, media, len(body), headers, last) + content
        if self.owed and self.owed[0] is request:
            self.owed.popleft()
            self._send(request, answer)
            while self.owed and (waiting := self.owed[0].answered) is not None:
                self._send(self.owed.popleft(), waiting)
            self._read_on()
        return answer

    @property
    def overdue(self) -> bool:
        """Whether the caller takes too long, to send a request or to take an answer."""
        now = self.site.now()
        if self.receiving:
            return now > self.begun + self._limits.slow + self._body_bytes / self._limits.slowest
        return not self._writable and now > self.since + self._limits.slow

    def late(self) -> None:
        """Refuse a request that does not come, or leave a caller that does not listen."""
        if self.receiving:
            self._refuse(408, "the request took too long to arrive")
        else:
            self.close()

    def close(self) -> None:
        """End it now, whatever is owed."""
        self._ending = True
        self._transport.abort()

    def rest(self) -> None:
        """End it where nothing is under way."""
        if not self.owed and not self.receiving:
            self._ending = True
            self._transport.close()

    # its own

    def _send(self, request: HttpRequest, answer: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(answer)
        self.since = self.site.now()
        if request.last or (self._half_closed and not self.owed):
            self._ending = True
            self._transport.close()

    def _read_on(self) -> None:
        if not self._reading and self._writable and not self._ending and len(self.owed) < self._limits.requests:
            self._reading = True
            self._transport.resume_reading()

    def _bounded_head(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > self._limits.head and not self._refused:
            self._refuse(431, f"the head of a request has at most {self._limits.head} bytes")

    def _expect(self, request: HttpRequest) -> None:
        """Refuse what is known to be too much before it is sent, and ask for the body where the caller waits."""
        length = request.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > self._limits.body:
            self._refuse(413, f"a request has at most {self._limits.body} bytes")
            return
        expected = request.header(b"expect")
        if expected is None:
            return
        if expected.lower() != b"100-continue":
            self._refuse(417, "only 100-continue can be expected")
        elif not self.owed:
            self._transport.write(CONTINUE)

    def _refuse(self, status: int, text: str) -> None:
        """Answer in place of what cannot be understood, and read no further: what follows may be anything."""
        if self._refused:
            return
        self._refused = True
        self.receiving = False
        request = self._request or HttpRequest(self)
        self._request = None
        request.last = True
        self.owed.append(request)
        self.site.refused(request, status, text)


def reason_of(error: Any) -> str:
    """What an error of the parser says to a caller."""
    # a callback's own exception would be a defect of this module, and has to be seen
    if isinstance(error, httptools.HttpParserCallbackError):
        raise error.__context__ or error
    return f"not HTTP/1.1: {error}"
