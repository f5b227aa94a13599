"""Frames on the socket between server and exporter: whatever is sent arrives as it was, and nothing else is."""

import asyncio
import json

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leeboard_serving.observation import LARGEST_BODY, Observations, Told, decode, encode, frame, read


def column(values, dtype):
    made = np.empty(len(values), dtype=dtype)
    made[:] = values
    return made


@st.composite
def observations(draw):
    told = [
        Told(
            draw(st.text(max_size=20)),
            draw(st.floats(0, 2e9)),
            draw(st.floats(0, 60)),
            draw(st.sampled_from([200, 400, 500])),
            draw(st.integers(0, 3)),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    rows = sum(one.rows for one in told)

    def values(of):
        return draw(st.lists(of, min_size=rows, max_size=rows))

    inputs = {
        "number": column(values(st.floats(allow_nan=True)), np.float64),
        "half": column(values(st.floats(width=32)), np.float32),
        "count": column(values(st.integers(-(2**63), 2**63 - 1)), np.int64),
        "flag": column(values(st.booleans()), np.bool_),
        "text": column(values(st.none() | st.text()), object),
    }
    kept = draw(st.sets(st.sampled_from(sorted(inputs))))
    scores = column(values(st.floats(0, 1)), np.float64)
    return Observations(told, {name: inputs[name] for name in kept}, scores, draw(st.integers(0, 100)))


async def read_all(data):
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    while (one := await read(reader)) is not None:
        found.append(one)
    return found


def same(a, b):
    assert (list(a.requests), a.dropped) == (list(b.requests), b.dropped)
    assert list(a.inputs) == list(b.inputs)
    for name in a.inputs:
        assert a.inputs[name].dtype == b.inputs[name].dtype
        np.testing.assert_array_equal(a.inputs[name], b.inputs[name])
    np.testing.assert_array_equal(a.scores, b.scores)


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(observations(), max_size=3))
def test_what_is_sent_arrives(sent):
    arrived = asyncio.run(read_all(b"".join(encode(one) for one in sent)))
    assert len(arrived) == len(sent)
    for one, other in zip(sent, arrived, strict=True):
        same(one, other)


@pytest.mark.parametrize(("rows", "lent"), [(3, False), (4096, True)])
def test_a_matrix_in_parts_arrives_as_the_columns_that_it_is(rows, lent):
    first = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)
    second = np.arange(6, dtype=np.float32).reshape(3, 2)
    told = [Told("a", 1.0, 0.1, 200, rows), Told("b", 1.0, 0.1, 500), Told("c", 1.0, 0.1, 200, 3)]
    parts = frame(told, [(("x", "y"), [first, second])], [np.zeros(rows), np.ones(3)], 0)
    views = [np.frombuffer(part, np.uint8) for part in parts if isinstance(part, memoryview)]
    assert any(np.shares_memory(part, first) for part in views) == lent
    (arrived,) = asyncio.run(read_all(b"".join(parts)))
    np.testing.assert_array_equal(arrived.inputs["x"], [*first[:, 0], 0, 2, 4])
    np.testing.assert_array_equal(arrived.inputs["y"], [*first[:, 1], 1, 3, 5])
    np.testing.assert_array_equal(arrived.scores, [0] * rows + [1, 1, 1])


FRAME = encode(Observations([Told("r", 1.0, 0.1, 200, 2)], {"x": np.array([1.0, 2.0])}, np.array([0.1, 0.2])))


@pytest.mark.parametrize("length", range(1, len(FRAME)))
def test_a_frame_that_is_cut_is_none(length):
    with pytest.raises(ValueError, match="cut"):
        asyncio.run(read_all(FRAME[:length]))


def header(*blocks, rows=1):
    described = ",".join(blocks)
    text = f'{{"requests":[["r",1,1,200,{rows}]],"dropped":0,"blocks":[{described}]}}'
    return msgspec.msgpack.encode(json.loads(text))


SCORES = '[[""],"FP64",8]'


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"", b""),
        (msgspec.msgpack.encode([]), b""),
        (msgspec.msgpack.encode({}), b""),
        (b"\x91" * 100_000, b""),
        (header(SCORES)[:-1], b"12345678"),
        (header(SCORES) + b"\0", b"12345678"),
        (msgspec.msgpack.encode(msgspec.msgpack.Ext(1, b"code")), b""),
        (header(SCORES), b"1234567"),
        (header(SCORES, rows=2), b"12345678"),
        (header(SCORES, rows=-1), b"12345678"),
        (header(SCORES), b"123456789"),
        (header('[[""],"FP64",-8]'), b"12345678"),
        (header('[[""],"BYTES",3]'), b"[1]"),
        (header('[[""],"BYTES",5]'), b'["a"]'),
        (header('[["x"],"BYTES",3]', SCORES), b'"a"12345678'),
        (header('[["x","y"],"BYTES",5]', SCORES), b'["a"]12345678'),
        (header('[["x"],"BYTES",9]', SCORES), b'["a","b"]12345678'),
        (header('[["x"],"BOOL",1]', SCORES), b"\x0212345678"),
        (header('[["x","y"],"FP32",4]', SCORES), b"123412345678"),
        (header('[[""],"OBJECT",8]'), b"12345678"),
        (header(rows=0), b""),
        (header('[[""],"FP32",4]'), b"1234"),
    ],
)
def test_what_is_no_observation_is_refused(header, body):
    with pytest.raises(ValueError, match=r".+"):
        decode(header, body)


def test_a_length_beyond_the_bound_is_refused_before_it_is_read():
    with pytest.raises(ValueError, match="a frame of"):
        asyncio.run(read_all((5).to_bytes(4, "big") + (LARGEST_BODY + 1).to_bytes(4, "big")))
    with pytest.raises(ValueError, match="observations of"):
        encode(Observations([], {"x": np.zeros(LARGEST_BODY // 8 + 1)}))
