"""Several workers on one port, and a server that is asked for more than it can answer."""

import os
import signal
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from leeboard_serving.server.counts import LAYOUT, SharedCounts
from leeboard_serving.server.settings import Settings, quota
from tests.unit.serving.server.running import Exporter, lay_out, request, start, trained

INFER = "/v2/models/late-flights/infer"


@pytest.fixture(scope="module")
def model():
    return trained()


def children(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def samples(server):
    text = httpx.get(f"{server.url}/metrics", timeout=20).text
    return {
        (sample.name, *(sample.labels.get(name, "") for name in ("route", "status"))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_workers_share_a_port_and_what_they_counted(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    exporter = Exporter(tmp_path / "observe.sock")
    server = start(tmp_path, LEEBOARD_WORKERS="2")
    server.wait_ready()
    assert len(children(server.process.pid)) == 2
    names = [f"r{number}" for number in range(40)]
    answers = [httpx.post(server.url + INFER, json=request(1, id=name), timeout=20) for name in names]
    assert {one.status_code for one in answers} == {200}
    assert sorted(one.id for one in exporter.wait(len(names))) == sorted(names)
    deadline = time.monotonic() + 10
    counted = ("leeboard_server_requests_total", "infer", "2xx")
    while (shown := samples(server))[counted] < len(names):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert shown[counted] == len(names)
    assert shown["leeboard_server_workers", "", ""] == 2
    assert shown["leeboard_server_request_seconds_count", "infer", ""] == len(names)
    server.process.terminate()
    assert server.process.wait(30) == 0
    exporter.close()


def test_a_worker_that_dies_ends_the_server(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    server = start(tmp_path, LEEBOARD_WORKERS="2")
    server.wait_ready()
    first, second = children(server.process.pid)
    os.kill(first, signal.SIGKILL)
    assert server.process.wait(30) != 0
    assert not Path(f"/proc/{second}").exists()
    assert "the others are ended too" in (tmp_path / "log").read_text()


def test_a_server_that_is_asked_too_much_refuses_some_at_once_and_stays_ready(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    exporter = Exporter(tmp_path / "observe.sock")
    server = start(tmp_path, LEEBOARD_MOST_WAITING="4")
    server.wait_ready()
    content = request(2000)
    answered, health = [], []
    over = threading.Event()

    def call():
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for _ in range(6):
                began = time.monotonic()
                answer = client.post(INFER, json=content)
                answered.append((answer, time.monotonic() - began))

    def probe():
        while not over.is_set():
            health.append(httpx.get(f"{server.url}/v2/health/ready", timeout=20).status_code)

    callers = [threading.Thread(target=call) for _ in range(16)]
    prober = threading.Thread(target=probe)
    for thread in (*callers, prober):
        thread.start()
    for thread in callers:
        thread.join(120)
    over.set()
    prober.join(30)
    statuses = [answer.status_code for answer, _ in answered]
    assert set(statuses) == {200, 503}
    for answer, _ in answered:
        if answer.status_code == 503:
            assert answer.json() == {"error": "too many requests wait for the model"}
            assert int(answer.headers["retry-after"]) >= 1
    assert set(health) == {200}
    shown = samples(server)
    assert shown["leeboard_server_requests_refused_total", "", ""] == statuses.count(503)
    assert shown["leeboard_server_requests_total", "infer", "5xx"] == statuses.count(503)
    told = exporter.wait(len(statuses))
    assert sorted(one.status for one in told) == sorted(statuses)
    server.process.terminate()
    assert server.process.wait(30) == 0
    exporter.close()


def test_a_request_that_waits_too_long_is_given_up(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    server = start(tmp_path, LEEBOARD_DEADLINE_MS="1")
    server.wait_ready()
    content = request(20_000)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        threads = [threading.Thread(target=client.post, args=(INFER,), kwargs={"json": content}) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert samples(server)["leeboard_server_requests_late_total", "", ""] >= 1
    server.process.terminate()
    assert server.process.wait(30) == 0


@pytest.mark.parametrize(
    ("text", "workers"),
    [("max 100000", 1), ("50000 100000", 1), ("200000 100000", 2), ("350000 100000", 3), ("99900000 100000", 32),
     ("", 1), ("?", 1)],
)  # fmt: skip
def test_workers_are_the_cores_of_the_quota(tmp_path, text, workers):
    path = tmp_path / "cpu.max"
    path.write_text(text)
    assert quota(path) == workers
    assert quota(tmp_path / "absent") == 1


def test_settings_are_bounded():
    assert Settings.of({"LEEBOARD_WORKERS": "3"}).workers == 3
    for name in ("LEEBOARD_WORKERS", "LEEBOARD_PORT", "LEEBOARD_DEADLINE_MS"):
        for value in ("-1", "x", "1.5", "99999999999"):
            with pytest.raises(Exception, match=name):
                Settings.of({name: value})


def test_counts_of_workers_add_up():
    counts = SharedCounts(3)
    for worker in range(3):
        counts.row(worker)[LAYOUT.batch] = worker
    np.testing.assert_array_equal(counts.total()[LAYOUT.batch], 3)


def test_what_is_loaded_is_so_in_every_worker(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    server = start(tmp_path, LEEBOARD_WORKERS="2", LEEBOARD_MODEL_CONTROL="explicit")
    server.wait_ready()
    page = f"{server.url}/v2/repository/models/late-flights"
    states = []
    for action in ("unload", "load"):
        assert httpx.post(f"{page}/{action}", timeout=20).status_code == 200
        # every call is a connection of its own, and the kernel gives it to either worker
        answers = [httpx.post(server.url + INFER, json=request(1), timeout=20).status_code for _ in range(12)]
        ready = [httpx.get(f"{server.url}/v2/health/ready", timeout=20).status_code for _ in range(12)]
        index = httpx.post(f"{server.url}/v2/repository/index", timeout=20).json()
        states.append((set(answers), set(ready), index[0]["state"]))
    assert states == [({400}, {503}, "UNAVAILABLE"), ({200}, {200}, "READY")]
    server.process.terminate()
    assert server.process.wait(30) == 0


def test_a_pod_lets_nobody_take_its_model_away(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    server = start(tmp_path)
    server.wait_ready()
    answer = httpx.post(f"{server.url}/v2/repository/models/late-flights/unload", timeout=20)
    assert answer.status_code == 400
    assert "loads and unloads" in answer.json()["error"]
    assert httpx.get(f"{server.url}/v2/health/ready", timeout=20).status_code == 200
    server.process.terminate()
    assert server.process.wait(30) == 0
