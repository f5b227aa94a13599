"""Requests and answers over one connection: their order, their windows, and the end."""

from hypothesis import given
from hypothesis import strategies as st

from leeboard_serving.server.http2 import frames
from leeboard_serving.server.http2.faults import ErrorCode
from leeboard_serving.server.http2.frames import DATA, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, WINDOW_UPDATE, frame
from leeboard_serving.server.http2.header_compression import encoded
from leeboard_serving.server.http2.limits import Limits
from tests.unit.serving.http2.wire import ASKED, LIMITS, Silent, Wire


def kinds(sent):
    return [(one.kind, one.stream) for one in sent]


def content(sent):
    return b"".join(one.payload for one in sent if one.kind == DATA)


def test_a_request_is_answered():
    wire = Wire()
    wire.ask(1, b"abc")
    sent = wire.sent()
    assert kinds(sent) == [(HEADERS, 1), (DATA, 1), (HEADERS, 1)]
    assert content(sent) == b"abc"
    assert sent[-1].flags & frames.END_STREAM
    assert not wire.connection.streams
    assert wire.site.under_way == 0


@given(st.lists(st.integers(1, 40), max_size=60), st.binary(max_size=200))
def test_it_does_not_matter_how_bytes_are_cut(sizes, body):
    wire = Wire(agreed=False)
    whole = Wire(agreed=False)
    data = PREFACE + frames.settings([(4, 100)])
    for stream in (1, 3):
        data += frame(HEADERS, frames.END_HEADERS, stream, encoded(*ASKED))
        data += frame(DATA, frames.END_STREAM, stream, body)
    whole.send(data)
    for size in sizes:
        wire.send(data[:size])
        data = data[size:]
    wire.send(data)
    assert wire.sent() == whole.sent()


def test_an_answer_waits_for_room():
    wire = Wire()
    wire.send(frames.settings([(4, 10)]))
    wire.sent()
    wire.ask(1, b"x" * 25)
    assert content(wire.sent()) == b"x" * 10
    wire.send(frames.window_update(1, 5))
    assert content(wire.sent()) == b"x" * 5
    wire.send(frames.settings([(4, 12)]))
    sent = wire.sent()
    assert [one.kind for one in sent] == [frames.SETTINGS, DATA]
    wire.send(frames.window_update(1, 1000))
    sent = wire.sent()
    assert content(sent) == b"x" * 8
    assert sent[-1].kind == HEADERS
    assert not wire.connection.streams


def test_all_streams_share_the_window_of_the_connection():
    wire = Wire()
    wire.send(frames.settings([(4, 1 << 20)]))
    for stream in (1, 3):
        wire.ask(stream, None)
        for _ in range(3):
            wire.send(frame(DATA, 0, stream, b"y" * 16_384))
        wire.send(frame(DATA, frames.END_STREAM, stream, b""))
    sent = wire.sent()
    assert len(content(sent)) == frames.DEFAULT_WINDOW
    wire.send(frames.window_update(0, 1 << 20))
    assert len(content(sent) + content(wire.sent())) == 6 * 16_384


def test_a_caller_that_takes_nothing_is_left():
    wire = Wire()
    wire.send(frames.settings([(4, 0)]))
    wire.ask(1, b"x")
    wire.look(LIMITS.slow - 1)
    assert not wire.closed
    wire.look(2)
    assert wire.aborted


def test_room_is_given_back_for_what_was_read():
    wire = Wire(page=Silent)
    wire.ask(1, None)
    for _ in range(140):
        wire.send(frame(DATA, 0, 1, b"z" * 16_384))
        if wire.closed or not wire.connection.streams:
            break
    # a page that reads nothing of a stream gets no more than its window
    assert any(one.kind == RST_STREAM and one.code == ErrorCode.FLOW_CONTROL_ERROR for one in wire.sent())
    wire = Wire()
    wire.ask(1, None)
    for _ in range(140):
        wire.send(frame(DATA, 0, 1, b"z" * 16_384))
    updated = {one.stream for one in wire.sent() if one.kind == WINDOW_UPDATE}
    assert updated == {0, 1}
    assert wire.connection.streams


def test_more_streams_than_allowed_are_refused():
    wire = Wire(page=Silent)
    for number in range(5):
        wire.ask(1 + 2 * number, None)
    assert [(one.stream, one.code) for one in wire.sent()] == [(9, ErrorCode.REFUSED_STREAM)]
    wire.send(frames.reset(1, ErrorCode.CANCEL))
    assert wire.pages[0].gone
    wire.ask(11, None)
    assert wire.sent() == []


def test_more_streams_than_the_server_takes_are_refused():
    wire = Wire(Limits(streams=100, all_streams=2), Silent)
    for number in range(3):
        wire.ask(1 + 2 * number, None)
    assert [one.code for one in wire.sent()] == [ErrorCode.REFUSED_STREAM]


def test_a_connection_that_ends_answers_what_it_took():
    wire = Wire(page=Silent)
    wire.ask(1, b"")
    wire.connection.leave()
    first, ping = wire.sent()
    assert (first.kind, first.payload[:4], first.code) == (GOAWAY, b"\x7f\xff\xff\xff", 0)
    # sent before the caller heard of it
    wire.ask(3, b"")
    assert len(wire.pages) == 2
    wire.send(frame(PING, frames.ACK, 0, ping.payload))
    (last,) = wire.sent()
    assert (last.kind, last.payload[:4]) == (GOAWAY, b"\0\0\0\3")
    wire.ask(5, b"")
    assert len(wire.pages) == 2
    assert not wire.closed
    for page in wire.pages:
        page.connection.sender.whole(page, b"\x88", b"done", b"")
    assert wire.closed
    assert not wire.aborted
    assert len(content(wire.sent())) == 8


def test_a_connection_ends_with_its_age():
    wire = Wire(page=Silent)
    wire.ask(1, b"")
    for _ in range(301):
        wire.look(1)
        wire.send(frame(PING, 0, 0, bytes(8)))
    assert any(one.kind == GOAWAY for one in wire.sent())
    for _ in range(61):
        wire.look(1)
    assert wire.aborted


def test_a_silent_caller_is_asked_whether_it_is_there():
    for answers in (True, False):
        wire = Wire()
        wire.look(61)
        (ping,) = wire.sent()
        assert ping.kind == PING
        if answers:
            wire.send(frame(PING, frames.ACK, 0, ping.payload))
        wire.look(21)
        assert wire.aborted != answers


def test_reading_pauses_while_nothing_can_be_written():
    wire = Wire()
    wire.connection.pause_writing()
    assert not wire.reading
    wire.ask(1, None)
    wire.send(frame(DATA, 0, 1, b"x" * 16_384), frame(DATA, frames.END_STREAM, 1, b"x"))
    assert content(wire.sent()) == b""
    wire.connection.resume_writing()
    assert wire.reading
    assert len(content(wire.sent())) == 16_385


def test_what_is_under_way_hears_that_the_caller_is_gone():
    wire = Wire(page=Silent)
    wire.ask(1, b"")
    wire.connection.connection_lost(None)
    assert wire.pages[0].gone
    assert wire.site.under_way == 0


def test_a_head_that_came_before_is_not_decoded_again():
    wire = Wire()
    for stream in (1, 3, 5):
        wire.ask(stream)
    assert wire.pages[0].asked is wire.pages[1].asked is wire.pages[2].asked
