"""The head of a request, checked. Source: RFC 9113, sections 8.2 and 8.3."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PSEUDO = frozenset({b":method", b":scheme", b":path", b":authority"})
_OF_A_CONNECTION = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"})
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_FORBIDDEN = re.compile(rb"[\x00\r\n]|^[ \t]|[ \t]$")


class RequestHead:
    """What a request is for. One that came before, byte by byte, is the same object, which nobody changes.

    `meaning` is for whoever answers it: what follows from the head alone.
    """

    __slots__ = ("fields", "length", "meaning", "method", "path")

    def __init__(self, pseudo: dict[bytes, bytes], fields: dict[bytes, bytes], length: int | None) -> None:
        self.method, self.path = pseudo[b":method"], pseudo[b":path"]
        self.fields, self.length = fields, length
        self.meaning: Any = None


def request_head(given: Iterable[tuple[bytes, bytes]]) -> RequestHead:
    """Raises ValueError where the head is malformed. Of a field that is there twice the last counts."""
    pseudo: dict[bytes, bytes] = {}
    fields: dict[bytes, bytes] = {}
    for name, value in given:
        if name[:1] == b":":
            if fields or name in pseudo or name not in _PSEUDO:
                raise ValueError("a pseudo-header that has no place there")
            pseudo[name] = value
            continue
        _check(name, value)
        if name == b"content-length" and fields.get(name, value) != value:
            raise ValueError("two lengths")
        fields[name] = value
    if not pseudo.keys() >= {b":method", b":scheme", b":path"} or not pseudo[b":path"]:
        raise ValueError("no method, scheme or path")
    length = fields.get(b"content-length")
    if length is not None and not (length.isdigit() and len(length) < 20):
        raise ValueError("a length that is no number")
    return RequestHead(pseudo, fields, None if length is None else int(length))


def check_trailers(given: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises ValueError where the fields behind a request are malformed."""
    for name, value in given:
        _check(name, value)


def _check(name: bytes, value: bytes) -> None:
    if not _NAME.fullmatch(name) or _FORBIDDEN.search(value):
        raise ValueError("a name or a value with letters that none has")
    if name in _OF_A_CONNECTION or (name == b"te" and value != b"trailers"):
        raise ValueError("a field of HTTP/1.1")
