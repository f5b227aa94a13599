"""Checks of requests that are a client's mistake: each is refused with 4xx and the error as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from tests.conformance.check import Level, NotOffered, enter
from tests.conformance.pages import refused
from tests.conformance.sources import FAILED, REST
from tests.conformance.subject import Subject

Made = Callable[[Subject], Any]
"""A request as JSON or as bytes; raises NotOffered where the model cannot be asked so."""


def _text(subject: Subject) -> bytes:
    return json.dumps(subject.request(2)).encode()


def _values(subject: Subject) -> list[Any]:
    return list(subject.request()["inputs"][0]["data"])


def _size(subject: Subject) -> int:
    return math.prod(subject.inputs[0].of_rows(1))


def _rows_as(subject: Subject, rows: int) -> list[int]:
    """The first input's shape, as if it had so many rows."""
    return [rows, *subject.inputs[0].of_rows(1)[1:]]


def _of_two(subject: Subject, rows: int) -> Any:
    asked = subject.request(2)
    asked["inputs"][0]["shape"] = _rows_as(subject, rows)
    return asked


def _mistyped(subject: Subject) -> Any:
    wrong: Any = 1.5 if subject.inputs[0].datatype == "BYTES" else "text"
    return subject.changed(data=[wrong for _ in _values(subject)])


def _without_the_last(subject: Subject) -> Any:
    if len(subject.inputs) < 2:
        raise NotOffered("the model has one input")
    return {"inputs": subject.request()["inputs"][:-1]}


BODIES: dict[str, Made] = {
    "nothing": lambda subject: b"",
    "no JSON": lambda subject: b"inputs=1",
    "half of it": lambda subject: _text(subject)[: len(_text(subject)) // 2],
    "all but the last byte": lambda subject: _text(subject)[:-1],
    "more behind it": lambda subject: _text(subject) + b"]",
    "a list": lambda subject: [],
    "null": lambda subject: None,
    "a text": lambda subject: "inputs",
    "a number": lambda subject: 42,
    "invalid UTF-8": lambda subject: _text(subject).replace(b'"name": "', b'"name": "\xff\xfe', 1),
    "UTF-16": lambda subject: _text(subject).decode().encode("utf-16"),
    "100,000 lists within lists": lambda subject: b"[" * 100_000,
    "100,000 objects within objects": lambda subject: b'{"inputs":' * 100_000,
    "deeply nested data": lambda subject: (
        json.dumps(subject.changed(data="<here>")).replace('"<here>"', "[" * 50_000 + "1" + "]" * 50_000).encode()
    ),
}
MEMBERS: dict[str, Made] = {
    "no inputs": lambda subject: {"id": "1"},
    "an empty list of inputs": lambda subject: {"inputs": []},
    "inputs: null": lambda subject: {"inputs": None},
    "inputs: an object": lambda subject: {"inputs": {"a": 1}},
    "inputs: numbers": lambda subject: {"inputs": [1, 2]},
    "an input without a name": lambda subject: subject.changed(without="name"),
    "an input without a shape": lambda subject: subject.changed(without="shape"),
    "an input without a data type": lambda subject: subject.changed(without="datatype"),
    "an input without data": lambda subject: subject.changed(without="data"),
    "name: a number": lambda subject: subject.changed(name=7),
    "name: null": lambda subject: subject.changed(name=None),
    "datatype: a number": lambda subject: subject.changed(datatype=32),
    "datatype: unknown": lambda subject: subject.changed(datatype="FP33"),
    "datatype: numpy's name": lambda subject: subject.changed(datatype="float32"),
    "data: a text": lambda subject: subject.changed(data="1, 2"),
    "data: an object": lambda subject: subject.changed(data={"0": 1}),
    "data: null": lambda subject: subject.changed(data=None),
    "data: of another type": _mistyped,
    "data: objects": lambda subject: subject.changed(data=[{} for _ in _values(subject)]),
    "outputs: a text": lambda subject: subject.request(outputs="all"),
    "outputs: without a name": lambda subject: subject.request(outputs=[{}]),
    "parameters: a list": lambda subject: subject.request(parameters=[1]),
    "an input twice": lambda subject: {"inputs": [*subject.request()["inputs"], subject.request()["inputs"][0]]},
    "an input that is missing": _without_the_last,
}
SHAPES: dict[str, Made] = {
    "one row more than data": lambda subject: subject.changed(shape=_rows_as(subject, 2)),
    "one row fewer than data": lambda subject: _of_two(subject, 1),
    "a text": lambda subject: subject.changed(shape="1"),
    "of texts": lambda subject: subject.changed(shape=[str(one) for one in subject.inputs[0].of_rows(1)]),
    "null": lambda subject: subject.changed(shape=None),
    "a fraction": lambda subject: subject.changed(shape=[1.5, *subject.inputs[0].of_rows(1)[1:]]),
    "-1": lambda subject: subject.changed(shape=[-1, *subject.inputs[0].of_rows(1)[1:]]),
    "two negative ones": lambda subject: subject.changed(shape=[-1, -_size(subject)]),
    "2^31": lambda subject: subject.changed(shape=_rows_as(subject, 2**31)),
    "2^63": lambda subject: subject.changed(shape=_rows_as(subject, 2**63)),
    "2^64 + 1, which wraps around to 1": lambda subject: subject.changed(shape=_rows_as(subject, 2**64 + 1)),
    "2^32 × 2^32, which wraps around to 0": lambda subject: subject.changed(shape=[2**32, 2**32], data=[]),
    "10^400": lambda subject: subject.changed(shape=_rows_as(subject, 10**400)),
    "10,000 dimensions": lambda subject: subject.changed(shape=[1] * 10_000),
}


def _refusal(made: Made) -> Callable[[Subject], None]:
    return lambda subject: refused(subject.post(made(subject)))


for _name, _made in BODIES.items():
    enter(f"refused body: {_name}", Level.REQUIRED, FAILED, _refusal(_made))
for _name, _made in MEMBERS.items():
    enter(f"refused request: {_name}", Level.REQUIRED, FAILED, _refusal(_made))
for _name, _made in SHAPES.items():
    enter(f"refused shape: {_name}", Level.REQUIRED, f"{REST}, Request Input: `shape`", _refusal(_made))


def _other_name(name: str) -> Made:
    return lambda subject: subject.changed(name=name)


STRANGE = {
    "an input that the model does not have": lambda subject: {
        "inputs": [*subject.request()["inputs"], subject.request()["inputs"][0] | {"name": "no-such-input"}]
    },
    "a name in Unicode": _other_name("Größe ☃"),
    "a name with half of a surrogate pair": _other_name("\ud800"),
    "a name with a zero character": _other_name("a\0b"),
    "a name of a million characters": _other_name("n" * 1_000_000),
    "an id that is a number": lambda subject: subject.request(id=42),
    "an id of a million characters": lambda subject: subject.request(id="i" * 1_000_000),
    "no rows": lambda subject: subject.request(0),
    "parameters within parameters": lambda subject: subject.request(parameters={"a": {"b": [1]}}),
    "an output twice": lambda subject: subject.request(outputs=[{"name": "x"}, {"name": "x"}]),
    "members twice": lambda subject: _text(subject).replace(b"{", b'{"inputs": [], ', 1),
    "a mark of byte order": lambda subject: b"\xef\xbb\xbf" + _text(subject),
    "ragged data": lambda subject: subject.changed(data=[[1], [1, 2, 3]]),
    "an array in place of a value": lambda subject: subject.changed(data=[[[one]] for one in _values(subject)]),
}
"""What a server may make something of, as long as it does not call it a fault of its own."""


def _strange(made: Made) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        response = subject.post(made(subject))
        if response.status_code != 200:
            refused(response)

    return run


for _name, _made in STRANGE.items():
    enter(f"answered or refused: {_name}", Level.ROBUST, FAILED, _strange(_made))
