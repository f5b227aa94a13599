"""Requests and answers as bytes: what JSON and the binary extension say is the same, and what is wrong is named."""

import json
import re
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leeboard.models.rows import Rows
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.datatypes import NUMBERS, datatype_of
from leeboard_serving.server.inference.decoding import parse_request
from leeboard_serving.server.inference.encoding import Encoder, as_bytes
from leeboard_serving.server.inference.request import BadRequest, gathered
from leeboard_serving.server.inference.signature import Signature, Tensor
from leeboard_serving.server.inference.values import values_of_bytes, values_of_json

NUMERIC = Signature((Tensor("x", "FP64"), Tensor("y", "FP64")), (Tensor("score", "FP64"), Tensor("predict", "INT64")))
MIXED = Signature(
    (Tensor("number", "FP64"), Tensor("count", "INT64"), Tensor("flag", "BOOL"), Tensor("text", "BYTES")),
    (Tensor("score", "FP64"),),
)


def parsed(request, signature=NUMERIC, rest=b""):
    text = request if isinstance(request, bytes) else json.dumps(request).encode()
    return parse_request(text + rest, signature, len(text))


def tensor(name, datatype, shape, data=None, **parameters):
    given = {"name": name, "datatype": datatype, "shape": shape}
    return given | ({"data": data} if data is not None else {}) | ({"parameters": parameters} if parameters else {})


def rows(request, signature=NUMERIC):
    return gathered([request], signature.names)


FORMS = {
    "a flat matrix": [tensor("any", "FP64", [2, 2], [1, 2.5, 3, 4])],
    "a nested matrix": [tensor("any", "FP64", [2, 2], [[1, 2.5], [3, 4]])],
    "whole numbers and fractions": [tensor("x", "INT8", [2], [1, 3]), tensor("y", "FP32", [2], [2.5, 4])],
    "columns": [tensor("y", "FP64", [2], [2.5, 4]), tensor("x", "FP64", [2], [1, 3])],
    "columns of one": [tensor("x", "FP64", [2, 1], [1, 3]), tensor("y", "FP64", [2, 1], [[2.5], [4]])],
}


@pytest.mark.parametrize("inputs", FORMS.values(), ids=FORMS.keys())
def test_all_forms_bring_the_same_rows(inputs):
    found = rows(parsed({"inputs": inputs}))
    np.testing.assert_array_equal(found.as_matrix(np.float64), [[1, 2.5], [3, 4]])
    assert found.names == ("x", "y")


def test_one_row_of_columns_is_a_row_of_a_matrix():
    asked = parsed({"inputs": [tensor("x", "FP64", [1], [1]), tensor("y", "FP64", [1], [None])]})
    assert asked.flat == [1.0, None]
    np.testing.assert_array_equal(rows(asked).matrix, [[1, np.nan]])


def test_requests_of_one_layout_are_gathered():
    asked = [parsed({"inputs": [tensor("m", "FP32", [n, 2], [float(n)] * 2 * n)]}) for n in (1, 2, 3)]
    binary = parsed({"inputs": [tensor("m", "FP32", [1, 2], binary_data_size=8)]}, rest=struct.pack("<2f", 9, 9))
    assert len({one.layout for one in (*asked, binary)}) == 1
    expected = [[1, 1], [2, 2], [2, 2], [3, 3], [3, 3], [3, 3]]
    np.testing.assert_array_equal(gathered(asked, ("x", "y")).matrix, expected)
    together = gathered([*asked, binary], ("x", "y")).matrix
    np.testing.assert_array_equal(together, [*expected, [9, 9]])
    assert together.dtype == np.float32


def test_a_matrix_of_bytes_is_not_copied():
    data = np.arange(6, dtype="<f8").reshape(3, 2)
    text = json.dumps({"inputs": [tensor("m", "FP64", [3, 2], binary_data_size=48)]}).encode()
    body = text + data.tobytes()
    asked = parse_request(body, NUMERIC, len(text))
    assert np.shares_memory(rows(asked).matrix, np.frombuffer(body, np.uint8))
    np.testing.assert_array_equal(rows(asked).matrix, data)


def test_every_kind_of_column():
    asked = parsed(
        {
            "id": "a",
            "inputs": [
                tensor("number", "FP16", [3], [1, None, 2.5]),
                tensor("count", "FP64", [3], [1.0, 2.0, -3.0]),
                tensor("flag", "BOOL", [3], [True, False, True]),
                tensor("text", "BYTES", [3], ["a", None, "ü"]),
            ],
        },
        MIXED,
    )
    columns = asked.columns
    np.testing.assert_array_equal(columns["number"], [1, np.nan, 2.5])
    assert columns["count"].tolist() == [1, 2, -3]
    assert columns["count"].dtype == np.int64
    assert columns["flag"].dtype == np.bool_
    assert columns["text"].tolist() == ["a", None, "ü"]
    assert (asked.id, asked.rows) == ("a", 3)


def test_missing_whole_numbers_and_truth_values_are_not_a_number():
    inputs = [
        tensor("number", "FP64", [2], [1, 2]),
        tensor("count", "INT64", [2], [None, 2]),
        tensor("flag", "BOOL", [2], [None, True]),
        tensor("text", "BYTES", [2], ["a", "b"]),
    ]
    columns = parsed({"inputs": inputs}, MIXED).columns
    np.testing.assert_array_equal(columns["count"], [np.nan, 2])


def packed(*texts):
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def test_columns_in_json_and_in_bytes_may_be_mixed():
    rest = struct.pack("<2d", 0.5, 1.5) + b"\1\0" + packed(b"a", "ü".encode())
    inputs = [
        tensor("number", "FP64", [2], binary_data_size=16),
        tensor("count", "INT64", [2], [2**53 + 1, -(2**63)]),
        tensor("flag", "BOOL", [2], binary_data_size=2),
        tensor("text", "BYTES", [2], binary_data_size=len(packed(b"a", "ü".encode()))),
    ]
    columns = parsed({"inputs": inputs}, MIXED, rest).columns
    assert columns["number"].tolist() == [0.5, 1.5]
    assert columns["count"].tolist() == [2**53 + 1, -(2**63)]
    assert columns["flag"].tolist() == [True, False]
    assert columns["text"].tolist() == ["a", "ü"]


MATRIX = [tensor("m", "FP32", [1, 2], binary_data_size=8)]
BAD = {
    "bytes that nobody owns": ({"inputs": MATRIX}, b"x" * 9, "1 bytes follow the JSON"),
    "too few bytes": ({"inputs": MATRIX}, b"x" * 7, "binary_data_size is 8, and 7 bytes follow"),
    "a negative size": ({"inputs": [tensor("m", "FP32", [1, 2], binary_data_size=-8)]}, b"", "binary_data_size is -8"),
    "no size": ({"inputs": [tensor("m", "FP32", [1, 2], binary_data_size="8")]}, b"", "binary_data_size is 8"),
    "another size": ({"inputs": [tensor("m", "FP32", [1, 2], binary_data_size=4)]}, b"xxxx", "4 bytes, and its shape"),
    "both": ({"inputs": [tensor("m", "FP32", [1, 2], [1, 2], binary_data_size=8)]}, b"x" * 8, "both data and"),
    "neither": ({"inputs": [tensor("m", "FP32", [1, 2])]}, b"", "no list named data"),
    "texts for numbers": ({"inputs": [tensor("m", "BYTES", [1, 2], ["a", "b"])]}, b"", "numbers are wanted"),
    "a wide matrix": ({"inputs": [tensor("m", "FP32", [1, 3], [1, 2, 3])]}, b"", "the model takes 2 inputs"),
    "ragged rows": ({"inputs": [tensor("m", "FP32", [2, 2], [[1], [1, 2, 3]])]}, b"", "rows of other lengths"),
    "another depth": ({"inputs": [tensor("m", "FP32", [1, 2], [[[1, 2]]])]}, b"", "neither FP32 nor null"),
    "a deep tensor": ({"inputs": [tensor("x", "FP32", [1, 1, 1], [[[1]]])]}, b"", "inputs are absent: y"),
    "a large byte": ({"inputs": [tensor("m", "UINT8", [1, 2], [1, 256])]}, b"", "a number, or null, that UINT8"),
    "a missing integer": ({"inputs": [tensor("m", "INT8", [1, 2], [1, None])]}, b"", "a number, or null, that INT8"),
    "not a number": (b'{"inputs":[{"name":"m","datatype":"FP64","shape":[1,2],"data":[NaN,1]}]}', b"", "JSON"),
    "no unicode": (b'{"inputs":[{"name":"\xff","datatype":"FP64","shape":[1],"data":[1]}]}', b"", "JSON"),
    "too many rows": ({"inputs": [tensor("m", "FP64", [100_001, 2], [0] * 200_002)]}, b"", "100001 rows"),
    "no rows": ({"inputs": [tensor("m", "FP64", [0, 2], [])]}, b"", "0 rows"),
    "no inputs": ({"inputs": []}, b"", "inputs are absent: x, y"),
    "a dimension of 2^63": ({"inputs": [tensor("m", "FP64", [2**63, 2], [])]}, b"", "takes"),
    "many dimensions": ({"inputs": [tensor("m", "FP64", [1] * 9, [1])]}, b"", "no shape"),
    "parameters of parameters": ({"inputs": [tensor("m", "FP64", [1, 2], [1, 2], a={"b": 1})]}, b"", "parameters"),
}


@pytest.mark.parametrize(("request_", "rest", "text"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_named(request_, rest, text):
    with pytest.raises(BadRequest, match=re.escape(text)):
        parsed(request_, rest=rest)


@pytest.mark.parametrize(
    ("size", "data", "text"),
    [
        (1, packed(b"a") + b"x", "that are not the 1 texts"),
        (2, packed(b"a"), "that are not the 2 texts"),
        (1, struct.pack("<I", 5) + b"abc", "that are not the 1 texts"),
        (1, b"\1\0", "that are not the 1 texts"),
        (1, packed(b"\xff"), "not UTF-8"),
    ],
)
def test_texts_of_bytes_that_are_none(size, data, text):
    with pytest.raises(BadRequest, match=text):
        values_of_bytes("t", "BYTES", [size], memoryview(data))


def test_truth_values_and_brain_floats_of_bytes():
    assert values_of_bytes("b", "BOOL", [3], memoryview(b"\1\0\1")).tolist() == [True, False, True]
    with pytest.raises(BadRequest, match="0 or 1"):
        values_of_bytes("b", "BOOL", [1], memoryview(b"\2"))
    halves = np.array([1.5, -2.0], "<f4").view("<u4") >> 16
    assert values_of_bytes("b", "BF16", [2], memoryview(halves.astype("<u2").tobytes())).tolist() == [1.5, -2.0]
    with pytest.raises(BadRequest, match="no data type"):
        values_of_bytes("b", "COMPLEX64", [1], memoryview(b"12345678"))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.data(), st.sampled_from(sorted(NUMBERS)))
def test_json_and_bytes_say_the_same(data, datatype):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=4))
    finite = {"allow_nan": False, "allow_infinity": False} if datatype.startswith("FP") else {}
    array = data.draw(hnp.arrays(NUMBERS[datatype], shape, elements=hnp.from_dtype(NUMBERS[datatype], **finite)))
    of_bytes = values_of_bytes("t", datatype, list(shape), memoryview(array.tobytes()))
    for nested in (array.reshape(-1).tolist(), array.tolist()):
        text = msgspec.json.encode(nested)
        of_json = np.array(values_of_json("t", datatype, list(shape), text), dtype=NUMBERS[datatype])
        np.testing.assert_array_equal(of_json, of_bytes)
    assert as_bytes(array) == array.tobytes()
    assert datatype_of(array) == datatype


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.binary(max_size=200), st.integers(0, 250))
def test_no_bytes_are_more_than_a_bad_request(body, length):
    with pytest.raises(BadRequest):
        parse_request(body, NUMERIC, length)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.fixed_dictionaries(
        {
            "inputs": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.sampled_from(["x", "y", "m"]) | JSON,
                        "datatype": st.sampled_from([*NUMBERS, "BYTES", "BF16"]) | JSON,
                        "shape": st.lists(st.integers(-1, 3), max_size=3) | JSON,
                    },
                    optional={"data": JSON, "parameters": JSON},
                ),
                max_size=3,
            )
            | JSON
        },
        optional={"id": JSON, "outputs": JSON, "parameters": JSON},
    ),
    st.binary(max_size=20),
)
def test_whatever_is_asked_is_understood_or_refused(request_, rest):
    text = json.dumps(request_, allow_nan=False).encode()
    try:
        asked = parse_request(text + rest, NUMERIC, len(text))
    except BadRequest as error:
        assert str(error)
    else:
        assert rows(asked).count == asked.rows


ENCODER = Encoder("m", 'v"1', "score")
SCORES = np.array([0.25, 1e-300, 1.0])
ANSWERS = Answers("score", SCORES, {"predict": np.array([0, 0, 1]), "texts": np.array(["a", "ü", ""], object)},
                  Rows(("x",), matrix=np.zeros((3, 1))))  # fmt: skip


def asked_for(*outputs, rows=2, identity="i\\d", **parameters):
    wide = Signature(NUMERIC.inputs, (Tensor("score", "FP64"), Tensor("predict", "INT64"), Tensor("texts", "BYTES")))
    request = {"id": identity, "inputs": [tensor("m", "FP32", [rows, 2], [0] * 2 * rows)], "parameters": parameters}
    return parsed(request | ({"outputs": list(outputs)} if outputs else {}), wide)


def test_the_usual_answer():
    body, length = ENCODER.encode(asked_for(), ANSWERS, 1)
    assert length == len(body)
    assert json.loads(body) == {
        "model_name": "m",
        "model_version": 'v"1',
        "id": "i\\d",
        "outputs": [{"name": "score", "datatype": "FP64", "shape": [2], "data": [1e-300, 1.0]}],
    }


def test_outputs_that_were_asked_for():
    body, length = ENCODER.encode(asked_for({"name": "texts"}, {"name": "predict"}), ANSWERS, 0)
    assert length == len(body)
    assert json.loads(body)["outputs"] == [
        {"name": "texts", "datatype": "BYTES", "shape": [2], "data": ["a", "ü"]},
        {"name": "predict", "datatype": "INT64", "shape": [2], "data": [0, 0]},
    ]


@pytest.mark.parametrize("every", [True, False])
def test_outputs_as_bytes(every):
    parameters = {} if every else {"parameters": {"binary_data": True}}
    json_one = {"name": "predict", "parameters": {"binary_data": False}}
    outputs = ({"name": "score"} | parameters, json_one, {"name": "texts"} | parameters)
    asked = asked_for(*outputs, **({"binary_data_output": True} if every else {}))
    body, length = ENCODER.encode(asked, ANSWERS, 1)
    score, predict, texts = json.loads(body[:length])["outputs"]
    assert score["parameters"] == {"binary_data_size": 16}
    assert predict["data"] == [0, 1]
    assert texts["parameters"] == {"binary_data_size": 10}
    assert body[length:] == SCORES[1:].tobytes() + packed("ü".encode(), b"")


def test_the_default_output_as_bytes():
    body, length = ENCODER.encode(asked_for(binary_data_output=True), ANSWERS, 0)
    assert body[length:] == SCORES[:2].tobytes()
