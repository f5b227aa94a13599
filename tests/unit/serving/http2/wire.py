"""A connection without a network: what a caller sends goes in, and the frames that come out are kept."""

from __future__ import annotations

from typing import NamedTuple

from leeboard_serving.server.http2 import frames
from leeboard_serving.server.http2.connection import Connection
from leeboard_serving.server.http2.frames import HEAD, HEAD_SIZE, PREFACE, frame
from leeboard_serving.server.http2.header_compression import encoded
from leeboard_serving.server.http2.limits import Limits
from leeboard_serving.server.http2.site import Site
from leeboard_serving.server.http2.stream import Stream

ASKED = ((b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/page"), (b":authority", b"model"))
LIMITS = Limits(streams=4, patience=100)


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self) -> int:
        """Of RST_STREAM and GOAWAY."""
        return int.from_bytes(self.payload[-4:] if self.kind == frames.RST_STREAM else self.payload[4:8], "big")


class Page(Stream):
    """Answers what it was sent, once that is all."""

    def __init__(self, connection, number):
        super().__init__(connection, number)
        self.asked, self.gone = None, False
        self.content = b""

    def head(self, head, ended):
        self.asked = head
        if ended:
            self.data(b"", True)

    def data(self, payload, ended):
        self.content += payload
        if ended:
            self.connection.sender.whole(self, encoded((b":status", b"200")), self.content, encoded((b"end", b"1")))
        else:
            self.connection.granted(self, len(payload))

    def left(self):
        self.gone = True

    def overdue(self, now):
        return False

    def late(self):
        raise AssertionError("it is never overdue")

    def flushed(self):
        """Nobody waits for it."""


class Silent(Page):
    """Never answers."""

    def data(self, payload, ended):
        self.content += payload


class Wire:
    """One connection, its transport, and a clock."""

    def __init__(self, limits: Limits = LIMITS, page: type[Page] = Page, agreed: bool = True) -> None:
        self.pages: list[Page] = []
        self.clock, self.closed, self.aborted, self.reading = 0.0, False, False, True
        self._written = b""

        def begun(connection, number):
            self.pages.append(page(connection, number))
            return self.pages[-1]

        self.site = Site(begun, limits)
        self.site.now = lambda: self.clock
        self.connection = Connection(self.site)
        self.connection.connection_made(self)
        if agreed:
            self.send(PREFACE + frames.settings([]))
            self.sent()

    # the transport

    def write(self, data):
        self._written += data

    def close(self):
        self.closed = True

    def abort(self):
        self.closed = self.aborted = True

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    # the caller

    def send(self, *data: bytes) -> None:
        for one in data:
            self.connection.data_received(one)

    def ask(self, stream: int, body: bytes | None = b"", *more: tuple[bytes, bytes]) -> None:
        """A request, which goes on where its body is None."""
        self.send(frame(frames.HEADERS, frames.END_HEADERS, stream, encoded(*ASKED, *more)))
        if body is not None:
            self.send(frame(frames.DATA, frames.END_STREAM, stream, body))

    def look(self, seconds: float) -> None:
        """Let time pass."""
        self.clock += seconds
        self.connection.look(self.clock)

    def sent(self) -> list[Frame]:
        """Frames that came out since the last call."""
        found, data = [], self._written
        while data:
            high, low, kind, flags, stream = HEAD.unpack_from(data)
            end = HEAD_SIZE + (high << 16 | low)
            assert len(data) >= end
            found.append(Frame(kind, flags, stream, data[HEAD_SIZE:end]))
            data = data[end:]
        self._written = b""
        return found

    def ended_with(self) -> int:
        """The code of the GOAWAY with which the connection was ended."""
        assert self.closed
        return next(one.code for one in self.sent() if one.kind == frames.GOAWAY)
