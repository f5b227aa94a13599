"""What bodies say of the model: every form of the protocol, and nothing that breaks the reader."""

import contextlib
import gzip
import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeboard_serving.proxy.reading import Message, Unreadable, answer_of, read, request_of
from leeboard_serving.server.inference.datatypes import NUMBERS
from leeboard_serving.server.inference.request import gathered
from leeboard_serving.server.inference.signature import Signature, Tensor

SCORE = (Tensor("probability", "FP64"),)
MIXED = Signature((Tensor("wind", "FP64"), Tensor("hour", "INT64"), Tensor("carrier", "BYTES")), SCORE)
NUMBERS_ALONE = Signature((Tensor("a", "FP64"), Tensor("b", "FP64")), SCORE)
LARGEST = 1 << 20


def tensor(name, datatype, shape, data):
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def columns(rows=2, as_columns=False):
    shape = [rows, 1] if as_columns else [rows]
    return [
        tensor("wind", "FP64", shape, [1.5, None][:rows]),
        tensor("hour", "INT64", shape, [3, 4][:rows]),
        tensor("carrier", "BYTES", shape, ["AA", "Überflug"][:rows]),
    ]


def message(document, *headers, binary=b""):
    text = json.dumps(document).encode()
    lengths = [(b"Inference-Header-Content-Length", str(len(text)).encode())] if binary else []
    return Message(text + binary, [*headers, *lengths])


def asked(inputs, **members):
    return message({"inputs": inputs} | members)


def answered(data, *, shape=None, datatype="FP64", name="probability", **members):
    return message({"outputs": [tensor(name, datatype, [len(data)] if shape is None else shape, data)]} | members)


def prediction(request, answer, signature=MIXED):
    return read(request, answer, signature, "probability", LARGEST)


def values(found, signature):
    rows = gathered([found.request], signature.names)
    return {name: rows.column(name).tolist() for name in signature.names}


@pytest.mark.parametrize("as_columns", [False, True])
def test_a_tensor_for_each_input(as_columns):
    found = prediction(asked(columns(as_columns=as_columns), id="r"), answered([0.25, 0.5]))
    assert found.request.id == "r"
    seen = values(found, MIXED)
    assert (seen["hour"], seen["carrier"]) == ([3, 4], ["AA", "Überflug"])
    assert seen["wind"][0] == 1.5
    assert np.isnan(seen["wind"][1])
    assert found.scores.tolist() == [0.25, 0.5]


def test_inputs_of_the_server_that_the_model_does_not_have_are_left_out():
    extra = tensor("temperature_unit", "BYTES", [1], ["C"])
    found = prediction(asked([extra, *columns()]), answered([0.25, 0.5]))
    assert values(found, MIXED)["hour"] == [3, 4]


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]])
def test_all_inputs_as_one_matrix_in_the_order_of_the_model(data):
    found = prediction(asked([tensor("anything", "FP32", [2, 2], data)]), answered([0, 1]), NUMBERS_ALONE)
    assert values(found, NUMBERS_ALONE) == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


@pytest.mark.parametrize(
    ("shape", "data", "scores"),
    [
        ([2], [0.25, 0.5], [0.25, 0.5]),
        ([2, 1], [[0.25], [0.5]], [0.25, 0.5]),
        ([2, 1], [0.25, 0.5], [0.25, 0.5]),
        ([2, 2], [[0.75, 0.25], [0.5, 0.5]], [0.25, 0.5]),
        ([2, 2], [0.75, 0.25, 0.5, 0.5], [0.25, 0.5]),
    ],
)
def test_shapes_of_scores(shape, data, scores):
    assert prediction(asked(columns()), answered(data, shape=shape)).scores.tolist() == scores


@pytest.mark.parametrize("datatype", [name for name in NUMBERS if name != "BOOL"])
def test_scores_of_every_data_type(datatype):
    assert prediction(asked(columns()), answered([0, 1], datatype=datatype)).scores.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("of_request", "of_answer", "identity"),
    [("r", "a", "r"), (None, "a", "a"), ("", "a", "a"), (None, None, ""), ("x" * 257, "a", "a"), ("a\nb", None, "")],
)
def test_the_id_is_the_requests_or_else_the_answers(of_request, of_answer, identity):
    found = prediction(asked(columns(), id=of_request), answered([0, 1], id=of_answer))
    assert found.request.id == identity


def test_other_outputs_are_passed_over_with_their_bytes():
    scores = np.array([0.25, 0.5], "<f4").tobytes()
    outputs = [
        tensor("label", "INT64", [2], [0, 1]) | {"data": None, "parameters": {"binary_data_size": 16}},
        {"name": "probability", "datatype": "FP32", "shape": [2], "parameters": {"binary_data_size": len(scores)}},
    ]
    found = prediction(asked(columns()), message({"outputs": outputs}, binary=bytes(16) + scores))
    assert found.scores.tolist() == [0.25, 0.5]


def packed_text(texts):
    return b"".join(struct.pack("<I", len(one.encode())) + one.encode() for one in texts)


@given(
    st.lists(
        st.tuples(
            st.floats(width=64),
            st.integers(-(2**63), 2**63 - 1),
            st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
        ),
        min_size=1,
        max_size=20,
    ),
    st.booleans(),
)
def test_what_was_sent_as_bytes_is_what_is_read(rows, as_columns):
    wind, hour, carrier = (list(one) for one in zip(*rows, strict=True))
    parts = [np.array(wind, "<f8").tobytes(), np.array(hour, "<i8").tobytes(), packed_text(carrier)]
    shape = [len(rows), 1] if as_columns else [len(rows)]
    inputs = [
        {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(part)}}
        for (name, datatype), part in zip(
            [("wind", "FP64"), ("hour", "INT64"), ("carrier", "BYTES")], parts, strict=True
        )
    ]
    found = prediction(message({"inputs": inputs}, binary=b"".join(parts)), answered([0.5] * len(rows)))
    seen = values(found, MIXED)
    np.testing.assert_array_equal(seen["wind"], wind)
    assert (seen["hour"], seen["carrier"]) == (hour, carrier)


@pytest.mark.parametrize("datatype", NUMBERS)
@given(data=st.data())
def test_numbers_of_every_data_type_by_json_and_as_bytes(datatype, data):
    dtype = NUMBERS[datatype]
    if dtype.kind == "f":
        number = st.floats(-100, 100, width=16)
    elif dtype.kind == "b":
        number = st.booleans()
    else:
        number = st.integers(int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    sent = data.draw(st.lists(number, min_size=1, max_size=9))
    name = "BOOL" if dtype.kind == "b" else "INT64" if dtype.kind == "i" else "FP64"
    signature = Signature((Tensor("x", name),), SCORE)
    packed = np.array(sent, dtype).tobytes()
    by_bytes = message(
        {
            "inputs": [
                {
                    "name": "x",
                    "datatype": datatype,
                    "shape": [len(sent)],
                    "parameters": {"binary_data_size": len(packed)},
                }
            ]
        },
        binary=packed,
    )
    by_json = asked([tensor("x", datatype, [len(sent)], sent)])
    wanted = np.array(sent, dtype).astype({"BOOL": bool, "INT64": np.int64, "FP64": np.float64}[name]).tolist()
    for one in (by_json, by_bytes):
        assert values(prediction(one, answered([0.0] * len(sent)), signature), signature) == {"x": wanted}


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_bodies(encoding, pack):
    packed = [
        Message(pack(one.body), [(b"Content-Encoding", encoding.encode())])
        for one in (asked(columns()), answered([0.25, 0.5]))
    ]
    assert prediction(*packed).scores.tolist() == [0.25, 0.5]


BOMB = Message(gzip.compress(b" " * (4 * LARGEST)), [(b"content-encoding", b"gzip")])
GOOD = asked(columns())


@pytest.mark.parametrize(
    ("request_", "answer", "why"),
    [
        (Message(b""), answered([0, 1]), "Request"),
        (Message(b"{"), answered([0, 1]), "Request"),
        (Message(b"[" * 100_000), answered([0, 1]), "Request"),
        (Message(b'{"inputs": 3}'), answered([0, 1]), "Request"),
        (asked([]), answered([0, 1]), "Request"),
        (asked(columns()[:2]), answered([0, 1]), "Request"),
        (asked([*columns(), columns()[0]]), answered([0, 1]), "Request"),
        (asked([tensor("wind", "FP64", [-2], []), *columns()[1:]]), answered([0, 1]), "Request"),
        (asked([tensor("wind", "FP64", [2**62, 2**62], []), *columns()[1:]]), answered([0, 1]), "Request"),
        (asked([tensor("wind", "BYTES", [2], ["a", "b"]), *columns()[1:]]), answered([0, 1]), "Request"),
        (asked([tensor("hour", "FP64", [2], [0.5, 1.0]), columns()[0], columns()[2]]), answered([0, 1]), "Request"),
        (Message(GOOD.body, [(b"inference-header-content-length", b"99999")]), answered([0, 1]), "Encoding"),
        (Message(GOOD.body, [(b"inference-header-content-length", b"-1")]), answered([0, 1]), "Encoding"),
        (Message(GOOD.body, [(b"inference-header-content-length", b"9" * 5000)]), answered([0, 1]), "Encoding"),
        (Message(GOOD.body, [(b"content-encoding", b"br")]), answered([0, 1]), "Encoding"),
        (Message(GOOD.body, [(b"content-encoding", b"gzip")]), answered([0, 1]), "Encoding"),
        (BOMB, answered([0, 1]), "TooLarge"),
        (GOOD, BOMB, "TooLarge"),
        (GOOD, Message(b"<html>"), "Answer"),
        (GOOD, Message(b"\xff\xfe"), "Answer"),
        (GOOD, message({"outputs": []}), "Answer"),
        (GOOD, answered([0, 1], name="other"), "Answer"),
        (GOOD, answered([0, None]), "Answer"),
        (GOOD, answered(["a", "b"], datatype="BYTES"), "Answer"),
        (GOOD, answered([0, 1], datatype="NONE"), "Answer"),
        (GOOD, answered([0, 1, 2], shape=[1, 3]), "Answer"),
        (GOOD, answered([0, 1], shape=[2, 1, 1]), "Answer"),
        (GOOD, answered([0, 1], shape=[]), "Answer"),
        (GOOD, answered([0, 1, 2], shape=[2]), "Answer"),
        (GOOD, Message(b'{"outputs":[{"name":"probability","datatype":"FP64","shape":[2],"data":[NaN,1]}]}'), "Answer"),
        (
            GOOD,
            Message(b'{"outputs":[{"name":"probability","datatype":"FP64","shape":[2],"data":[1e999,1]}]}'),
            "Answer",
        ),
        (GOOD, Message(b'{"outputs":[{"name":"probability","datatype":"FP64","shape":[2]}]}'), "Answer"),
        (GOOD, answered([0, 1, 2]), "Rows"),
        (GOOD, answered([0]), "Rows"),
    ],
)
def test_what_cannot_be_read_has_a_reason(request_, answer, why):
    with pytest.raises(Unreadable) as refused:
        prediction(request_, answer)
    assert refused.value.why == why


HEADERS = st.lists(
    st.tuples(st.sampled_from([b"content-encoding", b"inference-header-content-length"]), st.binary(max_size=8)),
    max_size=2,
)
PIECES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([GOOD.body, answered([0, 1]).body]).flatmap(
        lambda body: st.tuples(st.integers(0, len(body)), st.binary(max_size=4)).map(
            lambda cut: body[: cut[0]] + cut[1] + body[cut[0] + len(cut[1]) :]
        )
    ),
)


@given(PIECES, HEADERS)
def test_no_bytes_break_the_reader(body, headers):
    for attempt in (
        lambda: request_of(Message(body, headers), MIXED, LARGEST),
        lambda: answer_of(Message(body, headers), "probability", LARGEST),
    ):
        with contextlib.suppress(Unreadable):
            attempt()
