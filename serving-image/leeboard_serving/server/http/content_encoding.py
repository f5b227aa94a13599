"""Bodies that come compressed, as some clients send large ones: unpacked up to what a body may have."""

from __future__ import annotations

import zlib

_GZIP, _ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS
_WINDOWS = {b"gzip": _GZIP, b"x-gzip": _GZIP, b"deflate": _ZLIB}
ENCODINGS = b"gzip, deflate"
"""What a client may send, as it is said in a header."""


class Refused(ValueError):
    """A body that is not unpacked; `status` is the answer's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def unpacked(body: bytes | bytearray, encoding: bytes, most: int) -> bytes | bytearray:
    """The body as it was before `Content-Encoding: encoding`, of at most `most` bytes.

    Raises Refused: 415 for another encoding, 413 where it has more bytes, 400 where it is not what the header says.
    """
    name = encoding.strip().lower()
    if name in (b"", b"identity"):
        return body
    if name not in _WINDOWS:
        text = name[:32].decode("latin-1")
        raise Refused(415, f"Content-Encoding {text} is not known; gzip and deflate are")
    reader = zlib.decompressobj(_WINDOWS[name])
    try:
        found = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise Refused(400, f"the body is not what Content-Encoding says: {error}") from error
    if len(found) > most:
        raise Refused(413, f"a request has at most {most} bytes once it is unpacked")
    if not reader.eof or reader.unused_data:
        raise Refused(400, "the body is not what Content-Encoding says: it ends too early, or goes on after its end")
    return found
