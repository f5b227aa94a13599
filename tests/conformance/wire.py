"""HTTP as bytes on a socket, for what no well-behaved client sends."""

from __future__ import annotations

import json
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import httptools

LARGEST_READ = 1 << 20


@dataclass
class Answer:
    """One answer; `status` is 0 until its head has come."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False

    def json(self) -> Any:
        """The body. Raises ValueError where it is not JSON; NaN and Infinity are none."""
        return json.loads(self.body, parse_constant=_no_json)


class Wire:
    """A connection to a server."""

    def __init__(self, url: str, seconds: float = 10.0) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parser = httptools.HttpResponseParser(self)
        self._seconds = seconds
        self.answers: list[Answer] = []
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *parts: bytes) -> bool:
        """Send; whether all was taken before the server closed the connection."""
        try:
            for part in parts:
                self._socket.sendall(part)
        except (ConnectionError, TimeoutError):
            return False
        return True

    def finish(self) -> None:
        """Say that nothing more comes; answers are still heard."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.ended = True

    def reset(self) -> None:
        """Leave without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def hear(self, count: int = 1, seconds: float | None = None) -> list[Answer]:
        """Up to so many final answers, until they are there, the connection ends, or the seconds are over."""
        end = time.monotonic() + (self._seconds if seconds is None else seconds)
        while len(self.final) < count and not self.ended and (left := end - time.monotonic()) > 0:
            self._read(left)
        return self.final

    @property
    def final(self) -> list[Answer]:
        """Answers that have come whole, without those like 100 that announce another."""
        return [one for one in self.answers if one.complete and one.status >= 200]

    def _read(self, seconds: float) -> None:
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(LARGEST_READ)
        except TimeoutError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._end()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # what comes is no HTTP/1.1: the caller sees that no answer came
            self.ended = True

    def _end(self) -> None:
        """An answer that names no length ends with its connection."""
        self.ended = True
        if self.answers and self.answers[-1].status:
            last = self.answers[-1]
            last.complete |= not {"content-length", "transfer-encoding"} & last.headers.keys()

    # what the parser calls

    def on_message_begin(self) -> None:
        self.answers.append(Answer())

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answers[-1].headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.answers[-1].status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.answers[-1].body += body

    def on_message_complete(self) -> None:
        self.answers[-1].complete = True


def head(method: str, target: str, host: str, *lines: str, version: str = "1.1") -> bytes:
    """The head of a request, with its Host."""
    return "\r\n".join([f"{method} {target} HTTP/{version}", f"Host: {host}", *lines, "", ""]).encode("latin-1")


def chunks(body: bytes, size: int, extension: str = "") -> bytes:
    """A body in chunks of a size, with the last one."""
    parts = [body[place : place + size] for place in range(0, len(body), size)]
    return b"".join(b"%x%b\r\n%b\r\n" % (len(one), extension.encode(), one) for one in (*parts, b""))


def _no_json(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
