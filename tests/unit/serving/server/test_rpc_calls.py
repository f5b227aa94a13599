"""Calls of gRPC, byte by byte: what is a message, how it is packed, how long its caller waits, and how it ends."""

import gzip
import itertools
import zlib

import pytest

from leeboard_serving.server.counts import Counts, SharedCounts
from leeboard_serving.server.http2 import frames
from leeboard_serving.server.http2.frames import DATA, HEADERS, RST_STREAM, frame
from leeboard_serving.server.http2.header_compression import Decoder, encoded
from leeboard_serving.server.rpc.call import HELD_MESSAGES, Call, Calls
from leeboard_serving.server.rpc.messages import framed
from leeboard_serving.server.rpc.method import Method
from leeboard_serving.server.rpc.refusal import Refusal
from leeboard_serving.server.rpc.status import Status
from tests.unit.serving.http2.wire import Wire

LARGEST = 1000
HEAD = {
    ":method": "POST", ":scheme": "http", ":path": "/s/echo", "content-type": "application/grpc", "te": "trailers",
}  # fmt: skip


def echo(message, call):
    asked.append(call.patience)
    call.answer(message)


def fail(message, call):
    raise ZeroDivisionError


def refuse(message, call):
    call.refuse(Refusal(503, "später: 100 %\n", seconds=1.5))


METHODS = {f"/s/{one.__name__}": Method("grpc", answer=one) for one in (echo, fail, refuse)}
asked: list[float | None] = []


@pytest.fixture
def wire():
    asked.clear()
    calls = Calls(METHODS, Counts(SharedCounts(1).row(0)), LARGEST, 30.0, 100)
    return Wire(page=lambda connection, number: Call(calls, connection, number))


def call(wire, *parts: bytes, stream: int = 1, **fields: str):
    """The head, the messages and the end of the answer; parts are sent as they are."""
    head = HEAD | {name.strip("_").replace("_", "-"): value for name, value in fields.items()}
    head |= {":path": head.pop("path", "/s/echo"), ":method": head.pop("method", "POST")}
    fields_of = sorted((k.encode(), v.encode()) for k, v in head.items())
    flags = frames.END_HEADERS | (0 if parts else frames.END_STREAM)
    wire.send(frame(HEADERS, flags, stream, encoded(*fields_of)))
    for number, part in enumerate(parts, 1):
        wire.send(frame(DATA, frames.END_STREAM if number == len(parts) else 0, stream, part))
    sent = [one for one in wire.sent() if one.kind in (HEADERS, DATA)]
    heads = [dict(Decoder(1 << 15).decode(one.payload)) for one in sent if one.kind == HEADERS]
    return heads, b"".join(one.payload for one in sent if one.kind == DATA)


def status(heads) -> tuple[int, str]:
    return int(heads[-1][b"grpc-status"]), heads[-1].get(b"grpc-message", b"").decode()


@pytest.mark.parametrize("cuts", [(), (1,), (4, 5), (5,), (2, 7, 8)])
def test_a_message_may_come_in_parts(wire, cuts):
    data = framed(b"message")
    ends = [0, *cuts, len(data)]
    parts = [data[a:b] for a, b in itertools.pairwise(ends)]
    heads, content = call(wire, *parts)
    assert (heads[0][b":status"], status(heads)[0], content) == (b"200", Status.OK, data)
    assert wire.connection.held == 0


def test_the_end_may_come_by_itself(wire):
    heads, content = call(wire, framed(b"message"), b"")
    assert (status(heads)[0], content) == (Status.OK, framed(b"message"))


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_messages_may_be_compressed(wire, encoding, pack):
    packed = pack(b"message" * 100)
    heads, content = call(wire, b"\1" + framed(packed)[1:], grpc_encoding=encoding)
    assert (status(heads)[0], content) == (Status.OK, framed(b"message" * 100))
    # and those that are marked as plain are
    assert call(wire, framed(b"x"), stream=3, grpc_encoding=encoding)[1] == framed(b"x")


BAD = {
    "no message": ((), {}, Status.INVALID_ARGUMENT, "takes one message"),
    "nothing": ((b"",), {}, Status.INVALID_ARGUMENT, "takes one message"),
    "two messages": ((framed(b"a") + framed(b"b"),), {}, Status.INVALID_ARGUMENT, "takes one message"),
    "a cut message": ((framed(b"abc")[:-1],), {}, Status.INVALID_ARGUMENT, "within a message"),
    "a cut prefix": ((b"\0\0",), {}, Status.INVALID_ARGUMENT, "within a message"),
    "a large message": ((framed(bytes(LARGEST + 1)),), {}, Status.RESOURCE_EXHAUSTED, "at most 1000 bytes"),
    "a large one, announced": ((b"\0\xff\xff\xff\xff", b"x"), {}, Status.RESOURCE_EXHAUSTED, "at most 1000 bytes"),
    "a large one, unpacked": (
        (b"\1" + framed(gzip.compress(bytes(LARGEST + 1)))[1:],), {"grpc_encoding": "gzip"},
        Status.RESOURCE_EXHAUSTED, "at most 1000 bytes",
    ),
    "no gzip": ((b"\1" + framed(b"abc")[1:],), {"grpc_encoding": "gzip"}, Status.INVALID_ARGUMENT, "is not gzip"),
    "half a gzip": (
        (b"\1" + framed(gzip.compress(b"abc")[:-4])[1:],), {"grpc_encoding": "gzip"},
        Status.INVALID_ARGUMENT, "ends too early",
    ),
    "compressed by nothing": ((b"\1" + framed(b"abc")[1:],), {}, Status.INVALID_ARGUMENT, "names no compression"),
    "compressed by others": ((framed(b"x"),), {"grpc_encoding": "zstd"}, Status.UNIMPLEMENTED, "deflate, gzip"),
    "another method": ((framed(b"x"),), {"path": "/s/other"}, Status.UNIMPLEMENTED, "no such method"),
    "no time": ((framed(b"x"),), {"grpc_timeout": "soon"}, Status.INVALID_ARGUMENT, "no time"),
    "a method that fails": ((framed(b"x"),), {"path": "/s/fail"}, Status.INTERNAL, "its log says how"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_good_call_is_refused_and_the_next_one_answered(wire, name):
    parts, fields, code, text = BAD[name]
    heads, content = call(wire, *parts, **fields)
    assert len(heads) == 1
    assert status(heads)[0] == code
    assert text in status(heads)[1].replace("%20", " ")
    assert content == b""
    assert wire.connection.held == 0
    assert call(wire, framed(b"y"), stream=3)[1] == framed(b"y")


@pytest.mark.parametrize(
    ("fields", "code"), [({"method": "GET"}, b"405"), ({"content_type": "application/grpc-web"}, b"415")]
)
def test_what_is_no_call_gets_an_answer_of_http(wire, fields, code):
    assert call(wire, framed(b"x"), **fields)[0][0][b":status"] == code


def test_a_refusal_says_when_to_come_again_in_letters_that_a_head_takes(wire):
    heads, _ = call(wire, framed(b"x"), path="/s/refuse")
    assert status(heads) == (Status.UNAVAILABLE, "sp%C3%A4ter: 100 %25%0A")
    assert heads[0][b"grpc-retry-pushback-ms"] == b"1500"


@pytest.mark.parametrize(("text", "seconds"), [("10S", 10), ("2M", 120), ("1H", 3600), ("1500m", 1.5), ("99u", 0.0)])
def test_how_long_a_caller_waits(wire, text, seconds):
    call(wire, framed(b"x"), grpc_timeout=text)
    assert asked[0] == pytest.approx(seconds, abs=0.1)
    call(wire, framed(b"x"), stream=3)
    assert asked[1] is None


def test_a_call_that_does_not_come_is_given_up(wire):
    wire.send(frame(HEADERS, frames.END_HEADERS, 1, encoded(*((k.encode(), v.encode()) for k, v in HEAD.items()))))
    wire.look(29)
    assert wire.connection.streams
    wire.look(2)
    sent = wire.sent()
    assert dict(Decoder(1 << 15).decode(sent[-2].payload))[b"grpc-status"] == b"%d" % Status.DEADLINE_EXCEEDED
    assert sent[-1].kind == RST_STREAM
    assert not wire.connection.streams


def test_messages_that_never_end_take_no_more_than_so_much_memory(wire):
    head = encoded(*((k.encode(), v.encode()) for k, v in HEAD.items()))
    for number in range(4 * HELD_MESSAGES):
        wire.send(frame(HEADERS, frames.END_HEADERS, 2 * number + 1, head))
        wire.send(frame(DATA, 0, 2 * number + 1, framed(bytes(LARGEST))[:-1]))
        assert wire.connection.held <= HELD_MESSAGES * (LARGEST + 5)
