"""A connection to a challenger: one request at a time, bounded in time and in what is read."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

import httptools

LARGEST_ANSWER, LARGEST_HEAD = 4 << 20, 128 << 10
"""Bytes. Reading a head costs far more time than reading a body."""
SECONDS = 5.0
"""For a copy, from the connection to the last byte of its answer."""
LONGEST_USE = 60.0
"""Seconds after which a connection is made anew, so that copies spread over the pods that there are by then."""
_PART = 64 << 10


class Unreachable(Exception):
    """There is no connection, or it broke."""


class Unreadable(Exception):
    """What came is no answer, or a larger one than is read."""


@dataclass
class Answered:
    """An answer; names of headers are in lower case."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    begun: bool = False
    whole: bool = False

    def header(self, name: bytes) -> bytes:
        """The first of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), b"")

    # what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        self.begun = True

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self.body += data

    def on_message_complete(self) -> None:
        """All of it."""
        self.whole = True


class Connection:
    """Opened when it is needed, and kept as long as it is good."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._since = 0.0

    async def post(self, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answered:
        """Send a request and read its answer. Raises Unreachable, Unreadable and TimeoutError."""
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._again_where_it_rested(_request(self._host, path, headers, body))
        except BaseException:
            self.close()
            raise
        if answer.header(b"connection").lower() == b"close":
            self.close()
        return answer

    def close(self) -> None:
        """End it; what is under way is lost."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _again_where_it_rested(self, request: bytes) -> Answered:
        """Servers end connections that rest, also in the moment in which a request is sent: that is no failure."""
        rested = self._streams is not None
        if rested and asyncio.get_running_loop().time() - self._since > LONGEST_USE:
            self.close()
            rested = False
        try:
            return await self._exchange(request)
        except Unreachable:
            self.close()
            if not rested:
                raise
        return await self._exchange(request)

    async def _exchange(self, request: bytes) -> Answered:
        try:
            reader, writer = await self._open()
            writer.write(request)
            await writer.drain()
            return await _answer(reader)
        except OSError as error:
            raise Unreachable(error.strerror or type(error).__name__) from error

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=_PART)
            self._since = asyncio.get_running_loop().time()
        return self._streams


def _request(host: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    lines = [b"POST %b HTTP/1.1" % path.encode(), b"host: %b" % host.encode()]
    lines += [b"%b: %b" % one for one in headers]
    lines += [b"content-length: %d" % len(body), b"", b""]
    return b"\r\n".join(lines) + body


async def _answer(reader: asyncio.StreamReader) -> Answered:
    answer = Answered()
    parser = httptools.HttpResponseParser(answer)
    size = 0
    with contextlib.suppress(httptools.HttpParserUpgrade):
        while not answer.whole:
            data = await reader.read(_PART)
            if not data:
                raise Unreachable("the connection was closed")
            size += len(data)
            if size > LARGEST_ANSWER:
                raise Unreadable(f"more than {LARGEST_ANSWER} bytes")
            try:
                parser.feed_data(data)
            except httptools.HttpParserUpgrade:
                raise
            except httptools.HttpParserError as error:
                raise Unreadable("no HTTP") from error
            if not answer.begun and size > LARGEST_HEAD:
                raise Unreadable(f"a head of more than {LARGEST_HEAD} bytes")
    if not answer.whole:
        raise Unreadable("the answer changes the protocol")
    answer.status = parser.get_status_code()
    return answer
