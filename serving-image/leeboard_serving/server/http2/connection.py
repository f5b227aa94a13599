"""One connection: its streams, its windows and its end. Source: RFC 9113."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

from leeboard_serving.server.http2 import frames
from leeboard_serving.server.http2.faults import ConnectionFault, ErrorCode, StreamFault
from leeboard_serving.server.http2.frame_reader import FrameReader, broken, unpadded
from leeboard_serving.server.http2.frames import ACK, END_STREAM, PADDED, Setting
from leeboard_serving.server.http2.head_reader import HeadReader
from leeboard_serving.server.http2.sender import Sender
from leeboard_serving.server.http2.stream import Stream

if TYPE_CHECKING:
    from leeboard_serving.server.http2.site import Site

LOG = logging.getLogger("leeboard.serving")
MOST_CUT = 256
"""Streams that we ended, of which what is still on its way is ignored."""
REWARD = 8
"""Frames that ask for nothing, for each answer: callers measure the way by pings, and make room."""
_LEAVING, _ALIVE = b"leeboard", b"\0\0alive\0"
"""What a PING says: to know by its answer that a caller has heard of the end, or that it is there."""


class Connection(FrameReader, asyncio.Protocol):
    """Counts and bounds; what a request means is the site's business."""

    sender: Sender

    def __init__(self, site: Site) -> None:
        super().__init__(site.limits.head, site.limits.patience)
        self.site = site
        self.streams: dict[int, Stream] = {}
        self.held = 0
        """Bytes of messages that are not complete, or not read yet."""
        self._begun = self.heard = site.now()
        self._last = 0
        self._heads = HeadReader(site.limits.head)
        self._owed_room = 0
        self._cut: deque[int] = deque(maxlen=MOST_CUT)
        self._pinged: float | None = None
        self._leaving: float | None = None
        self._last_taken = frames.LAST_STREAM

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.sender = Sender(self._transport, self._begun)
        limits = self.site.limits
        own = {Setting.STREAMS: limits.streams, Setting.WINDOW: limits.window, Setting.HEAD_SIZE: limits.head}
        room = frames.window_update(0, limits.all_windows - frames.DEFAULT_WINDOW)
        self.sender.write(frames.settings(own.items()) + room)
        self.site.connected(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        streams, self.streams = self.streams, {}
        self.site.under_way -= len(streams)
        for stream in streams.values():
            stream.open = False
            stream.left()
        self.site.disconnected(self)

    def pause_writing(self) -> None:
        self.sender.pause()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self.sender.resume(self.site.now())
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._closed:
            return
        self.heard = self.site.now()
        try:
            self.feed(data)
        except ConnectionFault as fault:
            self.fail(fault.code, fault.text)
        except Exception:
            LOG.exception("a connection of gRPC")
            self.fail(ErrorCode.INTERNAL_ERROR, "the server failed; its log says how")

    # what streams and the site call

    def answered(self, stream: Stream) -> None:
        """The answer of a stream is complete."""
        self.patience = min(self.patience + REWARD, self.site.limits.patience)
        if not stream.whole:
            # the caller may stop sending what nobody reads
            self._cut.append(stream.number)
            self.sender.write(frames.reset(stream.number, ErrorCode.NO_ERROR))
        self._end(stream)

    def granted(self, stream: Stream, size: int) -> None:
        """So many bytes of a stream were read, and it may send as many more."""
        stream.owed_room += size
        if stream.owed_room > self.site.limits.window // 2 and stream.open and not stream.whole:
            stream.room += stream.owed_room
            self.sender.write(frames.window_update(stream.number, stream.owed_room))
            stream.owed_room = 0

    def fail(self, code: ErrorCode, text: str) -> None:
        """End it with what was wrong."""
        if not self._closed:
            self._closed = True
            self.sender.write(frames.goaway(self._last, code, text))
            self._transport.close()

    def abort(self) -> None:
        """End it now, whatever is owed."""
        self._closed = True
        self._transport.abort()

    def leave(self) -> None:
        """Tell the caller to go elsewhere; what is under way, and what it sent before it heard of it, is answered."""
        if self._leaving is None and not self._closed:
            self._leaving = self.site.now()
            self.sender.write(frames.goaway(frames.LAST_STREAM, ErrorCode.NO_ERROR))
            self.sender.write(frames.frame(frames.PING, 0, 0, _LEAVING))

    def look(self, now: float) -> None:
        """What time brings, once a second."""
        limits = self.site.limits
        self.patience = limits.patience
        silent = self._pinged is not None and now > self._pinged + limits.ping_patience
        told = self._leaving is not None and now > self._leaving + limits.age_grace
        if not self._agreed and now > self._begun + limits.slow:
            self.fail(ErrorCode.SETTINGS_TIMEOUT, "no settings came")
        elif silent or told or self.sender.stuck(now, limits.slow):
            self.abort()
        elif now > self._begun + limits.age:
            self.leave()
        if self._pinged is None and now > self.heard + limits.ping:
            self._pinged = now
            self.sender.write(frames.frame(frames.PING, 0, 0, _ALIVE))
        for stream in [one for one in self.streams.values() if not one.whole and one.overdue(now)]:
            stream.late()

    # frames

    def _on_data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        self._count(size)
        if flags & PADDED:
            payload = unpadded(payload)
        stream = self.streams.get(number)
        if stream is None or stream.whole:
            self._check_begun(number)
            if number not in self._cut:
                raise StreamFault(number, ErrorCode.STREAM_CLOSED)
            return
        stream.room -= size
        if stream.room < 0:
            raise StreamFault(number, ErrorCode.FLOW_CONTROL_ERROR)
        ended = bool(flags & END_STREAM)
        if stream.declared is not None:
            _check_length(stream, len(payload), ended)
        if ended:
            stream.whole = True
        elif not payload:
            self._bear()
        stream.data(payload, ended)
        if size > len(payload):
            self.granted(stream, size - len(payload))

    def _count(self, size: int) -> None:
        """Data came, and all streams together may send as much again."""
        self._owed_room += size
        room = self.site.limits.all_windows
        if self._owed_room > room // 2:
            if self._owed_room > room:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "more data than there was room for")
            self.sender.write(frames.window_update(0, self._owed_room))
            self._owed_room = 0

    def _on_head(self, number: int, block: bytes, ended: bool) -> None:
        if number <= self._last:
            self._on_trailers(number, block, ended)
            return
        self._last = number
        head = self._heads.read(number, block)
        if number > self._last_taken:
            self._cut.append(number)
            return
        if len(self.streams) >= self.site.limits.streams or self.site.under_way >= self.site.limits.all_streams:
            raise StreamFault(number, ErrorCode.REFUSED_STREAM)
        stream = self.streams[number] = self.site.begun(self, number)
        self.site.under_way += 1
        stream.declared, stream.whole = head.length, ended
        if ended and head.length:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR)
        stream.head(head, ended)

    def _on_trailers(self, number: int, block: bytes, ended: bool) -> None:
        stream = self.streams.get(number)
        begun = stream is not None and not stream.whole
        if not begun and number not in self._cut:
            raise ConnectionFault(ErrorCode.STREAM_CLOSED, "a head of a stream that has ended")
        self._heads.read_trailers(number, block)
        if stream is None or not begun:
            return
        if not ended:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR)
        if stream.declared is not None:
            _check_length(stream, 0, True)
        stream.whole = True
        stream.data(b"", True)

    def _forget(self, number: int) -> None:
        self._check_begun(number)
        if (stream := self.streams.get(number)) is not None:
            self._end(stream)
            stream.left()

    def _agree(self, window: int | None) -> None:
        if window is not None:
            self.sender.start_with(window, self.streams)
        self._agreed = True
        # what was changed is confirmed before it is used
        self.sender.write(frames.frame(frames.SETTINGS, ACK, 0))
        self.sender.flush()

    def _ping(self, payload: bytes, answer: bool) -> None:
        if not answer:
            self.sender.write(frames.frame(frames.PING, ACK, 0, payload))
            return
        self._pinged = None
        if payload == _LEAVING and self._leaving is not None:
            self._last_taken = self._last
            self.sender.write(frames.goaway(self._last, ErrorCode.NO_ERROR))
            self._rest_in_peace()

    def _make_room(self, number: int, more: int) -> None:
        if not number:
            self.sender.more(None, more, self.heard)
            return
        self._check_begun(number)
        if (stream := self.streams.get(number)) is not None:
            self.sender.more(stream, more, self.heard)

    def _check_begun(self, number: int) -> None:
        if not number or number > self._last:
            raise broken("a frame of a stream that has not begun")

    def _cut_off(self, number: int, code: ErrorCode) -> None:
        self._cut.append(number)
        self.sender.write(frames.reset(number, code))
        if (stream := self.streams.get(number)) is not None:
            self._end(stream)
            stream.left()

    def _end(self, stream: Stream) -> None:
        if not stream.open:
            return
        stream.open = False
        if stream.waiting:
            self.sender.forget(stream)
        if self.streams.pop(stream.number, None) is not None:
            self.site.under_way -= 1
        self.held -= stream.held
        if self._leaving is not None:
            self._rest_in_peace()

    def _rest_in_peace(self) -> None:
        """Close what was told to end, once nothing is under way."""
        if self._last_taken != frames.LAST_STREAM and not self.streams and not self._closed:
            self._closed = True
            self._transport.close()


def _check_length(stream: Stream, size: int, ended: bool) -> None:
    stream.got += size
    if stream.got > (stream.declared or 0) or (ended and stream.got != stream.declared):
        raise StreamFault(stream.number, ErrorCode.PROTOCOL_ERROR)
