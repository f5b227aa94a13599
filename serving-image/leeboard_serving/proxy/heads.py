"""Heads as they go on: what a caller said to the server, and what the server answered to the caller.

Headers that are about one connection stay on it (RFC 9110, 7.6.1). Bodies are framed anew, so that the two ends of the
proxy cannot take one stream for different messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Header = tuple[bytes, bytes]
LENGTH, ENCODING = b"content-length", b"transfer-encoding"
_OF_CONNECTION = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"),
    }
)
VERSION = b"x-leeboard-version"
_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Asked:
    """The head of a request. `path` is decoded and has no query, `target` is as it came.

    `headers` are as they came; `version` is that of HTTP; `last` says that the caller's connection ends with it.
    """

    method: str
    target: bytes
    path: str
    headers: tuple[Header, ...]
    version: str
    last: bool

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header of that name (lower case), or None."""
        return value_of(self.headers, name)

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return self.header(ENCODING) is not None


def value_of(headers: Iterable[Header], name: bytes) -> bytes | None:
    """The value of the first header of that name (lower case), or None."""
    for key, value in headers:
        if key.lower() == name:
            return value
    return None


def of_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    """The names (lower case) of the headers that are about one connection."""
    named = [value for key, value in headers if key.lower() == b"connection"]
    if not named:
        return _OF_CONNECTION
    return _OF_CONNECTION | {one.strip().lower() for value in named for one in value.split(b",")}


def forwarded(asked: Asked, authority: bytes) -> bytes:
    """The head of a request as the server gets it; `authority` names it to callers that name nobody."""
    left = of_connection(asked.headers) | {b"expect"}
    if asked.chunked:
        left |= {LENGTH}
    target = asked.target if asked.target.startswith(b"/") else _path_and_query(asked.target)
    lines = [b"%b %b HTTP/1.1" % (asked.method.encode("ascii"), target)]
    lines += [b"%b: %b" % one for one in asked.headers if one[0].lower() not in left or one[0].lower() == b"host"]
    if asked.header(b"host") is None:
        lines.append(b"host: " + authority)
    if asked.chunked:
        lines.append(b"transfer-encoding: chunked")
    return b"\r\n".join(lines) + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Framing:
    """How the body of an answer goes on: as it is where its length is known, in chunks, or up to the connection's end.

    `ends_connection` says that the caller's connection has to end after it.
    """

    chunked: bool
    ends_connection: bool


def framing(asked: Asked, status: int, headers: Iterable[Header]) -> Framing:
    """How an answer to a request has to be framed for its caller."""
    if has_no_body(asked, status) or (value_of(headers, LENGTH) is not None and value_of(headers, ENCODING) is None):
        return Framing(chunked=False, ends_connection=False)
    return Framing(chunked=asked.version == "1.1", ends_connection=asked.version != "1.1")


def has_no_body(asked: Asked, status: int) -> bool:
    """Whether an answer ends with its head."""
    return asked.method == "HEAD" or status in _WITHOUT_BODY


def answered(line: bytes, headers: Iterable[Header], framed: Framing, version: bytes, *, last: bool) -> bytes:
    """The head of an answer, from its first line, as the caller gets it.

    `version` is the model's; `last` says that the connection ends with the answer.
    """
    found = tuple(headers)
    left = of_connection(found) | {VERSION}
    if value_of(found, ENCODING) is not None:
        left |= {LENGTH}
    lines = [line]
    lines += [b"%b: %b" % one for one in found if one[0].lower() not in left]
    lines.append(b"%b: %b" % (VERSION, version))
    if framed.chunked:
        lines.append(b"transfer-encoding: chunked")
    if last or framed.ends_connection:
        lines.append(b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def ending(head: bytes) -> bytes:
    """The same head of an answer, with the connection's end behind it."""
    return head[:-2] + b"connection: close\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """A part of a body in chunks; the empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _path_and_query(target: bytes) -> bytes:
    return b"/" + target.partition(b"://")[2].partition(b"/")[2]
