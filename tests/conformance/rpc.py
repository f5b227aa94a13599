"""Checks of the protocol's methods by gRPC."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import grpc
from tritonclient.grpc import service_pb2 as protocol

from tests.conformance.calls import CONTENTS, SECONDS, ask, infer, message, offered, refused, told, values
from tests.conformance.check import Level, NotMet, NotOffered, check, enter, expect
from tests.conformance.pages import UNKNOWN
from tests.conformance.sources import GRPC, HEALTH, REPOSITORY, STATISTICS, STATUS, STREAM
from tests.conformance.subject import Subject, same_values
from tests.conformance.subject import outputs_of as rest_outputs
from tests.conformance.tensors import flat, packed

INFER = f"{GRPC}, Inference"


@check("gRPC: live and ready", Level.REQUIRED, f"{GRPC}, Health")
def _health(subject: Subject) -> None:
    expect(ask(subject, "ServerLive").live, "live expected")
    expect(ask(subject, "ServerReady").ready, "ready expected")
    expect(ask(subject, "ModelReady", name=subject.model).ready, f"{subject.model} as ready expected")


@check("gRPC: an unknown model is not ready", Level.REQUIRED, f"{GRPC}, Model Ready")
def _unknown_ready(subject: Subject) -> None:
    try:
        answer = subject.stub.ModelReady(protocol.ModelReadyRequest(name=UNKNOWN), timeout=SECONDS)
    except grpc.RpcError as error:
        expect(error.code() == grpc.StatusCode.NOT_FOUND, f"NOT_FOUND or no readiness expected, {told(error)} came")
    else:
        expect(not answer.ready, "no readiness expected")


@check("gRPC: metadata of the server", Level.REQUIRED, f"{GRPC}, Server Metadata")
def _server(subject: Subject) -> None:
    found = ask(subject, "ServerMetadata")
    expect(found.name and found.version, f"name and version expected, {found} came")


@check("gRPC: metadata of the model", Level.REQUIRED, f"{GRPC}, Model Metadata")
def _model(subject: Subject) -> None:
    found = ask(subject, "ModelMetadata", name=subject.model)
    expect(found.name == subject.model, f"the name {subject.model} expected, {found.name} came")
    for kind in ("inputs", "outputs"):
        expect(getattr(found, kind), f"the model's {kind} expected, none came")
    described = [(one.name, one.datatype, tuple(one.shape)) for one in found.outputs]
    expect(
        not subject.outputs or described == [(one.name, one.datatype, one.shape) for one in subject.outputs],
        f"REST has the outputs {[one.name for one in subject.outputs]}, gRPC {described}",
    )


@check("gRPC: metadata of an unknown model is refused", Level.REQUIRED, f"{GRPC}, Model Metadata")
def _unknown_model(subject: Subject) -> None:
    refused(subject, "ModelMetadata", protocol.ModelMetadataRequest(name=UNKNOWN))


def _inference(raw: bool) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        rows = 3 if all(one.batched for one in subject.inputs) else 1
        found = infer(subject, message(subject, rows, raw))
        expect(found.model_name == subject.model, f"model_name {subject.model} expected, {found.model_name} came")
        for one in found.outputs:
            count, size = len(values(found)[one.name]), math.prod(one.shape)
            expect(count == size, f"output {one.name} has {count} values in the shape {list(one.shape)}")
        plain = rest_outputs(subject.infer(subject.request(rows)))
        ours = values(found)
        expect(ours.keys() == plain.keys(), f"REST answers {sorted(plain)}, gRPC {sorted(ours)}")
        for name, one in plain.items():
            expect(same_values(ours[name], flat(one["data"])), f"output {name} differs from that of REST")

    return run


enter("gRPC: inference with lists of contents", Level.REQUIRED, f"{INFER}: `contents`", _inference(False))
enter("gRPC: inference with raw contents", Level.REQUIRED, f"{INFER}: `raw_input_contents`", _inference(True))


@check("gRPC: the id comes back", Level.REQUIRED, f"{INFER}: `id`")
def _identity(subject: Subject) -> None:
    for text in ("request-42", "Flüge ☃"):
        found = infer(subject, message(subject, id=text)).id
        expect(found == text, f"id {text!r} expected, {found!r} came")


@check("gRPC: each output alone", Level.REQUIRED, f"{INFER}: `outputs`")
def _outputs(subject: Subject) -> None:
    for name in values(infer(subject, message(subject))):
        asked = message(subject)
        asked.outputs.add(name=name)
        found = [one.name for one in infer(subject, asked).outputs]
        expect(found == [name], f"output {name} alone expected, {found} came")


@check("gRPC: all outputs come where none is named", Level.REQUIRED, f"{INFER}: `outputs`")
def _all_outputs(subject: Subject) -> None:
    if not subject.outputs:
        raise NotOffered("metadata names no outputs")
    found = {one.name for one in infer(subject, message(subject)).outputs}
    wanted = {one.name for one in subject.outputs}
    expect(found == wanted, f"{sorted(wanted)} expected, {sorted(found)} came")


@check("gRPC: versions that metadata names", Level.REQUIRED, f"{INFER}: `model_version`")
def _versions(subject: Subject) -> None:
    if subject.channel is not None and not subject.versions:
        raise NotOffered("metadata names no versions")
    for version in subject.versions:
        found = infer(subject, message(subject, model_version=version)).model_version
        expect(found == version, f"version {version} expected, {found!r} came")
    if subject.stub:
        refused(subject, "ModelInfer", message(subject, model_version="no-such-version"))


# a client's mistakes


def _changed(change: Callable[[Any, Subject], None], raw: bool = False) -> Callable[[Subject], Any]:
    def made(subject: Subject) -> Any:
        asked = message(subject, raw=raw)
        change(asked, subject)
        return asked

    return made


def _of_first(**fields: Any) -> Callable[[Any, Subject], None]:
    def change(asked: Any, _: Subject) -> None:
        for name, value in fields.items():
            if name == "shape":
                asked.inputs[0].shape[:] = value
            else:
                setattr(asked.inputs[0], name, value)

    return change


def _wide(rows: int) -> Callable[[Any, Subject], None]:
    def change(asked: Any, _: Subject) -> None:
        asked.inputs[0].shape[0] = rows

    return change


def _beside_raw(asked: Any, subject: Subject) -> None:
    one = subject.inputs[0]
    asked.raw_input_contents.append(packed(one.datatype, one.given(1)["data"]))
    for other in subject.inputs[1:]:
        asked.raw_input_contents.append(packed(other.datatype, other.given(1)["data"]))


def _other_list(asked: Any, subject: Subject) -> None:
    tensor = asked.inputs[0]
    tensor.ClearField("contents")
    mine = CONTENTS.get(subject.inputs[0].datatype)
    count = math.prod(subject.inputs[0].of_rows(1))
    if mine == "int_contents":
        tensor.contents.fp32_contents.extend([1.5] * count)
    else:
        tensor.contents.int_contents.extend([1] * count)


MISTAKES: dict[str, Callable[[Subject], Any]] = {
    "an empty request": lambda subject: protocol.ModelInferRequest(model_name=subject.model),
    "no name of a model": lambda subject: protocol.ModelInferRequest(),
    "an unknown data type": _changed(_of_first(datatype="FP33")),
    "no data type": _changed(_of_first(datatype="")),
    "a negative shape": _changed(_wide(-1)),
    "a shape of 2^62": _changed(_wide(2**62)),
    "a shape that wraps around": _changed(_of_first(shape=[2**32, 2**32])),
    "more rows than contents": _changed(_wide(2)),
    "no contents": _changed(lambda asked, _: asked.inputs[0].ClearField("contents")),
    "the list of another data type": _changed(_other_list),
    "contents and raw ones": _changed(_beside_raw),
    "raw contents too short": _changed(lambda a, _: a.raw_input_contents.__setitem__(0, b"\1"), raw=True),
    "raw contents too many": _changed(lambda a, _: a.raw_input_contents.append(b"\0" * 8), raw=True),
    "raw contents of more rows": _changed(lambda a, _: a.raw_input_contents.__setitem__(
        0, a.raw_input_contents[0] * 2), raw=True),
    "an input twice": _changed(lambda asked, _: asked.inputs.append(asked.inputs[0])),
    "an unknown output": _changed(lambda asked, _: asked.outputs.add(name="no-such-output")),
}  # fmt: skip


def _refusal(made: Callable[[Subject], Any]) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        refused(subject, "ModelInfer", made(subject))
        infer(subject, message(subject))

    return run


for _name, _made in MISTAKES.items():
    enter(f"gRPC, refused: {_name}", Level.REQUIRED, f"{INFER}; {STATUS}", _refusal(_made))


@check("gRPC: an unknown model is NOT_FOUND", Level.RECOMMENDED, STATUS)
def _not_found(subject: Subject) -> None:
    asked = message(subject)
    asked.model_name = UNKNOWN
    code = refused(subject, "ModelInfer", asked)
    expect(code == grpc.StatusCode.NOT_FOUND, f"NOT_FOUND expected, {code.name} came")


@check("gRPC: mistakes are INVALID_ARGUMENT", Level.RECOMMENDED, STATUS)
def _invalid(subject: Subject) -> None:
    for name in ("an unknown data type", "more rows than contents", "raw contents too short"):
        code = refused(subject, "ModelInfer", MISTAKES[name](subject))
        expect(code == grpc.StatusCode.INVALID_ARGUMENT, f"{name}: INVALID_ARGUMENT expected, {code.name} came")


# extensions


@check("gRPC: the repository's index", Level.EXTENSION, f"{REPOSITORY}, GRPC")
def _index(subject: Subject) -> None:
    subject.extension("model_repository")
    offered(subject, "RepositoryIndex")
    models = ask(subject, "RepositoryIndex").models
    states = [one.state for one in models if one.name == subject.model]
    expect("READY" in states, f"{subject.model} as READY expected, {states} came")


@check("gRPC: statistics", Level.EXTENSION, f"{STATISTICS}, GRPC")
def _statistics(subject: Subject) -> None:
    subject.extension("statistics")
    before = ask(subject, "ModelStatistics", name=subject.model).model_stats[0]
    infer(subject, message(subject))
    after = ask(subject, "ModelStatistics", name=subject.model).model_stats[0]
    more = after.inference_count - before.inference_count
    expect(more >= 1, f"inference_count grew by {more} with a request")


@check("gRPC: a stream of requests", Level.EXTENSION, STREAM)
def _stream(subject: Subject) -> None:
    asked = [message(subject, id=f"s-{number}") for number in range(10)]
    asked[4].inputs[0].datatype = "FP33"
    try:
        answers = list(subject.stub.ModelStreamInfer(iter(asked), timeout=SECONDS))
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNIMPLEMENTED:
            raise NotOffered("ModelStreamInfer is not implemented") from error
        raise NotMet(f"ten answers expected, {told(error)} came") from error
    failed = [one.infer_response.id for one in answers if one.error_message]
    expect(len(answers) == 10, f"ten answers expected, {len(answers)} came")
    expect(len(failed) == 1, f"one of ten requests is bad, {len(failed)} failed")


@check("gRPC: the health checking protocol", Level.RECOMMENDED, HEALTH)
def _standard_health(subject: Subject) -> None:
    """Asked with bytes: the one field of the answer, and no package for it."""
    if subject.channel is None:
        raise NotOffered("no address of gRPC was given")
    check_health = subject.channel.unary_unary("/grpc.health.v1.Health/Check")
    try:
        answer = check_health(b"", timeout=SECONDS)
    except grpc.RpcError as error:
        raise NotMet(f"SERVING expected, {told(error)} came") from error
    expect(answer == b"\x08\x01", f"SERVING expected, {answer!r} came")
