"""What no caller of good will sends: the connection ends, and costs no more than what was read of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard_serving.server.http2 import frames, sender
from leeboard_serving.server.http2.faults import ErrorCode
from leeboard_serving.server.http2.frames import (
    CONTINUATION,
    DATA,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
)
from leeboard_serving.server.http2.header_compression import encoded
from leeboard_serving.server.http2.limits import Limits
from tests.unit.serving.http2.wire import ASKED, LIMITS, Silent, Wire

HEAD = encoded(*ASKED)
MANY = 10 * LIMITS.patience


def flooded(one, *before: bytes) -> int:
    """How many of so many frames are read; `one` gives the frame of a number."""
    wire = Wire(page=Silent)
    wire.send(*before)
    for number in range(MANY):
        wire.send(one(number))
        if wire.closed:
            assert wire.ended_with() == ErrorCode.ENHANCE_YOUR_CALM
            return number
    raise AssertionError("all were read")


OPEN = frame(HEADERS, frames.END_HEADERS, 1, HEAD)
FLOODS = {
    "pings": (lambda _: frame(PING, 0, 0, bytes(8)), ()),
    "settings": (lambda _: frames.settings([(4, 1000)]), ()),
    "priorities": (lambda _: frame(PRIORITY, 0, 1, b"\0\0\0\3\0"), ()),
    "room byte by byte": (lambda _: frames.window_update(0, 1), ()),
    "data without data": (lambda _: frame(DATA, 0, 1), (OPEN,)),
    "unknown frames": (lambda _: frame(99, 0, 0, b"x"), ()),
    "requests that are taken back": (
        lambda n: frame(HEADERS, frames.END_HEADERS, 2 * n + 1, HEAD) + frames.reset(2 * n + 1, 8), (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("flood", FLOODS)
def test_frames_that_ask_for_nothing_are_bounded(flood):
    one, before = FLOODS[flood]
    assert flooded(one, *before) <= LIMITS.patience


def test_callers_that_are_answered_may_ping_as_often():
    wire = Wire()
    for number in range(MANY):
        wire.ask(2 * number + 1, b"x")
        wire.send(frame(PING, 0, 0, bytes(8)), frames.window_update(0, 1))
    assert not wire.closed


def test_a_head_without_an_end_is_bounded():
    for part in (b"", b"\0" * 16_384):
        wire = Wire()
        wire.send(frame(HEADERS, 0, 1, HEAD))
        for _ in range(20):
            wire.send(frame(CONTINUATION, 0, 1, part))
        assert wire.ended_with() == ErrorCode.ENHANCE_YOUR_CALM


def test_a_head_that_is_too_long_ends_its_own_request():
    wire = Wire(Limits(head=2000))
    wire.send(frame(HEADERS, frames.END_HEADERS, 1, encoded(*ASKED, (b"x", b"y" * 2000))))
    (cut,) = wire.sent()
    assert (cut.kind, cut.code) == (RST_STREAM, ErrorCode.ENHANCE_YOUR_CALM)
    wire.ask(3, b"fine")
    assert any(one.kind == DATA for one in wire.sent())


def test_answers_that_nobody_takes_are_bounded(monkeypatch):
    monkeypatch.setattr(sender, "MOST_WAITING", 1 << 20)
    wire = Wire()
    wire.send(frames.settings([(4, 0)]))
    for number in range(4):
        wire.ask(2 * number + 1, None)
        for _ in range(20):
            wire.send(frame(DATA, 0, 2 * number + 1, b"x" * 16_384))
        assert not wire.closed
        wire.send(frame(DATA, frames.END_STREAM, 2 * number + 1))
    assert wire.ended_with() == ErrorCode.ENHANCE_YOUR_CALM


def test_a_caller_that_never_begins_is_left():
    wire = Wire(agreed=False)
    wire.send(PREFACE[:10])
    wire.look(LIMITS.slow + 1)
    assert wire.ended_with() == ErrorCode.SETTINGS_TIMEOUT


PROTOCOL, SIZE, FLOW, CLOSED = (
    ErrorCode.PROTOCOL_ERROR, ErrorCode.FRAME_SIZE_ERROR, ErrorCode.FLOW_CONTROL_ERROR, ErrorCode.STREAM_CLOSED,
)  # fmt: skip
ENDS = {
    "a frame that is too large": (b"\x00\x40\x01\x00\x00\x00\x00\x00\x01", SIZE),
    "data of no stream": (frame(DATA, 0, 0, b"x"), PROTOCOL),
    "data of a stream that has not begun": (frame(DATA, 0, 7, b"x"), PROTOCOL),
    "a head of a stream of ours": (frame(HEADERS, frames.END_HEADERS, 2, HEAD), PROTOCOL),
    "a head within a head": (frame(HEADERS, 0, 1, HEAD) + OPEN, PROTOCOL),
    "a continuation of nothing": (frame(CONTINUATION, 4, 1, HEAD), PROTOCOL),
    "a continuation of another head": (frame(HEADERS, 0, 1, HEAD) + frame(CONTINUATION, 4, 3), PROTOCOL),
    "more padding than frame": (OPEN + frame(DATA, frames.PADDED, 1, b"\x05abc"), PROTOCOL),
    "no padding where some is said": (OPEN + frame(DATA, frames.PADDED, 1), PROTOCOL),
    "a priority that is cut": (frame(HEADERS, frames.END_HEADERS | frames.PRIORITIZED, 1, b"\0"), SIZE),
    "a pushed request": (frame(frames.PUSH_PROMISE, 4, 1, HEAD), PROTOCOL),
    "half a setting": (frame(SETTINGS, 0, 0, b"\0\4\0"), SIZE),
    "settings of a stream": (frame(SETTINGS, 0, 1), PROTOCOL),
    "a confirmation with settings": (frame(SETTINGS, frames.ACK, 0, bytes(6)), SIZE),
    "a window of 2^31": (frames.settings([(4, 1 << 31)]), FLOW),
    "frames of a gigabyte": (frames.settings([(5, 1 << 30)]), PROTOCOL),
    "a push setting of 2": (frames.settings([(2, 2)]), PROTOCOL),
    "a ping of 7 bytes": (frame(PING, 0, 0, bytes(7)), SIZE),
    "a ping of a stream": (frame(PING, 0, 1, bytes(8)), PROTOCOL),
    "no room": (frame(WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL),
    "too much room": (frames.window_update(0, frames.LARGEST_WINDOW), FLOW),
    "room of three bytes": (frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), SIZE),
    "an end of a stream that has not begun": (frames.reset(9, 8), PROTOCOL),
    "an end of a stream": (frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL),
    "a head after the end": (frame(HEADERS, 5, 1, HEAD) + frame(HEADERS, 5, 1, HEAD), CLOSED),
    "a head that cannot be read": (frame(HEADERS, 5, 1, b"\xff\xff\xff\xff\xff\xff"), ErrorCode.COMPRESSION_ERROR),
}


@pytest.mark.parametrize("sent", ENDS)
def test_what_breaks_the_protocol_ends_the_connection(sent):
    data, code = ENDS[sent]
    wire = Wire(page=Silent)
    wire.send(data)
    assert wire.ended_with() == code


def malformed(*fields: tuple[bytes, bytes]) -> bytes:
    return frame(HEADERS, frames.END_HEADERS, 1, encoded(*fields))


TRAILERS = OPEN + frame(HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, encoded((b":path", b"/")))
RESETS = {
    "no path": (malformed(ASKED[0], ASKED[1]), PROTOCOL),
    "an empty path": (malformed(ASKED[0], ASKED[1], (b":path", b"")), PROTOCOL),
    "a method twice": (malformed(ASKED[0], *ASKED), PROTOCOL),
    "a pseudo-header behind others": (malformed((b"a", b"b"), *ASKED), PROTOCOL),
    "an unknown pseudo-header": (malformed(*ASKED, (b":status", b"200")), PROTOCOL),
    "a name in capitals": (malformed(*ASKED, (b"Name", b"x")), PROTOCOL),
    "a name with a blank": (malformed(*ASKED, (b"na me", b"x")), PROTOCOL),
    "a value of two lines": (malformed(*ASKED, (b"name", b"x\r\ny: z")), PROTOCOL),
    "a connection field": (malformed(*ASKED, (b"connection", b"close")), PROTOCOL),
    "chunks": (malformed(*ASKED, (b"transfer-encoding", b"chunked")), PROTOCOL),
    "te of HTTP/1.1": (malformed(*ASKED, (b"te", b"gzip")), PROTOCOL),
    "two lengths": (malformed(*ASKED, (b"content-length", b"1"), (b"content-length", b"2")), PROTOCOL),
    "a length of letters": (malformed(*ASKED, (b"content-length", b"x")), PROTOCOL),
    "less than the length": (
        malformed(*ASKED, (b"content-length", b"5")) + frame(DATA, frames.END_STREAM, 1, b"1"), PROTOCOL,
    ),
    "more than the length": (malformed(*ASKED, (b"content-length", b"1")) + frame(DATA, 0, 1, b"123"), PROTOCOL),
    "a length and nothing": (frame(HEADERS, 5, 1, encoded(*ASKED, (b"content-length", b"5"))), PROTOCOL),
    "a stream that depends on itself": (OPEN + frame(PRIORITY, 0, 1, b"\0\0\0\1\0"), PROTOCOL),
    "a priority of 4 bytes": (OPEN + frame(PRIORITY, 0, 1, b"\0\0\0\0"), SIZE),
    "no room": (OPEN + frame(WINDOW_UPDATE, 0, 1, bytes(4)), PROTOCOL),
    "too much room": (OPEN + frames.window_update(1, frames.LARGEST_WINDOW), FLOW),
    "trailers with a path": (TRAILERS, PROTOCOL),
    "trailers that go on": (OPEN + frame(HEADERS, frames.END_HEADERS, 1, encoded((b"a", b"b"))), PROTOCOL),
    "data after the end": (frame(HEADERS, 5, 1, HEAD) + frame(DATA, 0, 1, b"x"), CLOSED),
}  # fmt: skip


@pytest.mark.parametrize("sent", RESETS)
def test_what_breaks_a_request_ends_it_alone(sent):
    data, code = RESETS[sent]
    wire = Wire(page=Silent)
    wire.send(data)
    assert [(one.kind, one.stream, one.code) for one in wire.sent()] == [(RST_STREAM, 1, code)]
    assert not wire.closed
    assert not wire.connection.streams


def test_what_is_still_on_its_way_to_a_stream_that_we_ended_is_ignored():
    wire = Wire(page=Silent)
    wire.send(malformed(*ASKED, (b"content-length", b"1")), frame(DATA, 0, 1, b"123"))
    wire.sent()
    wire.send(frame(DATA, 0, 1, b"x"), frame(HEADERS, 5, 1, encoded((b"a", b"b"))), frames.window_update(1, 5))
    assert wire.sent() == []


FRAMES = st.tuples(
    st.integers(0, 11), st.integers(0, 255), st.integers(0, 9), st.one_of(st.binary(max_size=40), st.just(HEAD))
).map(lambda one: frame(*one))


@settings(max_examples=300)
@given(st.lists(FRAMES, max_size=30))
def test_any_frames_are_answered_or_end_the_connection(sent):
    wire = Wire()
    for one in sent:
        if not wire.closed:
            wire.send(one)
    found = wire.sent()
    assert ErrorCode.INTERNAL_ERROR not in [one.code for one in found if one.kind in (GOAWAY, RST_STREAM)]
    assert wire.site.under_way == len(wire.connection.streams)
    assert wire.connection.held == sum(one.held for one in wire.connection.streams.values())
