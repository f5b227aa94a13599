"""What goes to a caller: at once where its windows have room, else when it makes some."""

from __future__ import annotations

import asyncio

from leeboard_serving.server.http2.faults import ConnectionFault, ErrorCode, StreamFault
from leeboard_serving.server.http2.frames import (
    DATA,
    DEFAULT_WINDOW,
    END_HEADERS,
    END_STREAM,
    HEAD,
    HEADERS,
    LARGEST,
    LARGEST_WINDOW,
    frame,
)
from leeboard_serving.server.http2.stream import Stream

MOST_WAITING = 64 << 20
"""Bytes of answers that a connection may leave unread."""
_BOTH = END_STREAM | END_HEADERS
_head = HEAD.pack


class Sender:
    """The side of a connection that writes. `progress` is when the caller took something last."""

    def __init__(self, transport: asyncio.Transport, now: float) -> None:
        self._transport = transport
        self.window = self.initial = DEFAULT_WINDOW
        self.blocked: dict[int, Stream] = {}
        self.progress = now
        self._writable = True
        self._waiting = 0

    def pause(self) -> None:
        """The kernel takes no more for now."""
        self._writable = False

    def resume(self, now: float) -> None:
        """It does again."""
        self._writable, self.progress = True, now
        self.flush()

    def stuck(self, now: float, seconds: float) -> bool:
        """Whether the caller has taken nothing of what waits for so long."""
        return (not self._writable or bool(self.blocked)) and now > self.progress + seconds

    def write(self, data: bytes) -> None:
        """Send frames that no window counts."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def whole(self, stream: Stream, head: bytes, content: bytes, ending: bytes) -> None:
        """An answer of one piece: head, content, and the head that ends it."""
        size, number = len(content), stream.number
        if size > LARGEST or size > self.window or size > stream.window or self.blocked:
            self.head(stream, head)
            self.data(stream, content)
            self.end(stream, ending)
            return
        self.window -= size
        answer = (
            _head(0, len(head), HEADERS, END_HEADERS, number),
            head,
            _head(0, size, DATA, 0, number),
            content,
            _head(0, len(ending), HEADERS, _BOTH, number),
            ending,
        )
        self.write(b"".join(answer))
        stream.connection.answered(stream)

    def head(self, stream: Stream, block: bytes) -> None:
        """The head of an answer."""
        self.write(frame(HEADERS, END_HEADERS, stream.number, block))

    def only_head(self, stream: Stream, block: bytes) -> None:
        """An answer that is nothing but a head."""
        if not stream.open:
            return
        self.write(frame(HEADERS, _BOTH, stream.number, block))
        stream.connection.answered(stream)

    def data(self, stream: Stream, content: bytes) -> None:
        """More of an answer. Where too much waits already, the connection ends."""
        if stream.waiting is None:
            stream.waiting = bytearray()
        stream.waiting += content
        self._waiting += len(content)
        if not self.blocked:
            self.progress = stream.connection.site.now()
        self.blocked[stream.number] = stream
        self._flush(stream)
        if self._waiting > MOST_WAITING:
            stream.connection.fail(ErrorCode.ENHANCE_YOUR_CALM, "answers are asked for and not taken")

    def end(self, stream: Stream, block: bytes) -> None:
        """The head that ends an answer, behind all of it."""
        stream.ending = block
        if not stream.waiting:
            self._end(stream)

    def forget(self, stream: Stream) -> None:
        """What waits for a stream is not sent any more."""
        if stream.waiting:
            self._waiting -= len(stream.waiting)
            stream.waiting = None
        self.blocked.pop(stream.number, None)

    def more(self, stream: Stream | None, size: int, now: float) -> None:
        """The caller takes so many bytes more, of a stream or of all. Raises ConnectionFault and StreamFault."""
        self.progress = now
        if stream is None:
            self.window += size
            if self.window > LARGEST_WINDOW:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")
            self.flush()
            return
        stream.window += size
        if stream.window > LARGEST_WINDOW:
            raise StreamFault(stream.number, ErrorCode.FLOW_CONTROL_ERROR)
        if stream.waiting:
            self._flush(stream)

    def start_with(self, window: int, streams: dict[int, Stream]) -> None:
        """The caller's setting of what each stream begins with; those that there are change by the difference."""
        difference = window - self.initial
        self.initial = window
        for stream in list(streams.values()):
            stream.window += difference
            if stream.window > LARGEST_WINDOW:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        for one in list(self.blocked.values()):
            self._flush(one)

    def _flush(self, stream: Stream) -> None:
        waiting = stream.waiting
        if waiting is None or not self._writable:
            return
        room = min(self.window, stream.window, len(waiting))
        if room > 0:
            self.window -= room
            stream.window -= room
            self._waiting -= room
            view = memoryview(waiting)
            for start in range(0, room, LARGEST):
                self.write(frame(DATA, 0, stream.number, bytes(view[start : min(room, start + LARGEST)])))
            view.release()
            del waiting[:room]
        if waiting:
            return
        stream.waiting = None
        self.blocked.pop(stream.number, None)
        if stream.ending is not None:
            self._end(stream)
        else:
            stream.flushed()

    def _end(self, stream: Stream) -> None:
        self.write(frame(HEADERS, _BOTH, stream.number, stream.ending or b""))
        stream.connection.answered(stream)
