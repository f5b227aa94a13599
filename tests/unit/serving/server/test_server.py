"""The server as a process: what it answers, what it refuses, what it tells the exporter, how it starts and ends."""

import gzip
import json
import signal
import socket
import threading
import time
import zlib
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from leeboard.evaluator.columns import as_served
from leeboard.evaluator.golden import make_golden
from tests.unit.serving.server.running import INPUTS, REFERENCE, Exporter, expected, lay_out, request, start, trained

INFER = "/v2/models/late-flights/infer"


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def world(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", model)
    exporter = Exporter(folder / "observe.sock")
    server = start(folder)
    server.wait_ready()
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client, exporter
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    exporter.close()


@pytest.fixture
def client(world):
    return world[0]


@pytest.fixture
def told(world):
    """What the exporter is told from now on: what requests before have left arrives before this one's mark."""
    client, exporter = world
    assert client.post(INFER, json=request(1, id="mark")).status_code == 200
    exporter.wait_for("mark")
    exporter.told.clear()
    return exporter


@pytest.mark.parametrize("rows", [1, 7, 500])
def test_answers_are_the_models_own(client, model, rows):
    answer = client.post(INFER, json=request(rows)).json()
    assert answer["id"] == "r-1"
    assert (answer["model_name"], answer["model_version"]) == ("late-flights", "late-flights-1a2b3c4d")
    (output,) = answer["outputs"]
    assert {name: output[name] for name in ("name", "datatype", "shape")} == {
        "name": "probability",
        "datatype": "FP64",
        "shape": [rows],
    }
    np.testing.assert_array_equal(output["data"], expected(model, rows))


def test_columns_of_one_are_the_same(client, model):
    asked = request(3)
    for one in asked["inputs"]:
        one |= {"shape": [3, 1], "data": [[value] for value in one["data"]]}
    np.testing.assert_array_equal(client.post(INFER, json=asked).json()["outputs"][0]["data"], expected(model, 3))


def test_a_version_is_reached_by_its_name_and_no_other(client):
    good = "/v2/models/late-flights/versions/late-flights-1a2b3c4d"
    assert client.post(f"{good}/infer", json=request(1)).status_code == 200
    for path in ("/v2/models/late-flights/versions/2/infer", "/v2/models/other/infer"):
        answer = client.post(path, json=request(1))
        assert answer.status_code == 404
        assert "no such model" in answer.json()["error"]
    assert client.get(INFER).status_code == 405


def test_health_and_metadata(client):
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json()["ready"] is True
    assert client.get("/v2/models/late-flights/ready").json() == {"ready": True, "name": "late-flights"}
    assert client.get("/v2").json()["name"] == "leeboard"
    metadata = client.get("/v2/models/late-flights").json()
    assert metadata["versions"] == ["late-flights-1a2b3c4d"]
    assert metadata["inputs"] == [
        {"name": "distance", "datatype": "INT64", "shape": [-1]},
        {"name": "temp", "datatype": "FP64", "shape": [-1]},
        {"name": "wind", "datatype": "FP64", "shape": [-1]},
        {"name": "carrier", "datatype": "BYTES", "shape": [-1]},
    ]
    assert metadata["outputs"] == [{"name": "probability", "datatype": "FP64", "shape": [-1]}]
    assert metadata["optional_outputs"] == [
        {"name": "predict", "datatype": "INT64", "shape": [-1]},
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
    ]


EXTRA = {"name": "extra", "datatype": "FP64", "shape": [1], "data": [1]}


def changed(position, **fields):
    asked = request(2)
    asked["inputs"][position] |= fields
    return asked


BAD = [
    (b"{", "the body is not JSON"),
    (b"[" * 100_000, "Expected `object`, got `array`"),
    (b"[]", "Expected `object`, got `array`"),
    ({"inputs": {}}, "Expected `array`, got `object` - at `$.inputs`"),
    ({"inputs": [1]}, "Expected `object`, got `int` - at `$.inputs[0]`"),
    ({"inputs": request(1)["inputs"][1:]}, "inputs are absent: distance"),
    ({"inputs": [*request(1)["inputs"], EXTRA]}, "no such inputs: extra"),
    ({"inputs": [*request(1)["inputs"], request(1)["inputs"][0]]}, "distance is given twice"),
    (changed(0, datatype="BYTES", data=["1", "2"]), "input distance is INT64, not BYTES"),
    (changed(0, datatype="FP64", data=[1.5, None]), "input distance is INT64 and holds a fraction"),
    (changed(0, datatype=None), "Expected `str`, got `null` - at `$.inputs[0].datatype`"),
    (changed(0, datatype="INT65"), "INT65 is no data type"),
    (changed(0, datatype="x" * 100_000), "input distance: xxx"),
    ({"inputs": [*request(1)["inputs"], EXTRA | {"name": "\ud800"}]}, "the body is not JSON"),
    (changed(0, data="12"), "Expected `array`, got `str`"),
    (changed(0, data=[1, "2"]), "neither INT64 nor null"),
    (changed(0, data=[1, True]), "neither INT64 nor null"),
    (changed(0, data=[1, 2.5]), "neither INT64 nor null"),
    (changed(0, data=[1, 2**70]), "INT64"),
    (changed(1, data=[1, 10**400]), "FP64"),
    (changed(3, data=["AA", 5]), "neither BYTES nor null"),
    (changed(0, shape=[3]), "input distance has 2 values, and its shape [3] takes 3"),
    (changed(0, shape=[1, 2]), "and not [rows] or [rows, 1]"),
    (changed(0, shape=[-2]), "[-2] is no shape"),
    (changed(0, shape=[2**62, 2**62]), "takes"),
    (changed(0, shape=[1], data=[1]), "different numbers of rows"),
    (request(0), "0 rows"),
    (request(1, outputs=[{"name": "other"}]), "outputs name probability, predict, predict_proba"),
    (request(1, outputs=[{"name": "probability"}] * 2), "each once"),
    (request(1, outputs=5), "Expected `array | null`, got `int` - at `$.outputs`"),
    (request(1, id="a\nb"), "printable"),
    (request(1, id=7), "Expected `str | null`, got `int` - at `$.id`"),
    (request(1, id="x" * 257), "printable"),
]


@pytest.mark.parametrize(("asked", "text"), BAD, ids=[text for _, text in BAD])
def test_the_clients_mistakes_are_named(client, told, asked, text):
    answer = client.post(INFER, content=asked if isinstance(asked, bytes) else json.dumps(asked))
    assert answer.status_code == 400
    assert text in answer.json()["error"]
    assert len(answer.content) < 2000
    (observation,) = told.wait(1)
    assert (observation.status, observation.rows) == (400, 0)


def test_a_body_that_is_too_large_is_refused(client, told):
    answer = client.post(INFER, content=b" " * ((16 << 20) + 1))
    assert answer.status_code == 413
    assert [one.status for one in told.wait(1)] == [413]


WHOLE = json.dumps(request(3)).encode()
PACKED = gzip.compress(WHOLE)
COMPRESSED = {
    "cut short": ("gzip", PACKED[:-9], 400, "not what Content-Encoding says: it ends too early"),
    "with something behind": ("gzip", PACKED + PACKED, 400, "goes on after its end"),
    "not compressed": ("gzip", WHOLE, 400, "not what Content-Encoding says"),
    "empty": ("deflate", b"", 400, "ends too early"),
    "of another kind": ("br", WHOLE, 415, "Content-Encoding br is not known; gzip and deflate are"),
    "of two kinds": ("gzip, gzip", gzip.compress(PACKED), 415, "gzip, gzip is not known"),
    "a bomb": ("gzip", gzip.compress(bytes((16 << 20) + 1)), 413, "at most 16777216 bytes once it is unpacked"),
}


@pytest.mark.parametrize("case", COMPRESSED.values(), ids=COMPRESSED.keys())
def test_compressed_bodies_that_are_none(client, told, case):
    encoding, body, status, text = case
    answer = client.post(INFER, content=body, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (status, "gzip, deflate")
    assert text in answer.json()["error"]
    assert [one.status for one in told.wait(1)] == [status]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("GZIP", PACKED, id="gzip"),
        pytest.param("deflate", zlib.compress(WHOLE), id="deflate"),
        pytest.param("identity", WHOLE, id="identity"),
    ],
)
def test_compressed_bodies_are_unpacked(client, encoding, body):
    answer = client.post(INFER, content=body, headers={"content-encoding": encoding})
    assert answer.status_code == 200, answer.text
    assert answer.json()["outputs"] == client.post(INFER, content=WHOLE).json()["outputs"]


def test_a_caller_that_leaves_within_its_body_is_counted(client, told):
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address) as caller:
        caller.sendall(f"POST {INFER} HTTP/1.1\r\nHost: model\r\nContent-Length: 100\r\n\r\n{{".encode())
    (observation,) = told.wait(1)
    assert (observation.status, observation.rows) == (400, 0)


def test_whole_numbers_may_come_as_floating_point(client, model):
    asked = changed(0, datatype="FP64")
    asked["inputs"][0]["data"] = [float(value) for value in asked["inputs"][0]["data"]]
    np.testing.assert_array_equal(client.post(INFER, json=asked).json()["outputs"][0]["data"], expected(model, 2))


def test_missing_values_reach_the_model(client, model):
    asked = changed(2, data=[None, None])
    asked["inputs"][0]["data"][0] = None
    asked["inputs"][3]["data"][1] = None
    answer = client.post(INFER, json=asked)
    assert answer.status_code == 200, answer.text


def test_the_exporter_is_told_every_column_and_score(client, told, model):
    answer = client.post(INFER, json=request(5) | {"id": "told"}).json()
    (observation,) = told.wait(1)
    assert (observation.id, observation.status, observation.rows, observation.dropped) == ("told", 200, 5, 0)
    assert 0 < observation.seconds < 20
    assert abs(observation.time - time.time()) < 60
    for one in request(5)["inputs"]:
        values = observation.inputs[one["name"]].tolist()
        assert [None if v != v else v for v in values] == one["data"]  # noqa: PLR0124 - NaN
    np.testing.assert_array_equal(observation.scores, answer["outputs"][0]["data"])


def test_a_request_without_id_gets_one_and_the_exporter_the_same(client, told):
    asked = request(1)
    del asked["id"]
    identity = client.post(INFER, json=asked).json()["id"]
    assert identity
    assert told.wait(1)[0].id == identity


def test_a_value_that_the_model_refuses_is_the_callers_mistake(tmp_path):
    # fitted without missing values, as the golden samples are; the model itself refuses them later
    frame = REFERENCE.dropna()[["distance", "temp", "wind"]]
    strict = make_pipeline(GradientBoostingClassifier(n_estimators=5)).fit(frame, REFERENCE.dropna()["label"])
    lay_out(tmp_path / "volume", strict)
    good, bad = changed(2, data=[1.0, 2.0]), changed(2, data=[1.0, None])
    answers = answered_in_turn(tmp_path, good, bad, good)
    assert [one.status_code for one in answers] == [200, 400, 200]
    assert answers[1].json()["error"] == "input wind, row 1: the model does not take a missing value"


OWN_CODE = """
import numpy as np

class Odd:
    classes = (0, 1)

    @classmethod
    def load(cls, folder):
        return cls()

    def predict(self, columns):
        if (columns["wind"] == 13).any():
            raise KeyError("thirteen")
        return np.full((len(columns["wind"]), 2), 0.5)
"""


def test_a_model_that_fails_answers_500_and_goes_on(tmp_path):
    volume = tmp_path / "volume"
    (volume / "model").mkdir(parents=True)
    (volume / "model" / "model.py").write_text(OWN_CODE)
    rows = as_served(REFERENCE.dropna()[:20], INPUTS).reset_index(drop=True)
    (volume / "golden.json").write_text(json.dumps(make_golden(rows, INPUTS, np.full(20, 0.5), "probability")))
    artefact = {"uri": "file:///", "digest": f"sha256:{'0' * 64}", "format": "python"}
    environment = {"LEEBOARD_ARTIFACT": json.dumps(artefact), "LEEBOARD_ALLOW_UNSAFE_FORMATS": "true"}
    good, bad = changed(2, data=[1.0, 2.0]), changed(2, data=[1.0, 13.0])
    answers = answered_in_turn(tmp_path, good, bad, good, **environment)
    assert [one.status_code for one in answers] == [200, 500, 200]
    assert answers[1].json()["error"].endswith("KeyError")


def answered_in_turn(folder, *asked, **environment):
    """The answers of a server of its own, of which its exporter was told."""
    exporter = Exporter(folder / "observe.sock")
    server = start(folder, **environment)
    server.wait_ready()
    answers = [httpx.post(server.url + INFER, json=one, timeout=20) for one in asked]
    statuses = [one.status_code for one in answers]
    rows = [2 if status == 200 else 0 for status in statuses]
    assert [(one.status, one.rows) for one in exporter.wait(len(asked))] == list(zip(statuses, rows, strict=True))
    server.process.terminate()
    assert server.process.wait(20) == 0
    exporter.close()
    return answers


def told_at_the_end(server):
    try:
        assert server.process.wait(60) != 0
    finally:
        server.process.kill()
    return json.loads(server.termination.read_text())


def test_wrong_golden_answers_keep_it_from_listening(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    path = tmp_path / "volume" / "golden.json"
    golden = json.loads(path.read_text())
    golden["outputs"][0]["data"][0] += 1e-3
    path.write_text(json.dumps(golden))
    told = told_at_the_end(start(tmp_path))
    assert told["reason"] == "GoldenSamplesMismatch"
    assert "0.001 off" in told["message"]


def test_a_golden_answer_that_is_no_number_keeps_it_from_listening(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    path = tmp_path / "volume" / "golden.json"
    golden = json.loads(path.read_text())
    golden["outputs"][0]["data"][0] = None
    path.write_text(json.dumps(golden))
    assert told_at_the_end(start(tmp_path))["reason"] == "GoldenSamplesMismatch"


def test_a_model_that_is_a_pickle_is_refused(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    (tmp_path / "volume" / "model" / "model.skops").write_bytes(b"\x80\x04N.")
    assert told_at_the_end(start(tmp_path))["reason"] == "UnsafeFormat"


@pytest.mark.parametrize("text", ["", "{}", '{"contract": 2}', '{"contract": 1, "inputs": [], "outputs": []}'])
def test_golden_samples_that_are_none_are_named(model, tmp_path, text):
    lay_out(tmp_path / "volume", model)
    (tmp_path / "volume" / "golden.json").write_text(text)
    assert told_at_the_end(start(tmp_path))["reason"] == "BadData"


def test_requests_are_answered_while_no_exporter_listens_and_told_of_later(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    server = start(tmp_path)
    server.wait_ready()
    for _ in range(5):
        assert httpx.post(server.url + INFER, json=request(1), timeout=20).status_code == 200
    exporter = Exporter(tmp_path / "observe.sock")
    assert len(exporter.wait(5)) == 5
    server.process.terminate()
    assert server.process.wait(20) == 0
    exporter.close()


def test_no_request_fails_while_the_server_ends(model, tmp_path):
    """Callers on kept connections are told to leave; those who come back find the next pod, here nobody."""
    lay_out(tmp_path / "volume", model)
    exporter = Exporter(tmp_path / "observe.sock")
    server = start(tmp_path)
    server.wait_ready()
    answered, failures = [], []
    signalled = threading.Event()

    def call() -> None:
        with httpx.Client(base_url=server.url, timeout=20) as client:
            while True:
                try:
                    answer = client.post(INFER, json=request(1))
                except httpx.TransportError as error:
                    failures.append(repr(error))
                    return
                answered.append(answer.status_code)
                if answer.headers.get("connection") == "close":
                    assert signalled.is_set()
                    return

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(answered) < 20:
        time.sleep(0.01)
    signalled.set()
    server.process.terminate()
    for thread in threads:
        thread.join(20)
    assert server.process.wait(20) == 0
    assert not failures
    assert set(answered) == {200}
    assert len(exporter.wait(len(answered))) == len(answered)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", server.port), 1):
        pass


def test_it_tells_of_its_queues_and_of_the_models_time(client):
    assert client.post(INFER, json=request(3)).status_code == 200
    answer = client.get("/metrics")
    assert answer.headers["connection"] == "close"
    shown = {
        sample.name: sample
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }
    address = {"model": "late-flights", "version": "late-flights-1a2b3c4d"}
    assert shown["leeboard_server_predict_seconds_count"].labels == address
    assert shown["leeboard_server_predict_seconds_count"].value >= 1
    assert shown["leeboard_server_requests_waiting"].value == 0
    assert shown["leeboard_server_requests_refused_total"].value == 0
    assert shown["leeboard_build_info"].labels["component"] == "server"
    assert "process_resident_memory_bytes" in shown


def test_people_are_told_how_to_call_the_model(client):
    answer = client.get("/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    root = ElementTree.fromstring(answer.text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - written by us
    told = {"".join(cell.itertext()) for cell in root.iter("{http://www.w3.org/1999/xhtml}td")}
    (answered,) = client.get("/v2/models/late-flights").json()["outputs"]
    assert {*(one.name for one in INPUTS), answered["name"], "POST", INFER} <= told
    (shown,) = root.iter("{http://www.w3.org/1999/xhtml}pre")
    body = str(shown.text).partition("-d '")[2].removesuffix("'")
    assert client.post(INFER, content=body).status_code == 200


def test_the_request_that_programs_are_shown_is_answered(client):
    described = client.get("/openapi.json").json()["paths"][INFER]["post"]
    shown = described["requestBody"]["content"]["application/json"]["example"]
    assert client.post(INFER, json=shown).json()["outputs"][0]["shape"] == [1]
