"""Calls of the protocol's gRPC methods, with messages that Triton's clients are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from tritonclient.grpc import service_pb2 as protocol

from tests.conformance.check import NotMet, NotOffered, expect
from tests.conformance.subject import Subject
from tests.conformance.tensors import packed, unpacked

SECONDS = 20.0
CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
"""The list that a data type's values are in; FP16 has none."""
CLIENTS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
"""Statuses that say that the call has to change before it can be answered."""


def ask(subject: Subject, method: str, **fields: Any) -> Any:
    """The answer of a method. Raises NotMet where there is none."""
    message = getattr(protocol, f"{method}Request")(**fields)
    try:
        return getattr(subject.stub, method)(message, timeout=SECONDS)
    except grpc.RpcError as error:
        raise NotMet(f"{method}: OK expected, {told(error)} came") from error


def told(error: grpc.RpcError) -> str:
    """Status and text of a call that failed."""
    return f"{error.code().name} {(error.details() or '')[:120]!r}"


def message(subject: Subject, rows: int = 1, raw: bool = False, **fields: Any) -> Any:
    """A good inference request."""
    made = protocol.ModelInferRequest(model_name=subject.model, **fields)
    for one in subject.inputs:
        given = one.given(rows)
        tensor = made.inputs.add(name=one.name, datatype=one.datatype, shape=given["shape"])
        if raw or one.datatype == "FP16":
            made.raw_input_contents.append(packed(one.datatype, given["data"]))
        else:
            fill(tensor, one.datatype, given["data"])
    return made


def fill(tensor: Any, datatype: str, values: Iterable[Any]) -> None:
    """Put values into the list of their data type."""
    sent = [one.encode() for one in values] if datatype == "BYTES" else values
    getattr(tensor.contents, CONTENTS[datatype]).extend(sent)


def infer(subject: Subject, asked: Any) -> Any:
    """The answer to a good request. Raises NotMet."""
    try:
        return subject.stub.ModelInfer(asked, timeout=SECONDS)
    except grpc.RpcError as error:
        raise NotMet(f"ModelInfer: OK expected, {told(error)} came") from error


def values(answer: Any) -> dict[str, list[Any]]:
    """The values of every output, whether raw or not. Raises NotMet where they are neither, or both."""
    raws = list(answer.raw_output_contents)
    expect(not raws or len(raws) == len(answer.outputs), f"{len(raws)} raw contents of {len(answer.outputs)} outputs")
    found = {}
    for position, one in enumerate(answer.outputs):
        if raws:
            expect(not one.contents.ListFields(), f"output {one.name} has contents beside raw ones")
            found[one.name] = unpacked(one.datatype, raws[position])
        else:
            field = CONTENTS.get(one.datatype)
            expect(field, f"output {one.name} is {one.datatype}, which has no list of contents")
            listed = list(getattr(one.contents, str(field)))
            found[one.name] = [str(value, "utf-8") for value in listed] if one.datatype == "BYTES" else listed
    return found


def refused(subject: Subject, method: str, asked: Any) -> grpc.StatusCode:
    """The status that a call is refused with. Raises NotMet where it is answered, or blamed on the server."""
    call = getattr(subject.stub, method)
    try:
        call(asked, timeout=SECONDS)
    except grpc.RpcError as error:
        expect(error.code() in CLIENTS, f"a status for a client's mistake expected, {told(error)} came")
        return error.code()
    raise NotMet("a refusal expected, OK came")


def offered(subject: Subject, method: str) -> None:
    """Raises NotOffered where a method is not implemented."""
    asked = getattr(protocol, f"{method}Request")()
    try:
        getattr(subject.stub, method)(asked, timeout=SECONDS)
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNIMPLEMENTED:
            raise NotOffered(f"{method} is not implemented") from error
