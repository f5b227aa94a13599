"""What a real server writes to its log about requests."""

import json
import signal
import socket
from collections import Counter

import httpx
import pytest

from tests.unit.serving.server.running import lay_out, request, start, trained

INFER = "/v2/models/late-flights/infer"
WRONG = 300


@pytest.fixture(scope="module")
def model():
    return trained()


def lines(folder, logger):
    """The fields of the lines of a logger, which are all that a line has beside those that every line has."""
    read = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    beginning = {"time", "level", "logger", "message"}
    return [{name: one[name] for name in one if name not in beginning} for one in read if one["logger"] == logger]


def asked(folder, model, **environment):
    """A server that was asked 3 right things, WRONG wrong ones and one that is no HTTP, and has ended."""
    lay_out(folder / "volume", model)
    server = start(folder, **environment)
    server.wait_ready()
    with httpx.Client(base_url=server.url, timeout=20) as client:
        for number in range(3):
            assert client.post(INFER, json=request(2, id=f"right-{number}")).status_code == 200
        for number in range(WRONG):
            wrong = request(1, id=f"wrong-{number}")
            wrong["inputs"] = wrong["inputs"][1:]
            assert client.post(INFER, json=wrong).status_code == 400
        assert client.get("/nowhere?secret=1").status_code == 404
        assert client.get("/v2").status_code == 200
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


def test_failures_are_told_of_once_and_counted_after_it(model, tmp_path):
    asked(tmp_path, model)
    assert lines(tmp_path, "leeboard.serving.access") == []
    failures = lines(tmp_path, "leeboard.serving.requests")
    by_kind = {}
    for line in failures:
        by_kind.setdefault((line["route"], line["status"]), []).append(line)
    first, *others = by_kind.pop(("infer", 400))
    assert first["error"].startswith("inputs are absent: ")
    assert first["id"]
    assert set(first) == {"route", "status", "id", "error"}
    assert 1 + sum(line.get("suppressed", 1) for line in others) == WRONG
    # a slow machine may need more than one span for them, and never a line for each
    assert len(others) < WRONG / 10
    (page,) = by_kind.pop(("other", 404))
    assert page["error"] == "GET /nowhere"
    assert ("other", 400) in by_kind
    # it may have been asked before it was ready
    assert set(by_kind) <= {("other", 400), ("health", 503)}


def test_every_request_is_told_of_where_that_is_asked_for(model, tmp_path):
    asked(tmp_path, model, LEEBOARD_ACCESS_LOG="true")
    told = lines(tmp_path, "leeboard.serving.access")
    right = [line for line in told if line["id"].startswith("right-")]
    assert [(line["route"], line["status"], line["rows"]) for line in right] == [("infer", 200, 2)] * 3
    assert [line["id"] for line in right] == [f"right-{number}" for number in range(3)]
    assert all(0 < line["seconds"] < 60 for line in told)
    numbers = Counter((line["route"], line["status"]) for line in told)
    assert numbers[("infer", 400)] == WRONG
    assert numbers[("other", 404)] == numbers[("metadata", 200)] == 1
    assert numbers[("health", 200)] >= 1
    assert all(set(line) == {"route", "status", "seconds", "id", "rows"} for line in told)


def test_a_switch_that_is_neither_on_nor_off_is_refused(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    server = start(tmp_path, LEEBOARD_ACCESS_LOG="yes")
    assert server.process.wait(60) != 0
    told = json.loads(server.termination.read_text())
    assert told["reason"] == "BadConfiguration"
    assert "LEEBOARD_ACCESS_LOG is neither true nor false: 'yes'" in told["message"]
