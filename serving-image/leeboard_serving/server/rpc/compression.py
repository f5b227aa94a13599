"""Messages that came compressed, unpacked within their bound."""

from __future__ import annotations

import zlib

from leeboard_serving.server.rpc.refusal import Refusal

_WINDOW_BITS = {"gzip": 31, "deflate": 15}


def unpacked(data: bytes, encoding: str, most: int) -> bytes:
    """Raises Refusal where it is broken, or larger than `most` bytes."""
    bits = _WINDOW_BITS.get(encoding)
    if bits is None:
        raise Refusal(400, "a message is marked as compressed, and the call names no compression")
    unpacker = zlib.decompressobj(bits)
    try:
        message = unpacker.decompress(data, most + 1)
    except zlib.error as error:
        raise Refusal(400, f"a message is not {encoding}") from error
    if len(message) > most:
        raise too_large(most)
    if not unpacker.eof:
        raise Refusal(400, f"a message of {encoding} ends too early")
    return message


def too_large(most: int) -> Refusal:
    """A message that is larger than `most` bytes."""
    return Refusal(413, f"a message has at most {most} bytes")
