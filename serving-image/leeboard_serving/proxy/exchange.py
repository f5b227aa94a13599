"""One request and its answer, on their way between a caller and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leeboard_serving.proxy import heads
from leeboard_serving.proxy.copies import Copy
from leeboard_serving.proxy.heads import Framing, Header
from leeboard_serving.proxy.known import KnownAnswer, KnownRequest

if TYPE_CHECKING:
    from leeboard_serving.proxy.caller import Caller
    from leeboard_serving.proxy.site import Site
    from leeboard_serving.proxy.upstream import Upstream

_MOST_PENDING = 256 << 10
"""Bytes of a request that wait for a connection to the server, and that are kept to be sent once more."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_PLAIN = Framing(chunked=False, ends_connection=False)


class Exchange:
    """`started` is when the first byte of the request came, by `time.perf_counter`.

    `page` answers in the server's place, where the request is one to the proxy. `observed` says that it asks the model
    for a prediction: then both bodies are copied on their way. `whole` says that the caller has sent all of the
    request, `status` is that of the answer once it has begun, and `over` that nothing more comes.
    """

    __slots__ = (
        *("_answer_head", "_framing", "_pending", "_pending_bytes", "_sent", "_site", "_upstream", "answer_copy"),
        *("answer_headers", "asked", "caller", "known", "last", "observed", "over", "page", "request_copy", "started"),
        *("status", "whole"),
    )

    def __init__(self, site: Site, caller: Caller, request: KnownRequest, started: float) -> None:
        self._site, self.caller, self.started = site, caller, started
        self.known, self.asked, self.observed = request, request.asked, request.observed
        self.page = site.page(self.asked)
        self.whole = self.over = self.last = False
        self.status = 0
        self.answer_headers: tuple[Header, ...] = ()
        self.request_copy: Copy | None = site.copy() if self.observed else None
        self.answer_copy: Copy | None = site.copy() if self.observed else None
        self._upstream: Upstream | None = None
        self._framing = _PLAIN
        self._answer_head = b""
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._sent: list[bytes] | None = []

    # the request

    def begin(self) -> None:
        """Send it on, from its head, or have the proxy answer it once it is there as a whole."""
        if self.page is not None:
            if self.whole:
                self.page(self)
            return
        self._pending.insert(0, self.known.onward)
        self._site.connect(self)

    def part(self, data: bytes) -> None:
        """A part of the request's body."""
        if self.over or self.page is not None:
            return
        if self.request_copy is not None:
            self.request_copy.add(data)
        self._push(heads.chunk(data) if self.asked.chunked else data)

    def end(self) -> None:
        """The request is there as a whole."""
        self.whole = True
        if self.page is not None:
            if self.caller.serves(self):
                self.page(self)
        elif self.asked.chunked and not self.over:
            self._push(heads.chunk(b""))

    def flush(self) -> None:
        """Send on what has come; until there is a connection it waits."""
        if self.page is not None or self.over:
            return
        if self._upstream is None:
            self.caller.hold("connection", self._pending_bytes > _MOST_PENDING)
            return
        if self._pending:
            data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
            self._pending, self._pending_bytes = [], 0
            self._remember(data)
            self._upstream.write(data)

    def connected(self, upstream: Upstream) -> None:
        """There is a connection to the server."""
        if self.over:
            upstream.free()
            return
        self._upstream = upstream
        upstream.begin(self)
        self.caller.hold("connection", False)
        self.flush()

    # the answer

    @property
    def learnable(self) -> KnownAnswer | None:
        """What there is to know of the answer's head, where it holds whoever asks."""
        length = heads.value_of(self.answer_headers, heads.LENGTH)
        if self.last or self._framing.chunked or self.asked.method == "HEAD" or length is None or not length.isdigit():
            return None
        return KnownAnswer(self.status, self.answer_headers, self._answer_head, int(length))

    def answer(self, status: int, phrase: bytes, headers: tuple[Header, ...]) -> bytes:
        """The server answers; gives the head that the caller gets."""
        self._sent = None
        self.status, self.answer_headers = status, headers
        self._framing = heads.framing(self.asked, status, headers)
        self.last = self.caller.ends_with(self) or self._framing.ends_connection
        line = b"HTTP/1.1 %d %b" % (status, phrase)
        self._answer_head = heads.answered(line, headers, self._framing, self._site.version, last=self.last)
        return self._answer_head

    def answer_whole(self, known: KnownAnswer, body: bytes) -> bytes:
        """All of an answer; gives the bytes that the caller gets."""
        self.status, self.answer_headers = known.status, known.headers
        self.last = self.caller.ends_with(self)
        if self.answer_copy is not None:
            self.answer_copy.add(body)
        return (heads.ending(known.onward) if self.last else known.onward) + body

    def answer_part(self, data: bytes) -> bytes:
        """A part of the answer's body; gives the bytes that the caller gets."""
        if self.answer_copy is not None:
            self.answer_copy.add(data)
        return heads.chunk(data) if self._framing.chunked else data

    def answer_end(self) -> bytes:
        """The answer is there as a whole; gives the bytes that end it."""
        return heads.chunk(b"") if self._framing.chunked else b""

    def done(self) -> None:
        """The answer has gone to the caller."""
        self.over, self._upstream = True, None
        self._site.done(self)
        self.caller.done(self)

    def own(self, status: int, value: object, headers: tuple[Header, ...] = ()) -> None:
        """The proxy's own answer, as JSON."""
        if self.over:
            return
        self.status, self.last = status, self.caller.ends_with(self)
        if self.answer_copy is not None:
            self.answer_copy.lose()
        self.caller.write(self._site.own(self.asked.method, status, value, headers, self.last))
        self.done()

    # what goes wrong

    def broken(self, status: int, text: str, *, silent: bool = False) -> None:
        """The connection to the server ended before the answer did; `silent`: before anything came over it.

        Connections that rest are ended by servers, also in the moment in which a request is sent. One that changes
        nothing is sent once more then; a prediction changes nothing.
        """
        upstream, self._upstream = self._upstream, None
        if self.over:
            return
        again = silent and upstream is not None and upstream.reused and self._sent is not None
        if again and self.whole and (self.observed or self.asked.method in _REPEATABLE):
            self._pending, self._sent = [*(self._sent or ()), *self._pending], None
            self._site.connect(self, fresh=True)
        elif self.status:
            self.over = True
            self._site.cut(self, 502)
            self.caller.close()  # half an answer must not look like a whole one
        else:
            self.own(status, {"error": text}, ((b"retry-after", b"1"),) if status == 503 else ())

    def refuse(self, status: int, text: str) -> None:
        """The rest of the request cannot be understood, or does not come."""
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.close()
        if self.over:
            return
        if self.status:
            self.over = True
            self.caller.close()
        else:
            self.own(status, {"error": text})

    def left(self) -> None:
        """The caller is gone. A prediction that it asked for is still counted, as the server still makes it."""
        if self.over or (self.whole and self.observed):
            return
        self.over = True
        self._site.cut(self, 400)
        if self._upstream is not None:
            self._upstream.close()
            self._upstream = None

    def pause(self, paused: bool) -> None:
        """The caller takes no more of the answer, or does again."""
        if self._upstream is not None:
            self._upstream.pause(paused)

    # its own

    def _push(self, data: bytes) -> None:
        self._pending.append(data)
        self._pending_bytes += len(data)

    def _remember(self, data: bytes) -> None:
        if self._sent is None:
            return
        if (
            self._upstream is not None
            and self._upstream.reused
            and sum(map(len, self._sent)) + len(data) <= _MOST_PENDING
        ):
            self._sent.append(data)
        else:
            self._sent = None
