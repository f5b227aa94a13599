"""What the head of a call says. Source: gRPC over HTTP/2 (PROTOCOL-HTTP2.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from leeboard_serving.server.http2.request_head import RequestHead
from leeboard_serving.server.rpc.method import Method
from leeboard_serving.server.rpc.refusal import Refusal

ENCODINGS = ("identity", "deflate", "gzip")
_MEDIA = re.compile(rb"application/grpc(?:[+;].*)?")
_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNITS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


@dataclass(frozen=True, slots=True)
class CallHead:
    """The method, how messages are compressed, and for how many seconds the caller waits, where it says so.

    `status` is an answer of HTTP to what is no call of gRPC, `refusal` one to a call that no method takes.
    """

    method: Method | None = None
    encoding: str = ENCODINGS[0]
    patience: float | None = None
    status: int = 0
    refusal: Refusal | None = None


def call_head(head: RequestHead, methods: Mapping[str, Method]) -> CallHead:
    """Read it."""
    if head.method != b"POST":
        return CallHead(status=405)
    if not _MEDIA.fullmatch(head.fields.get(b"content-type", b"")):
        return CallHead(status=415)
    try:
        return _understood(head, methods)
    except Refusal as refusal:
        return CallHead(refusal=refusal)


def _understood(head: RequestHead, methods: Mapping[str, Method]) -> CallHead:
    method = methods.get(head.path.decode("latin-1"))
    if method is None:
        raise Refusal(501, "this server has no such method")
    encoding = head.fields.get(b"grpc-encoding", b"identity").decode("latin-1")
    if encoding not in ENCODINGS:
        raise Refusal(501, f"messages are compressed by {', '.join(ENCODINGS)}")
    if (text := head.fields.get(b"grpc-timeout")) is None:
        return CallHead(method, encoding)
    if (found := _TIMEOUT.fullmatch(text)) is None:
        raise Refusal(400, "grpc-timeout is no time")
    return CallHead(method, encoding, int(found[1]) * _UNITS[found[2]])
