"""Checks of what no client of good will sends over gRPC."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable

import grpc

from tests.conformance.calls import CLIENTS, SECONDS, infer, message, told
from tests.conformance.check import Level, NotMet, NotOffered, check, enter, expect
from tests.conformance.sources import STATUS
from tests.conformance.subject import Subject

METHOD = "/inference.GRPCInferenceService/ModelInfer"
GARBAGE: dict[str, bytes] = {
    "bytes that are no message": b"\xff\xff\xff\xff",
    "4,096 bytes by chance": random.Random(7).randbytes(4096),  # noqa: S311
    "a field that is longer than the message": b"\x0a\x7fabc",
    "a text that is no UTF-8": b"\x0a\x02\xff\xfe",
    "100,000 messages within messages": b"\x2a\x02" * 100_000,
    "a million empty inputs": b"\x2a\x00" * 1_000_000,
}


def _called(subject: Subject, method: str, data: bytes) -> None:
    if subject.channel is None:
        raise NotOffered("no address of gRPC was given")
    try:
        subject.channel.unary_unary(method)(data, timeout=SECONDS)
    except grpc.RpcError as error:
        # a parser of gRPC's own that fails says INTERNAL; gRPC's documents leave it no other status
        fine = error.code() in (*CLIENTS, grpc.StatusCode.INTERNAL) and "Traceback" not in (error.details() or "")
        expect(fine, f"a refusal expected, {told(error)} came")
    else:
        raise NotMet("a refusal expected, OK came")
    infer(subject, message(subject))


def _garbage(data: bytes) -> Callable[[Subject], None]:
    return lambda subject: _called(subject, METHOD, data)


for _name, _data in GARBAGE.items():
    enter(f"gRPC, refused: {_name}", Level.ROBUST, STATUS, _garbage(_data))


@check("gRPC, refused: an unknown method", Level.ROBUST, STATUS)
def _unknown(subject: Subject) -> None:
    if subject.channel is None:
        raise NotOffered("no address of gRPC was given")
    try:
        subject.channel.unary_unary("/inference.GRPCInferenceService/NoSuchMethod")(b"", timeout=SECONDS)
    except grpc.RpcError as error:
        expect(error.code() == grpc.StatusCode.UNIMPLEMENTED, f"UNIMPLEMENTED expected, {told(error)} came")
    else:
        raise NotMet("UNIMPLEMENTED expected, OK came")


@check("gRPC, refused: a message of 256 MiB", Level.ROBUST, STATUS)
def _oversized(subject: Subject) -> None:
    _called(subject, METHOD, b"\0" * (256 << 20))


@check("gRPC: bytes that are no HTTP/2 end their own connection", Level.ROBUST, "RFC 9113, 3.4")
def _no_http_2(subject: Subject) -> None:
    if subject.channel is None:
        raise NotOffered("no address of gRPC was given")
    host, _, port = subject.grpc_address.rpartition(":")
    for data in (b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n", bytes(1000), random.Random(7).randbytes(4096)):  # noqa: S311
        with socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
    infer(subject, message(subject))


@check("gRPC: callers that leave within their calls", Level.ROBUST, STATUS)
def _gone(subject: Subject) -> None:
    if subject.channel is None:
        raise NotOffered("no address of gRPC was given")
    for _ in range(100):
        subject.stub.ModelInfer.future(message(subject), timeout=SECONDS).cancel()
    infer(subject, message(subject))
