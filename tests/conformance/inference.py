"""Checks of good inference requests."""

from __future__ import annotations

import gzip
import json
import math
from typing import Any

from tests.conformance.check import Level, NotOffered, check, enter, expect
from tests.conformance.pages import refused
from tests.conformance.sources import REST
from tests.conformance.subject import Subject, answered, outputs_of, parsed, said, same_values
from tests.conformance.tensors import DATATYPES, DTYPES, Tensor, flat, nest, sequence

REQUEST, INPUT = f"{REST}, Inference Request JSON Object", f"{REST}, Request Input"
OUTPUT, ANSWER = f"{REST}, Request Output", f"{REST}, Inference Response JSON Object"
DATA = f"{REST}, Tensor Data"
IDS = {"ASCII": "request-42", "Unicode": "Flüge ☃ 航班", "quotes": 'a"b\\c/d'}


def values(answer: dict[str, Any]) -> dict[str, list[Any]]:
    """The flat values of every output."""
    return {name: flat(one["data"]) for name, one in outputs_of(answer).items()}


def same(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    """Raises NotMet where two answers differ in an output."""
    first, second = values(one), values(other)
    expect(first.keys() == second.keys(), f"{what}: outputs {sorted(first)} and {sorted(second)} came")
    for name, found in first.items():
        expect(same_values(found, second[name]), f"{what}: output {name} differs")


@check("inference: the answer's members", Level.REQUIRED, ANSWER)
def _members(subject: Subject) -> None:
    found = subject.infer(subject.request())
    expect(
        found.get("model_name") == subject.model, f"model_name {subject.model} expected, {found.get('model_name')!r}"
    )
    for name, one in outputs_of(found).items():
        expect("data" in one, f"output {name} has no data")
        expect(one["datatype"] in DATATYPES, f"output {name} is {one['datatype']}, no data type of the protocol")
        whole = all(type(size) is int and size >= 0 for size in one["shape"])
        expect(whole, f"output {name} has the shape {one['shape']}")


@check("inference: outputs are what metadata says", Level.REQUIRED, f"{REST}, Model Metadata Response JSON Object")
def _as_described(subject: Subject) -> None:
    described = {one.name: one for one in subject.outputs}
    if not described:
        raise NotOffered("metadata names no outputs")
    for name, one in outputs_of(subject.infer(subject.request(3))).items():
        expect(name in described, f"output {name} is not in metadata, which has {', '.join(described)}")
        said_of = described[name]
        expect(one["datatype"] == said_of.datatype, f"output {name} is {one['datatype']}, metadata: {said_of.datatype}")
        fits = len(one["shape"]) == len(said_of.shape) and all(
            wanted in (-1, size) for wanted, size in zip(said_of.shape, one["shape"], strict=True)
        )
        expect(fits, f"output {name} has the shape {one['shape']}, metadata says {list(said_of.shape)}")


@check("inference: all outputs come where none is named", Level.REQUIRED, f"{REQUEST}: `outputs`")
def _all_outputs(subject: Subject) -> None:
    if not subject.outputs:
        raise NotOffered("metadata names no outputs")
    found = outputs_of(subject.infer(subject.request())).keys()
    wanted = {one.name for one in subject.outputs}
    expect(found == wanted, f"{', '.join(sorted(wanted))} expected, {', '.join(sorted(found))} came")


@check("inference: several rows", Level.REQUIRED, f"{REST}, Response Output: `If the output is batched`")
def _rows(subject: Subject) -> None:
    if not all(one.batched for one in subject.inputs):
        raise NotOffered("the model's inputs have no rows")
    for rows in (1, 3, 64):
        for name, one in outputs_of(subject.infer(subject.request(rows))).items():
            expect(one["shape"][:1] == [rows], f"output {name} of {rows} rows has the shape {one['shape']}")


@check("inference: a row's answer is that of the row alone", Level.RECOMMENDED, f"{REST}, Inference")
def _rows_alone(subject: Subject) -> None:
    if not all(one.batched for one in subject.inputs):
        raise NotOffered("the model's inputs have no rows")
    together = values(subject.infer(subject.request(3)))
    alone = [values(subject.infer(subject.request(1, first=row))) for row in range(3)]
    for name, found in together.items():
        rows = [value for one in alone for value in one[name]]
        expect(same_values(found, rows), f"output {name}: {found} together, {rows} alone")


def _identity(text: str) -> Any:
    def run(subject: Subject) -> None:
        found = subject.infer(subject.request(id=text)).get("id")
        expect(found == text, f"id {text!r} expected, {found!r} came")

    return run


for _name, _text in IDS.items():
    enter(f"inference: the id comes back ({_name})", Level.REQUIRED, f"{REQUEST}: `id`", _identity(_text))


@check("inference: without an id", Level.REQUIRED, f"{REQUEST}: `id`, optional")
def _no_identity(subject: Subject) -> None:
    found = subject.infer(subject.request()).get("id", "")
    expect(found is None or isinstance(found, str), f"a text or no id expected, {found!r} came")


@check("inference: nested data is flat data", Level.REQUIRED, DATA)
def _nested(subject: Subject) -> None:
    plain = subject.request(3)
    nested = {"inputs": [one | {"data": nest(one["data"], one["shape"])} for one in plain["inputs"]]}
    if nested == plain:
        for one in nested["inputs"]:
            one |= {"shape": [3, 1], "data": [[value] for value in one["data"]]}
        response = subject.post(nested)
        if response.status_code != 200:
            refused(response)
            raise NotOffered("every input has one dimension")
        same(subject.infer(plain), answered(response), "nested and flat")
        return
    same(subject.infer(plain), subject.infer(nested), "nested and flat")


@check("inference: inputs in any order", Level.REQUIRED, f"{INPUT}: `name`")
def _order(subject: Subject) -> None:
    if len(subject.inputs) < 2:
        raise NotOffered("the model has one input")
    asked = subject.request(2)
    turned = {"inputs": asked["inputs"][::-1]}
    same(subject.infer(asked), subject.infer(turned), "inputs in another order")


def _names(subject: Subject) -> list[str]:
    return [one.name for one in (*subject.outputs, *subject.optional_outputs)] or list(
        outputs_of(subject.infer(subject.request()))
    )


@check("inference: each output alone", Level.REQUIRED, OUTPUT)
def _one_output(subject: Subject) -> None:
    for name in _names(subject):
        found = list(outputs_of(subject.infer(subject.request(outputs=[{"name": name}]))))
        expect(found == [name], f"output {name} alone expected, {', '.join(found)} came")


@check("inference: several outputs", Level.REQUIRED, OUTPUT)
def _outputs(subject: Subject) -> None:
    names = _names(subject)
    if len(names) < 2:
        raise NotOffered("one output is known of the model")
    asked = subject.request(outputs=[{"name": name} for name in names])
    found = outputs_of(subject.infer(asked)).keys()
    expect(found == set(names), f"{', '.join(names)} expected, {', '.join(found)} came")


@check("inference: an unknown output is refused", Level.REQUIRED, OUTPUT)
def _unknown_output(subject: Subject) -> None:
    refused(subject.post(subject.request(outputs=[{"name": "no-such-output"}])))


@check("inference: parameters of the caller's own", Level.RECOMMENDED, f"{REST}, Parameters")
def _parameters(subject: Subject) -> None:
    own = {"x_text": "a", "x_number": 1.5, "x_whole": 3, "x_flag": True}
    asked = subject.request(parameters=own, outputs=[{"name": _names(subject)[0], "parameters": own}])
    for one in asked["inputs"]:
        one["parameters"] = own
    subject.infer(asked)


@check("inference: members of other versions of the protocol", Level.RECOMMENDED, "Triton binary data, Examples")
def _unknown_members(subject: Subject) -> None:
    subject.infer(subject.request(model_name=subject.model))


@check("inference: optional members that are null", Level.RECOMMENDED, REQUEST)
def _null_members(subject: Subject) -> None:
    subject.infer(subject.request(id=None, parameters=None, outputs=None))


@check("inference: with a character set", Level.ROBUST, "RFC 8259, 11")
def _charset(subject: Subject) -> None:
    subject.infer(subject.request(), content_type="application/json; charset=utf-8")


@check("inference: a compressed body", Level.ROBUST, "RFC 9110, 8.4 and 15.5.16")
def _compressed(subject: Subject) -> None:
    body = gzip.compress(json.dumps(subject.request()).encode())
    response = subject.post(body, content_encoding="gzip")
    if response.status_code != 200:
        refused(response)


@check("inference: 1,000 requests on one connection", Level.ROBUST, "RFC 9112, 9.3")
def _kept_alive(subject: Subject) -> None:
    body = json.dumps(subject.request(id="kept")).encode()
    for number in range(1000):
        response = subject.post(body)
        expect(response.status_code == 200, f"request {number}: {said(response)}")


def _whole(datatype: str) -> list[int]:
    size = 8 * int(DTYPES[datatype][-1])
    return [0, 2**size - 1] if datatype.startswith("U") else [-(2 ** (size - 1)), 2 ** (size - 1) - 1]


def _sent_as(datatype: str) -> Any:
    def run(subject: Subject) -> None:
        """Coerced or refused; and answered where metadata names it."""
        declared = any(one.datatype == datatype for one in subject.inputs)
        asked = subject.request()
        for one, tensor in zip(asked["inputs"], subject.inputs, strict=True):
            if (not declared and tensor.datatype != "BYTES") or tensor.datatype == datatype:
                one |= {"datatype": datatype, "data": sequence(datatype, math.prod(one["shape"]))}
        response = subject.post(asked)
        if declared or response.status_code == 200:
            outputs_of(answered(response))
        else:
            refused(response)

    return run


for _type in DATATYPES:
    enter(f"data types: {_type} is answered or refused", Level.REQUIRED, f"{REST}, Tensor Data Types", _sent_as(_type))


def _numeric(subject: Subject, letters: str) -> tuple[int, Tensor]:
    for position, one in enumerate(subject.inputs):
        if one.datatype.startswith(letters):
            return position, one
    raise NotOffered(f"the model has no input of {letters}")


def _answered_or_refused(subject: Subject, body: bytes) -> None:
    """Either way as JSON, which has no NaN."""
    response = subject.post(body)
    if response.status_code == 200:
        outputs_of(answered(response))
    else:
        parsed(response)
        refused(response)


ODD = {
    "null": "null",
    "NaN, which is no JSON": "NaN",
    "Infinity, which is no JSON": "-Infinity",
    "1e400": "1e400",
    "1e-400": "1e-400",
    "a whole number of 400 digits": "9" * 400,
    "2^53 + 1": str(2**53 + 1),
    "2^64": str(2**64),
    "-0.0": "-0.0",
}


def _odd(text: str) -> Any:
    def run(subject: Subject) -> None:
        position, _ = _numeric(subject, "FP")
        asked = subject.request()
        asked["inputs"][position]["data"][0] = "<here>"
        _answered_or_refused(subject, json.dumps(asked).replace('"<here>"', text).encode())

    return run


for _name, _text in ODD.items():
    enter(f"numbers: {_name} is answered or refused, as JSON", Level.ROBUST, DATA, _odd(_text))


@check("numbers: whole ones for floating-point inputs", Level.RECOMMENDED, DATA)
def _whole_for_floats(subject: Subject) -> None:
    position, tensor = _numeric(subject, "FP")
    size = math.prod(tensor.of_rows(1))
    same(
        subject.infer(subject.changed(position=position, data=[1] * size)),
        subject.infer(subject.changed(position=position, data=[1.0] * size)),
        "1 and 1.0",
    )


@check("numbers: those that an integer type does not hold are refused", Level.REQUIRED, f"{REST}, Tensor Data Types")
def _too_large(subject: Subject) -> None:
    position, tensor = (
        _numeric(subject, "FP")
        if any(one.datatype.startswith("FP") for one in subject.inputs)
        else (_numeric(subject, "INT"))
    )
    size = math.prod(tensor.of_rows(1))
    for datatype in ("INT8", "UINT8", "INT32", "UINT32", "INT64", "UINT64"):
        low, high = _whole(datatype)
        for value in (low - 1, high + 1):
            response = subject.post(subject.changed(position=position, datatype=datatype, data=[value] * size))
            expect(response.status_code != 200, f"{value} is no {datatype} and was answered")
            refused(response)
