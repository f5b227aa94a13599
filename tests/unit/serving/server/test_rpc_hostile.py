"""What a caller sends by gRPC that means no good: the server refuses it and goes on."""

import gzip
import socket

import grpc
import numpy as np
import pytest

from leeboard_serving.server.inference.request import BadRequest
from leeboard_serving.server.rpc.bounds import MOST_PARTS, SMALL, check_parts
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from tests.unit.serving.server.calling import NAME, flights_message, scores_of, serving
from tests.unit.serving.server.running import expected, lay_out, trained


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def world(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", model)
    with serving(folder) as found:
        yield found


@pytest.fixture
def caller(world, model):
    """A caller; after each test the server still gives the right answers."""
    _, found, _ = world
    yield found
    np.testing.assert_array_equal(scores_of(found.ask("ModelInfer", flights_message(3))), expected(model, 3))


def refused(call, *arguments, **options) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    return caught.value


def delimited(field: int, data: bytes) -> bytes:
    """A field of bytes as it goes over the wire."""
    length, size = len(data), b""
    while length > 0x7F:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([field << 3 | 2]) + size + bytes([length]) + data


NAMED = delimited(1, NAME.encode())
GARBAGE = [
    (b"\xff" * 100, "none of the protocol"),
    (b"\x0a\xff\xff\xff\xff\x0f", "none of the protocol"),
    (NAMED + b"\x2a\x7f", "none of the protocol"),
    (NAMED + b"\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "none of the protocol"),
    (NAMED + delimited(3, b"\xff\xfe"), "none of the protocol"),
    (NAMED + b"\x0b" * 10_000, "none of the protocol"),
    (NAMED + b"\x00", "none of the protocol"),
    (delimited(15, b"unknown") + NAMED, "inputs are absent"),
    (NAMED + b"\x2a\x00" * (SMALL // 2), "at most"),
    (NAMED + b"\x32\x00" * (SMALL // 2), "at most"),
    (NAMED + b"\x22\x00" * (SMALL // 2), "at most"),
    (NAMED + delimited(5, b"\x22\x00" * (SMALL // 2)), "at most"),
    (NAMED + b"\x0b" * (SMALL + 1), "none of the protocol"),
    (NAMED + b"\x2a\xff\xff\xff\xff\x0f" + b"x" * SMALL, "none of the protocol"),
]


@pytest.mark.parametrize(("data", "text"), GARBAGE, ids=range(len(GARBAGE)))
def test_bytes_that_are_no_request_are_refused(caller, data, text):
    error = refused(caller.bytes, "ModelInfer", data)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert text in error.details()


def test_a_stream_outlives_garbage(caller):
    call = caller.channel.stream_stream(
        "/inference.GRPCInferenceService/ModelStreamInfer",
        response_deserializer=protocol.ModelStreamInferResponse.FromString,
    )
    answers = list(call(iter([b"\xff" * 9, flights_message(1).SerializeToString()]), timeout=30))
    assert sorted(bool(one.error_message) for one in answers) == [False, True]


@pytest.mark.parametrize("method", ["ServerReady", "ModelMetadata", "RepositoryModelLoad", "RepositoryIndex"])
def test_methods_without_tensors_take_short_messages(caller, method):
    error = refused(caller.bytes, method, delimited(1, b"x" * SMALL))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "at most" in error.details()


def test_a_message_of_64_megabytes_is_refused(caller):
    error = refused(caller.bytes, "ModelInfer", NAMED + delimited(7, bytes(64 << 20)))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_what_grows_when_it_is_unpacked_is_bounded_too(world, caller):
    """Zeros as gzip: 32 KB on the wire, 32 MB unpacked, where 16 MB are the most."""
    data = NAMED + delimited(7, bytes(32 << 20))
    assert len(gzip.compress(data)) < 64 << 10
    error = refused(caller.bytes, "ModelInfer", data, compression=grpc.Compression.Gzip)
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_compressed_request_is_answered(caller, model):
    answer = caller.ask("ModelInfer", flights_message(50), compression=grpc.Compression.Gzip)
    np.testing.assert_array_equal(scores_of(answer), expected(model, 50))


@pytest.mark.parametrize(
    "data",
    [
        b"GET /v2 HTTP/1.1\r\nHost: model\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 1000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        + b"\xff\xff\xff\x01\x05\x00\x00\x00\x01",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        b"",
    ],
    ids=["http/1.1", "garbage after the preface", "a frame that lies", "tls", "nothing"],
)
def test_bytes_that_are_no_http_2_end_their_own_connection(caller, data):
    with socket.create_connection(("127.0.0.1", caller.port), 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def test_a_large_request_within_its_bounds_passes_the_count():
    message = flights_message(30_000)
    data = message.SerializeToString()
    assert len(data) > SMALL
    check_parts(data)


@pytest.mark.parametrize("parts", [MOST_PARTS, MOST_PARTS + 1])
def test_the_count_of_parts_is_exact(parts):
    data = delimited(7, bytes(SMALL)) + delimited(7, b"") * (parts - 1)
    if parts <= MOST_PARTS:
        check_parts(data)
    else:
        with pytest.raises(BadRequest, match="at most"):
            check_parts(data)
