"""Answers as bytes: the lines of a head are made once, and once a second for the date."""

import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

JSON, BINARY = b"application/json", b"application/octet-stream"
LONGEST_ERROR = 1024
"""Characters of an error, which may quote what was sent."""
Headers = tuple[tuple[bytes, bytes], ...]


class Heads:
    """The heads of all answers; `constant` are lines that each has."""

    def __init__(self, constant: Mapping[str, str]) -> None:
        self._constant = b"".join(b"%b: %b\r\n" % (k.encode(), v.encode("latin-1")) for k, v in constant.items())
        self._second = 0
        self._ready: dict[tuple[int, bytes], bytes] = {}

    def head(self, status: int, media: bytes, length: int, headers: Headers, last: bool) -> bytes:
        """Everything up to the body. `last` says that the connection ends after it."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._ready.clear()
        begun = self._ready.get((status, media))
        if begun is None:
            begun = self._ready[status, media] = self._begun(status, media)
        if not headers and not last:
            return b"%b%d\r\n\r\n" % (begun, length)
        more = b"".join(b"\r\n%b: %b" % one for one in headers)
        return b"%b%d%b%b\r\n\r\n" % (begun, length, more, b"\r\nconnection: close" if last else b"")

    def _begun(self, status: int, media: bytes) -> bytes:
        return b"HTTP/1.1 %d %b\r\ndate: %b\r\n%bcontent-type: %b\r\ncontent-length: " % (
            status,
            HTTPStatus(status).phrase.encode(),
            formatdate(self._second, usegmt=True).encode(),
            self._constant,
            media,
        )


def sayable(text: str) -> str:
    """A text that an answer can carry: JSON may bring halves of surrogate pairs, which no UTF-8 can quote."""
    return text[:LONGEST_ERROR].encode(errors="replace").decode()
