"""The heads of answers: what stands before a message, and how a call ended."""

from __future__ import annotations

from urllib.parse import quote

from leeboard_serving.server.http2.header_compression import encoded
from leeboard_serving.server.rpc.refusal import Refusal

_OK, _MEDIA = (b":status", b"200"), (b"content-type", b"application/grpc")
HEAD = encoded(_OK, _MEDIA)
FINE = encoded((b"grpc-status", b"0"))
EMPTY = encoded(_OK, _MEDIA, (b"grpc-status", b"0"))
"""Of an answer without any message."""
_PLAIN = "".join(chr(one) for one in range(0x20, 0x7F) if chr(one) != "%")


def refused(refusal: Refusal, *, begun: bool) -> bytes:
    """The end of a call that was refused; of one whose answer has not `begun`, all of it."""
    fields = [
        (b"grpc-status", b"%d" % refusal.code),
        (b"grpc-message", quote(refusal.text, safe=_PLAIN).encode()),
        *((name.encode(), value.encode()) for name, value in refusal.metadata),
    ]
    return encoded(*([] if begun else [_OK, _MEDIA]), *fields)


def no_call(status: int) -> bytes:
    """An answer to what is no call of gRPC."""
    return encoded((b":status", b"%d" % status))
