"""Frames on the socket between server and exporter: whatever is sent arrives as it was, and nothing else is."""

import asyncio

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leeboard_serving.observation import LARGEST_BODY, Observation, decode, encode, read


def column(values, dtype):
    made = np.empty(len(values), dtype=dtype)
    made[:] = values
    return made


@st.composite
def observations(draw):
    rows = draw(st.integers(0, 5))

    def values(of):
        return draw(st.lists(of, min_size=rows, max_size=rows))

    inputs = {
        "number": column(values(st.floats(allow_nan=True)), np.float64),
        "count": column(values(st.integers(-(2**63), 2**63 - 1)), np.int64),
        "flag": column(values(st.booleans()), np.bool_),
        "text": column(values(st.none() | st.text()), object),
    }
    kept = draw(st.sets(st.sampled_from(sorted(inputs))))
    return Observation(
        id=draw(st.text(max_size=20)),
        time=draw(st.floats(0, 2e9)),
        seconds=draw(st.floats(0, 60)),
        status=draw(st.sampled_from([200, 400, 500])),
        rows=rows,
        inputs={name: inputs[name] for name in kept},
        scores=column(values(st.floats(0, 1)), np.float64),
        dropped=draw(st.integers(0, 100)),
    )


async def read_all(data):
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    while (one := await read(reader)) is not None:
        found.append(one)
    return found


def same(a, b):
    assert (a.id, a.time, a.seconds, a.status, a.rows, a.dropped) == (
        b.id,
        b.time,
        b.seconds,
        b.status,
        b.rows,
        b.dropped,
    )
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


FRAME = encode(Observation("r", 1.0, 0.1, 200, 2, {"x": np.array([1.0, 2.0])}, np.array([0.1, 0.2])))


@pytest.mark.parametrize("length", range(1, len(FRAME)))
def test_a_frame_that_is_cut_is_none(length):
    with pytest.raises(ValueError, match="cut"):
        asyncio.run(read_all(FRAME[:length]))


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"", b""),
        (b"[]", b""),
        (b"{}", b""),
        (b'{"id":"r","time":1,"seconds":1,"status":200,"rows":1,"dropped":0,"columns":[["","FP64",8]]}', b"1234567"),
        (b'{"id":"r","time":1,"seconds":1,"status":200,"rows":2,"dropped":0,"columns":[["","FP64",8]]}', b"12345678"),
        (b'{"id":"r","time":1,"seconds":1,"status":200,"rows":1,"dropped":0,"columns":[["","FP64",8]]}', b"123456789"),
        (b'{"id":"r","time":1,"seconds":1,"status":200,"rows":1,"dropped":0,"columns":[["","BYTES",3]]}', b"[1]"),
        (
            b'{"id":"r","time":1,"seconds":1,"status":200,"rows":1,"dropped":0,"columns":[["x","BYTES",3],["","FP64",8]]}',
            b'"a"12345678',
        ),
        (b'{"id":"r","time":1,"seconds":1,"status":200,"rows":1,"dropped":0,"columns":[["","OBJECT",8]]}', b"12345678"),
        (b'{"id":"r","time":1,"seconds":1,"status":200,"rows":0,"dropped":0,"columns":[]}', b""),
    ],
)
def test_what_is_no_observation_is_refused(header, body):
    with pytest.raises(ValueError, match=r".+"):
        decode(header, body)


def test_a_length_beyond_the_bound_is_refused_before_it_is_read():
    with pytest.raises(ValueError, match="a frame of"):
        asyncio.run(read_all((5).to_bytes(4, "big") + (LARGEST_BODY + 1).to_bytes(4, "big")))
    with pytest.raises(ValueError, match="an observation of"):
        encode(Observation("r", 1.0, 0.1, 200, 0, {"x": np.zeros(LARGEST_BODY // 8 + 1)}))
