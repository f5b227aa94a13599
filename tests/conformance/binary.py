"""Checks of the binary tensor data extension."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.conformance.check import Level, NotMet, NotOffered, check, enter, expect
from tests.conformance.inference import same
from tests.conformance.pages import refused
from tests.conformance.sources import BINARY
from tests.conformance.subject import Subject, answered, outputs_of, said
from tests.conformance.tensors import packed, unpacked

NAME = "binary_tensor_data"
LENGTH = "inference-header-content-length"


@dataclass
class Body:
    """A request with tensors behind its JSON; `length` is the header's text, or None for the true one."""

    request: dict[str, Any]
    rest: bytes
    length: str | None = None

    def sent(self, subject: Subject) -> httpx.Response:
        """The response to it."""
        text = json.dumps(self.request).encode()
        length = str(len(text)) if self.length is None else self.length
        headers = {"content-type": "application/octet-stream", LENGTH: length}
        return subject.client.post(f"{subject.page}/infer", content=text + self.rest, headers=headers)


def body(
    subject: Subject, rows: int = 2, binary: Callable[[int], bool] = lambda position: True, **members: Any
) -> Body:
    """A good request; `binary` says of an input's position whether it comes as bytes."""
    asked = subject.request(rows, **members)
    rest = b""
    for position, one in enumerate(asked["inputs"]):
        if binary(position):
            data = packed(one["datatype"], one.pop("data"))
            one["parameters"] = {"binary_data_size": len(data)}
            rest += data
    return Body(asked, rest)


def read(response: httpx.Response) -> tuple[dict[str, Any], set[str]]:
    """An answer with the values of all outputs as `data`, and the names of those that came as bytes. Raises NotMet."""
    expect(response.status_code == 200, f"status 200 expected, {said(response)} came")
    given = response.headers.get(LENGTH)
    if given is None:
        return answered(response), set()
    expect(given.isdigit() and int(given) <= len(response.content), f"{LENGTH} is {given}")
    found = json.loads(response.content[: int(given)])
    rest, place, names = response.content[int(given) :], 0, set()
    for one in found["outputs"]:
        size = (one.get("parameters") or {}).get("binary_data_size")
        if size is None:
            continue
        expect("data" not in one, f"output {one['name']} has both data and binary_data_size")
        try:
            one["data"] = unpacked(one["datatype"], rest[place : place + size])
        except ValueError as error:
            raise NotMet(f"output {one['name']}: {error}") from error
        place += size
        names.add(one["name"])
    expect(place == len(rest), f"{len(rest) - place} bytes of the answer belong to no output")
    outputs_of(found)
    return found, names


@check("binary: all inputs as bytes", Level.EXTENSION, BINARY)
def _inputs(subject: Subject) -> None:
    subject.extension(NAME)
    for rows in (1, 3):
        found, _ = read(body(subject, rows).sent(subject))
        same(found, subject.infer(subject.request(rows)), "bytes and JSON")


@check("binary: some inputs as bytes, some as JSON", Level.EXTENSION, BINARY)
def _mixed(subject: Subject) -> None:
    subject.extension(NAME)
    if len(subject.inputs) < 2:
        raise NotOffered("the model has one input")
    for odd in (0, 1):
        found, _ = read(body(subject, 3, lambda position, odd=odd: position % 2 == odd).sent(subject))
        same(found, subject.infer(subject.request(3)), "bytes beside JSON")


@check("binary: all outputs as bytes", Level.EXTENSION, f"{BINARY}: `binary_data_output`")
def _outputs(subject: Subject) -> None:
    subject.extension(NAME)
    response = subject.post(subject.request(3, parameters={"binary_data_output": True}))
    found, names = read(response)
    plain = subject.infer(subject.request(3))
    expect(names == outputs_of(plain).keys(), f"as bytes came {sorted(names)} of {sorted(outputs_of(plain))}")
    same(found, plain, "bytes and JSON")
    media = response.headers.get("content-type", "")
    expect(media == "application/octet-stream", f"application/octet-stream expected, {media!r} came")


@check("binary: an output as bytes", Level.EXTENSION, f"{BINARY}: `binary_data`")
def _one_output(subject: Subject) -> None:
    subject.extension(NAME)
    for name in outputs_of(subject.infer(subject.request())):
        asked = subject.request(3, outputs=[{"name": name, "parameters": {"binary_data": True}}])
        found, names = read(subject.post(asked))
        expect(names == {name}, f"output {name} as bytes expected, {sorted(names)} came")
        same(found, subject.infer(subject.request(3, outputs=[{"name": name}])), "bytes and JSON")


@check("binary: an output as JSON among bytes", Level.EXTENSION, f"{BINARY}: `it overrides this setting`")
def _overridden(subject: Subject) -> None:
    subject.extension(NAME)
    first, *others = [one.name for one in subject.outputs] or outputs_of(subject.infer(subject.request()))
    wanted = [{"name": first, "parameters": {"binary_data": False}}, *({"name": one} for one in others)]
    found, names = read(subject.post(subject.request(2, outputs=wanted, parameters={"binary_data_output": True})))
    expect(names == set(others), f"as bytes {sorted(others)} expected, {sorted(names)} came")
    plain = [{"name": one} for one in (first, *others)]
    same(found, subject.infer(subject.request(2, outputs=plain)), "bytes beside JSON")


@check("binary: the length alone means JSON alone", Level.EXTENSION, BINARY)
def _json_alone(subject: Subject) -> None:
    subject.extension(NAME)
    read(Body(subject.request(), b"").sent(subject))


def _with_size(subject: Subject, change: Callable[[int], Any]) -> Body:
    made = body(subject)
    parameters = made.request["inputs"][0]["parameters"]
    parameters["binary_data_size"] = change(parameters["binary_data_size"])
    return made


def _with_length(subject: Subject, change: Callable[[int], str]) -> Body:
    made = body(subject)
    made.length = change(len(json.dumps(made.request)))
    return made


def _both(subject: Subject) -> Body:
    made = body(subject)
    made.request["inputs"][0]["data"] = subject.request(2)["inputs"][0]["data"]
    return made


def _texts(subject: Subject, rest: bytes) -> Body:
    """Texts in place of the first input, which is refused for its lengths or for its type."""
    made = body(subject, binary=lambda position: False)
    one = made.request["inputs"][0]
    del one["data"]
    one |= {"datatype": "BYTES", "parameters": {"binary_data_size": len(rest)}}
    return Body(made.request, rest)


REFUSED: dict[str, Callable[[Subject], Body]] = {
    "a length beyond the body": lambda subject: _with_length(subject, lambda length: str(length + 10_000)),
    "a length within the JSON": lambda subject: _with_length(subject, lambda length: str(length - 5)),
    "a length within the tensors": lambda subject: _with_length(subject, lambda length: str(length + 3)),
    "a length of 0": lambda subject: _with_length(subject, lambda length: "0"),
    "a negative length": lambda subject: _with_length(subject, lambda length: "-1"),
    "a length that is no number": lambda subject: _with_length(subject, lambda length: "many"),
    "a length of 2^64 more": lambda subject: _with_length(subject, lambda length: str(2**64 + length)),
    "bytes that belong to no input": lambda subject: Body(body(subject).request, body(subject).rest + b"\0\0\0\0"),
    "fewer bytes than there should be": lambda subject: Body(body(subject).request, body(subject).rest[:-1]),
    "no bytes at all": lambda subject: Body(body(subject).request, b""),
    "a size beyond the body": lambda subject: _with_size(subject, lambda size: size + 1_000_000),
    "a size that the shape does not take": lambda subject: _with_size(subject, lambda size: size - 1),
    "a negative size": lambda subject: _with_size(subject, lambda size: -size),
    "a size of 2^63": lambda subject: _with_size(subject, lambda size: 2**63),
    "a size that is a text": lambda subject: _with_size(subject, str),
    "a size that is a fraction": lambda subject: _with_size(subject, lambda size: size + 0.5),
    "both bytes and data": _both,
    "a text of 4 GB by its length": lambda subject: _texts(subject, struct.pack("<I", 2**32 - 1) + b"a"),
    "texts that are no UTF-8": lambda subject: _texts(subject, struct.pack("<I", 2) + b"\xff\xfe"),
    "half of a length": lambda subject: _texts(subject, b"\1\0"),
}


def _refusal(made: Callable[[Subject], Body]) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        subject.extension(NAME)
        refused(made(subject).sent(subject))

    return run


for _name, _made in REFUSED.items():
    enter(f"binary, refused: {_name}", Level.EXTENSION, BINARY, _refusal(_made))
