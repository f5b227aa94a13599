"""The heads of one connection's requests.

One that came before, byte by byte, is not decoded again while the table of the connection is the same: callers send the
same one every time.
"""

from __future__ import annotations

from leeboard_serving.server.http2.faults import ErrorCode, StreamFault
from leeboard_serving.server.http2.header_compression import Decoder
from leeboard_serving.server.http2.request_head import RequestHead, check_trailers, request_head

MOST_KNOWN = 64
"""Heads that are remembered."""


class HeadReader:
    """Reads every head in the order in which they come, for each may change how the next is read."""

    def __init__(self, longest: int) -> None:
        self._decoder = Decoder(longest)
        self._known: dict[bytes, RequestHead] = {}

    def read(self, number: int, block: bytes) -> RequestHead:
        """The head that begins a stream. Raises ConnectionFault, and StreamFault where it is malformed or too long."""
        found = self._known.get(block)
        if found is not None:
            return found
        given, changed = self._decode(block)
        if given is None:
            raise StreamFault(number, ErrorCode.ENHANCE_YOUR_CALM)
        try:
            head = request_head(given)
        except ValueError as error:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR) from error
        if not changed and len(self._known) < MOST_KNOWN:
            self._known[block] = head
        return head

    def read_trailers(self, number: int, block: bytes) -> None:
        """What stands behind a request, which means nothing here. Raises as `read` does."""
        given, _ = self._decode(block)
        try:
            check_trailers(given or ())
        except ValueError as error:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR) from error

    def _decode(self, block: bytes) -> tuple[list[tuple[bytes, bytes]] | None, bool]:
        before = self._decoder.changes
        given = self._decoder.decode(block)
        changed = self._decoder.changes != before
        if changed:
            self._known.clear()
        return given, changed
