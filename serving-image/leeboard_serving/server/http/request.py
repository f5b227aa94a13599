"""A request that has come in whole, and the one answer that it gets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from leeboard_serving.server.http.answers import JSON, Headers, sayable

if TYPE_CHECKING:
    from leeboard_serving.server.http.connection import Connection

_encode = msgspec.json.Encoder().encode


class HttpRequest:
    """One request of a connection.

    `path` is without the query; `headers` are as they came, names in lower case; `started` is when its first byte was
    parsed, by `time.perf_counter`; `status` is that of the answer.
    """

    __slots__ = ("_answer", "_connection", "body", "headers", "last", "method", "path", "started", "status")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answer: bytes | None = None
        self.method = ""
        self.path = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: bytes | bytearray = b""
        self.last = False
        self.status = 0
        self.started = time.perf_counter()

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header of that name (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    @property
    def answered(self) -> bytes | None:
        """The answer, once there is one."""
        return self._answer

    def answer(self, status: int, body: bytes, media: bytes = JSON, headers: Headers = (), last: bool = False) -> None:
        """Answer, once; `last` ends the connection after it. A caller that is gone is answered in vain."""
        if self._answer is None:
            self.status = status
            self._answer = self._connection.finished(
                self, status=status, body=body, media=media, headers=headers, last=last
            )

    def answer_json(self, value: object, status: int = 200, headers: Headers = ()) -> None:
        """Answer with a value as JSON."""
        self.answer(status, _encode(value), JSON, headers)

    def fail(self, status: int, text: str, headers: Headers = (), last: bool = False) -> None:
        """Answer with `{"error": text}`."""
        self.answer(status, _encode({"error": sayable(text)}), JSON, headers, last)


def path_of(url: bytes) -> str:
    """The path of a request's target, without query and percent signs. Raises ValueError where it is none."""
    if not url.startswith(b"/"):
        # the form that proxies are asked in; only its path matters here
        _, found, rest = url.partition(b"://")
        if not found:
            raise ValueError("the target is no path")
        url = b"/" + rest.partition(b"/")[2]
    text = url.partition(b"?")[0].partition(b"#")[0].decode("utf-8")
    return unquote(text, errors="strict") if "%" in text else text
