"""Frames that are none, or that say what cannot be: they cost their connection, are counted, and harm nothing else."""

import json
import struct

import numpy as np
import pytest

from leeboard_serving.observation import encode
from tests.unit.serving.exporter.running import Exporter, prediction

TEXTS = np.array(["AA"], dtype=object)


def raw(header, body=b""):
    text = json.dumps(header).encode()
    return struct.pack(">II", len(text), len(body)) + text + body


def with_texts(texts):
    """A frame whose column of texts holds other JSON than a list."""
    body = json.dumps(texts).encode() + struct.pack("<d", 0.5)
    columns = [["carrier", "BYTES", len(body) - 8], ["", "FP64", 8]]
    header = {"id": "r", "time": 1, "seconds": 1, "status": 200, "rows": 1, "dropped": 0, "columns": columns}
    return raw(header, body)


MALFORMED = {
    "no frame": b"GET / HTTP/1.1\r\nHost: exporter\r\n\r\n",
    "a length beyond the bound": struct.pack(">II", 1 << 31, 0),
    "not JSON": struct.pack(">II", 3, 0) + b"{{{",
    "no observation": raw({"id": "r"}),
    "cut": encode(prediction("r"))[:-1],
    "texts for a number": encode(prediction("r", inputs={"wind": TEXTS})),
    "numbers for a category": encode(prediction("r", inputs={"carrier": np.array([1.0])})),
    "an object for a category": with_texts({"a": 1}),
    "no time": encode(prediction("r", time=float("nan"))),
    "a time beyond time": encode(prediction("r", time=1e300)),
    "a negative duration": encode(prediction("r", seconds=-1.0)),
    "an endless duration": encode(prediction("r", seconds=float("inf"))),
    "no status": encode(prediction("r", status=7)),
    "fewer than none dropped": encode(prediction("r", dropped=-1)),
}


@pytest.fixture(scope="module")
def exporter(tmp_path_factory):
    with Exporter(tmp_path_factory.mktemp("frames"), interval=60) as running:
        yield running


@pytest.mark.parametrize("frame", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_frame_costs_its_connection_alone(exporter, frame):
    counted = exporter.metric("leeboard_malformed_frames_total")
    requests = exporter.metric("leeboard_requests_total")
    with exporter.connect() as good, exporter.connect() as bad:
        good.sendall(encode(prediction("before")))
        bad.sendall(encode(prediction("whole")) + frame)
        if frame == MALFORMED["cut"]:
            bad.shutdown(1)
        bad.settimeout(30)
        assert bad.recv(1) == b""
        good.sendall(encode(prediction("after")))
        exporter.until_requests(requests + 3)
    assert exporter.metric("leeboard_malformed_frames_total") == counted + 1
    assert exporter.metric("leeboard_requests_total") == requests + 3
    assert exporter.is_healthy()
    assert "Traceback" not in exporter.log()
