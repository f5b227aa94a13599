"""Frames that are none, or that say what cannot be: they cost their connection, are counted, and harm nothing else."""

import json
import struct

import msgspec
import numpy as np
import pytest

from leeboard_serving.observation import encode
from tests.unit.serving.exporter.running import Exporter, prediction

TEXTS = np.array(["AA"], dtype=object)


def raw(header, body=b""):
    data = msgspec.msgpack.encode(header)
    return struct.pack(">II", len(data), len(body)) + data + body


def with_texts(texts):
    """A frame whose column of texts holds other JSON than a list."""
    body = json.dumps(texts).encode() + struct.pack("<d", 0.5)
    blocks = [[["carrier"], "BYTES", len(body) - 8], [[""], "FP64", 8]]
    return raw({"requests": [["r", 1, 1, 200, 1]], "dropped": 0, "blocks": blocks}, body)


MALFORMED = {
    "no frame": b"GET / HTTP/1.1\r\nHost: exporter\r\n\r\n",
    "a length beyond the bound": struct.pack(">II", 1 << 31, 0),
    "no MessagePack": struct.pack(">II", 3, 0) + b"\xc1\xc1\xc1",
    "no observation": raw({"id": "r"}),
    "cut": encode(prediction("r").alone())[:-1],
    "texts for a number": encode(prediction("r", inputs={"wind": TEXTS}).alone()),
    "numbers for a category": encode(prediction("r", inputs={"carrier": np.array([1.0])}).alone()),
    "an object for a category": with_texts({"a": 1}),
    "no time": encode(prediction("r", time=float("nan")).alone()),
    "a time beyond time": encode(prediction("r", time=1e300).alone()),
    "a negative duration": encode(prediction("r", seconds=-1.0).alone()),
    "an endless duration": encode(prediction("r", seconds=float("inf")).alone()),
    "no status": encode(prediction("r", status=7).alone()),
    "fewer than none dropped": encode(prediction("r", dropped=-1).alone()),
}


@pytest.fixture(scope="module")
def exporter(tmp_path_factory):
    with Exporter(tmp_path_factory.mktemp("frames"), interval=60) as running:
        yield running


@pytest.mark.parametrize("frame", ["texts for a number", "numbers for a category", "no status"])
def test_requests_of_a_frame_that_cannot_be_counted_are_told_of_as_dropped(exporter, frame):
    """They were answered: a verdict has to know that windows lack them."""
    dropped = exporter.metric("leeboard_observations_dropped_total")
    with exporter.connect() as bad:
        bad.sendall(MALFORMED[frame])
        bad.settimeout(30)
        assert bad.recv(1) == b""
    assert exporter.metric("leeboard_observations_dropped_total") == dropped + 1


@pytest.mark.parametrize("frame", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_frame_costs_its_connection_alone(exporter, frame):
    counted = exporter.metric("leeboard_malformed_frames_total")
    requests = exporter.metric("leeboard_requests_total")
    with exporter.connect() as good, exporter.connect() as bad:
        good.sendall(encode(prediction("before").alone()))
        bad.sendall(encode(prediction("whole").alone()) + frame)
        if frame == MALFORMED["cut"]:
            bad.shutdown(1)
        bad.settimeout(30)
        assert bad.recv(1) == b""
        good.sendall(encode(prediction("after").alone()))
        exporter.until_requests(requests + 3)
    assert exporter.metric("leeboard_malformed_frames_total") == counted + 1
    assert exporter.metric("leeboard_requests_total") == requests + 3
    assert exporter.is_healthy()
    assert "Traceback" not in exporter.log()
