"""Bytes become frames, in an order that the protocol allows. Source: RFC 9113, sections 3.4, 4, and 6."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable

from leeboard_serving.server.http2 import frames
from leeboard_serving.server.http2.faults import ConnectionFault, ErrorCode, StreamFault
from leeboard_serving.server.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEAD,
    HEAD_SIZE,
    HEADERS,
    LARGEST,
    PADDED,
    PREFACE,
    PRIORITIZED,
    SETTINGS,
    Setting,
)

MOST_CONTINUATIONS = 8
_PRIORITY_SIZE = 5
_SETTING = struct.Struct(">HI")
_unpack = HEAD.unpack_from


class FrameReader(ABC):
    """The reading side of a connection. `patience` is how many frames more may come that ask for nothing."""

    def __init__(self, longest_head: int, patience: int) -> None:
        self.patience = patience
        self._longest_head = longest_head
        self._rest = b""
        self._block: tuple[int, int, list[bytes]] | None = None
        self._prefaced = self._agreed = self._closed = False
        self._readers: tuple[Callable[[int, int, bytes], None], ...] = (
            *(self._on_data, self._on_headers, self._on_priority, self._on_reset, self._on_settings),
            *(self._on_push, self._on_ping, self._on_goaway, self._on_window, self._on_continuation),
        )

    def feed(self, data: bytes) -> None:
        """Read all frames that are complete. Raises ConnectionFault."""
        if self._rest:
            data = self._rest + data
        position, end = 0, len(data)
        if not self._prefaced:
            if not data.startswith(PREFACE):
                if not PREFACE.startswith(data):
                    raise broken("this port speaks HTTP/2")
                self._rest = data
                return
            self._prefaced = True
            position = len(PREFACE)
        while end - position >= HEAD_SIZE and not self._closed:
            high, low, kind, flags, number = _unpack(data, position)
            size = high << 16 | low
            if size > LARGEST:
                raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, f"a frame has at most {LARGEST} bytes")
            start = position + HEAD_SIZE
            if end - start < size:
                break
            position = start + size
            self._take(kind, flags, number & frames.LAST_STREAM, data[start:position])
        self._rest = data[position:]

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._block is not None and kind != CONTINUATION:
            raise broken("a head that is interrupted")
        if not self._agreed and kind != SETTINGS:
            raise broken("settings come first")
        if kind not in (DATA, HEADERS):
            self._bear()
        if kind >= len(self._readers):
            return  # unknown frames are ignored
        try:
            self._readers[kind](flags, number, payload)
        except StreamFault as fault:
            self._cut_off(fault.stream, fault.code)

    def _bear(self) -> None:
        self.patience -= 1
        if self.patience < 0:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that ask for nothing")

    def _on_headers(self, flags: int, number: int, payload: bytes) -> None:
        if not number & 1:
            raise broken("a head of a stream that no caller begins")
        if flags & (PADDED | PRIORITIZED):
            payload = _bare(flags, number, payload)
        if flags & END_HEADERS:
            self._on_head(number, payload, bool(flags & END_STREAM))
        else:
            self._block = (number, flags, [payload])

    def _on_continuation(self, flags: int, number: int, payload: bytes) -> None:
        if self._block is None or self._block[0] != number:
            raise broken("the continuation of no head")
        _, first, parts = self._block
        parts.append(payload)
        if len(parts) > MOST_CONTINUATIONS or sum(map(len, parts)) > self._longest_head:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a head that is too long")
        if flags & END_HEADERS:
            self._block = None
            self._on_head(number, b"".join(parts), bool(first & END_STREAM))

    def _on_priority(self, flags: int, number: int, payload: bytes) -> None:
        if not number:
            raise broken("a priority of no stream")
        if len(payload) != _PRIORITY_SIZE:
            raise StreamFault(number, ErrorCode.FRAME_SIZE_ERROR)
        _check_priority(number, payload)

    def _on_push(self, flags: int, number: int, payload: bytes) -> None:
        raise broken("callers push nothing")

    def _on_reset(self, flags: int, number: int, payload: bytes) -> None:
        _check_size(payload, 4)
        self._forget(number)

    def _on_settings(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise broken("settings of a stream")
        if flags & ACK:
            _check_size(payload, 0)
        else:
            self._agree(_window_of(payload))

    def _on_ping(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise broken("a ping of a stream")
        _check_size(payload, 8)
        self._ping(payload, bool(flags & ACK))

    def _on_goaway(self, flags: int, number: int, payload: bytes) -> None:
        if number:
            raise broken("the end of the connection, said of a stream")

    def _on_window(self, flags: int, number: int, payload: bytes) -> None:
        _check_size(payload, 4)
        more = int.from_bytes(payload, "big") & frames.LAST_STREAM
        if more:
            self._make_room(number, more)
        elif number:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR)
        else:
            raise broken("no room is no room")

    @abstractmethod
    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        """More of a request. Raises ConnectionFault and StreamFault, as the others do."""

    @abstractmethod
    def _on_head(self, number: int, block: bytes, ended: bool) -> None:
        """The head of a request, or what stands behind its end."""

    @abstractmethod
    def _forget(self, number: int) -> None:
        """The caller wants no answer any more."""

    @abstractmethod
    def _agree(self, window: int | None) -> None:
        """Settings, and among them what streams begin with."""

    @abstractmethod
    def _ping(self, payload: bytes, answer: bool) -> None:
        """A question whether we are there, or the answer to ours."""

    @abstractmethod
    def _make_room(self, number: int, more: int) -> None:
        """The caller takes so many bytes more, of a stream or (0) of all."""

    @abstractmethod
    def _cut_off(self, number: int, code: ErrorCode) -> None:
        """End a stream with what was wrong."""


def broken(text: str) -> ConnectionFault:
    """What no caller of the protocol does."""
    return ConnectionFault(ErrorCode.PROTOCOL_ERROR, text)


def unpadded(payload: bytes) -> bytes:
    """Without what was added to hide its length. Raises ConnectionFault."""
    if not payload or payload[0] >= len(payload):
        raise broken("more padding than frame")
    return payload[1 : len(payload) - payload[0]]


def _check_size(payload: bytes, size: int) -> None:
    """Raises ConnectionFault where a frame has another size."""
    if len(payload) != size:
        raise ConnectionFault(
            ErrorCode.FRAME_SIZE_ERROR, f"a frame of {len(payload)} bytes, where {size} were expected"
        )


def _bare(flags: int, number: int, payload: bytes) -> bytes:
    if flags & PADDED:
        payload = unpadded(payload)
    if flags & PRIORITIZED:
        if len(payload) < _PRIORITY_SIZE:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "a head that ends too early")
        if int.from_bytes(payload[:4], "big") & frames.LAST_STREAM == number:
            raise broken("a stream that depends on itself")
        payload = payload[_PRIORITY_SIZE:]
    return payload


def _check_priority(number: int, payload: bytes) -> None:
    if int.from_bytes(payload[:4], "big") & frames.LAST_STREAM == number:
        raise StreamFault(number, ErrorCode.PROTOCOL_ERROR)


def _window_of(payload: bytes) -> int | None:
    """What streams begin with by these settings, where they say it. Raises ConnectionFault."""
    if len(payload) % _SETTING.size:
        raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "half a setting")
    window = None
    for name, value in _SETTING.iter_unpack(payload):
        if name == Setting.WINDOW:
            if value > frames.LARGEST_WINDOW:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")
            window = value
        elif (name == Setting.PUSH and value > 1) or (
            name == Setting.FRAME_SIZE and not frames.LARGEST <= value < 1 << 24
        ):
            raise broken("a setting that none can have")
    return window
