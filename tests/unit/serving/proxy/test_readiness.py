"""Nobody is sent to a server before it has answered the golden samples, in whatever form it takes them."""

from __future__ import annotations

import json

import httpx
import numpy as np
import pytest

from leeboard_serving.failures import ServingError
from leeboard_serving.proxy.samples import Answered, NotYet, prove
from leeboard_serving.proxy.settings import Settings
from leeboard_serving.server.golden import Golden, read_golden
from leeboard_serving.server.inference.decoding import parse_request
from tests.unit.serving.proxy.running import INFER, Scripted, answer, before_ours, proxying
from tests.unit.serving.server.running import lay_out, request, start, trained


def golden(tmp_path, inputs, scores, tolerance=1e-6):
    document = {
        "contract": 1,
        "inputs": inputs,
        "outputs": [{"name": "probability", "datatype": "FP64", "data": scores}],
        "tolerance": tolerance,
    }
    path = tmp_path / "golden.json"
    path.write_text(json.dumps(document))
    return read_golden(path)


NUMBERS = [
    {"name": "a", "datatype": "FP64", "data": [1.0, 2.0, 3.0]},
    {"name": "b", "datatype": "INT64", "data": [0, 1, 2]},
]
SCORES = [0.1, 0.3, 0.5]


class Server:
    """Answers what `understands` understands: it gives the rows of a request as lists, or None."""

    def __init__(self, understands, metadata=None, off=0.0, ready=200):
        self.understands, self.metadata, self.off, self.ready = understands, metadata, off, ready
        self.asked = []

    def __call__(self, method, path, body):
        if path == "/v2/health/ready":
            return Answered(self.ready, b"")
        if path == "/v2/models/m":
            return Answered(200 if self.metadata else 404, json.dumps(self.metadata or {}).encode())
        assert (method, path) == ("POST", "/v2/models/m/infer")
        asked = json.loads(body)
        self.asked.append(asked)
        rows = self.understands(asked["inputs"])
        if rows is None:
            return Answered(500, b'{"error": "not in that form"}')
        scores = [a / 5 - 0.1 + self.off for a, _ in rows]
        output = {"name": "probability", "datatype": "FP32", "shape": [len(rows), 2]}
        data = [number for score in scores for number in (1 - score, score)]
        return Answered(200, json.dumps({"outputs": [output | {"data": data}]}).encode())


def tensors(inputs):
    if [one["name"] for one in inputs] != ["a", "b"] or any(len(one["shape"]) != 1 for one in inputs):
        return None
    return list(zip(*(one["data"] for one in inputs), strict=True))


def single_columns(inputs):
    if [one["name"] for one in inputs] != ["a", "b"] or any(len(one["shape"]) != 2 for one in inputs):
        return None
    return list(zip(*(one["data"] for one in inputs), strict=True))


def matrix(name=None, datatype=None):
    def understands(inputs):
        one = inputs[0]
        if len(inputs) != 1 or name not in (None, one["name"]) or datatype not in (None, one["datatype"]):
            return None
        return np.array(one["data"]).reshape(one["shape"]).tolist()

    return understands


def described(*inputs):
    return {"inputs": [{"name": name, "datatype": datatype, "shape": shape} for name, datatype, shape in inputs]}


@pytest.mark.parametrize(
    ("server", "questions"),
    [
        (Server(tensors), 1),
        (Server(tensors, described(("a", "FP64", [-1]), ("b", "FP64", [-1]))), 1),
        (Server(single_columns), 2),
        (Server(single_columns, described(("a", "FP32", [-1, 1]), ("b", "FP32", [-1, 1]))), 1),
        (Server(matrix("x", "FP32"), described(("x", "FP32", [-1, 2]))), 1),
        (Server(matrix(datatype="FP32")), 4),
        (Server(matrix()), 3),
        (Server(tensors, {"inputs": "none"}), 1),
        (Server(tensors, off=5e-7), 1),
    ],
)
def test_every_form_that_a_server_takes(tmp_path, server, questions):
    _, samples = golden(tmp_path, NUMBERS, SCORES)
    prove(server, samples, "m", "probability")
    assert len(server.asked) == questions
    assert server.asked[-1]["outputs"] == [{"name": "probability"}]


def test_samples_with_a_missing_value_are_left_out_where_the_server_has_no_place_for_it(tmp_path):
    inputs = [NUMBERS[0] | {"data": [1.0, None, 3.0]}, NUMBERS[1]]
    _, samples = golden(tmp_path, inputs, SCORES)
    server = Server(lambda inputs: None if None in inputs[0]["data"] else tensors(inputs))
    prove(server, samples, "m", "probability")
    assert server.asked[-1]["inputs"][0]["data"] == [1.0, 3.0]


@pytest.mark.parametrize(
    ("server", "reason", "text"),
    [
        (Server(tensors, off=1e-3), "GoldenSamplesMismatch", "0.001 off"),
        (Server(lambda inputs: None), "GoldenSamplesRefused", "not in that form"),
    ],
)
def test_wrong_answers_and_none(tmp_path, server, reason, text):
    _, samples = golden(tmp_path, NUMBERS, SCORES)
    with pytest.raises(ServingError) as refused:
        prove(server, samples, "m", "probability")
    assert refused.value.reason == reason
    assert text in refused.value.message
    if reason == "GoldenSamplesMismatch":
        prove(server, samples.within(0.01), "m", "probability")


def away(method, path, body):
    raise ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize("server", [away, Server(tensors, ready=503), lambda *_: Answered(503, b"")])
def test_a_server_that_is_not_there_yet_says_nothing_of_the_model(tmp_path, server):
    _, samples = golden(tmp_path, NUMBERS, SCORES)
    with pytest.raises(NotYet):
        prove(server, samples, "m", "probability")


def test_the_samples_are_asked_as_they_lie(tmp_path):
    signature, samples = golden(tmp_path, NUMBERS, SCORES)
    assert isinstance(samples, Golden)
    server = Server(tensors)
    prove(server, samples, "m", "probability")
    asked = parse_request(text := json.dumps(server.asked[0] | {"outputs": []}).encode(), signature, len(text))
    assert asked.columns is not None
    assert asked.columns["a"].tolist() == [1.0, 2.0, 3.0]


# the process


def told(folder):
    return json.loads((folder / "proxy-termination").read_text())


def lying(connection, scripted):
    """Ready at once, and wrong."""
    while scripted.request(connection) is not None:
        output = {"name": "probability", "datatype": "FP64", "shape": [32], "data": [0.123] * 32}
        body = json.dumps({"outputs": [output]} if b"/infer" in scripted.heads[-1] else {}).encode()
        connection.sendall(answer(body))


def dumb(connection, scripted):
    while scripted.request(connection) is not None:
        bad = b"/infer" in scripted.heads[-1]
        connection.sendall(answer(b"{}", status="400 Bad Request" if bad else "200 OK"))


@pytest.mark.parametrize(("serve", "reason"), [(lying, "GoldenSamplesMismatch"), (dumb, "GoldenSamplesRefused")])
def test_a_server_that_answers_wrongly_never_gets_a_caller_and_the_pod_says_why(tmp_path, serve, reason):
    lay_out(tmp_path / "volume", trained())
    server = Scripted(serve)
    with proxying(tmp_path, server.url) as proxy:
        first = proxy.readiness()
        assert (first.status_code, reason in first.json()["error"]) == (503, True)
        assert [proxy.readiness().status_code for _ in range(2)] == [503, 503]
        assert proxy.process.wait(30) == 70
    assert told(tmp_path)["reason"] == reason
    server.close()


def test_a_server_that_comes_back_is_asked_again(tmp_path):
    with before_ours(tmp_path, trained()) as (proxy, server, _):
        server.process.kill()
        server.process.wait()
        assert httpx.post(f"{proxy.url}{INFER}", json=request(1)).status_code in (502, 503)
        assert proxy.readiness().status_code == 503
        assert httpx.get(f"{proxy.url}/leeboard/live").status_code == 200
        again = start(tmp_path, LEEBOARD_RUN_FOLDER=str(tmp_path / "silent"), LEEBOARD_PORT=str(server.port))
        try:
            proxy.wait_ready()
            assert httpx.post(f"{proxy.url}{INFER}", json=request(1)).status_code == 200
            # that it was proven again is not said again within a minute; that it had to be, is
            assert proxy.log().count("it has to answer the golden samples again") == 1
        finally:
            again.process.kill()
            again.process.wait()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEEBOARD_PROXY_TARGET", "ftp://127.0.0.1:1"),
        ("LEEBOARD_PROXY_TARGET", "http://127.0.0.1"),
        ("LEEBOARD_PROXY_TARGET", "http://127.0.0.1:99999"),
        ("LEEBOARD_PROXY_TARGET", "http://127.0.0.1:80/path"),
        ("LEEBOARD_PROXY_TARGET", ""),
        ("LEEBOARD_GOLDEN_TOLERANCE", "-1"),
        ("LEEBOARD_GOLDEN_TOLERANCE", "inf"),
        ("LEEBOARD_DEADLINE_MS", "soon"),
    ],
)
def test_a_variable_that_is_none(name, value):
    values = {"LEEBOARD_MODEL": "m", "LEEBOARD_VERSION": "v", "LEEBOARD_PROXY_TARGET": "http://127.0.0.1:8000"}
    with pytest.raises(ServingError, match=name) as refused:
        Settings.of(values | {name: value})
    assert refused.value.reason == "BadConfiguration"
