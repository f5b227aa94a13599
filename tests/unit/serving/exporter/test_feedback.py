"""POST /feedback: what is taken, and what is refused as a whole and why."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from leeboard.evaluator.labels import joined
from leeboard_serving.exporter.feedback import parse_labels
from tests.unit.serving.exporter.running import Exporter, parse_feedback, parse_ledger, prediction

NOW = 1_767_225_600.5
GOOD = {"id": "r0", "label": 1}


@pytest.fixture(scope="module")
def exporter(tmp_path_factory):
    with Exporter(tmp_path_factory.mktemp("feedback"), interval=60) as running:
        yield running


def body(*labels):
    return json.dumps({"labels": labels}).encode()


REFUSED = {
    "nothing": (b"", "not JSON"),
    "no JSON": (b"{", "not JSON"),
    "no UTF-8": (b'{"labels":[{"id":"\xff"}]}', "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "a bare list": (b'[{"id":"r","label":1}]', 'not {"labels"'),
    "another field": (b'{"labels":[],"more":1}', 'not {"labels"'),
    "no list": (b'{"labels":{}}', 'not {"labels"'),
    "no object": (body(GOOD, 7), "labels[1] is no object"),
    "no id": (body(GOOD, GOOD, {"label": 1}), "labels[2].id"),
    "an id that is a number": (body({"id": 7, "label": 1}), "labels[0].id"),
    "an empty id": (body({"id": "", "label": 1}), "labels[0].id"),
    "a long id": (body({"id": "x" * 257, "label": 1}), "labels[0].id"),
    "an id of two lines": (body({"id": "a\nb", "label": 1}), "labels[0].id"),
    "half a character": (b'{"labels":[{"id":"\\ud800","label":1}]}', "labels[0].id"),
    "no label": (body({"id": "r"}), "labels[0].label"),
    "a null label": (body({"id": "r", "label": None}), "labels[0].label"),
    "a list for a label": (body({"id": "r", "label": [1]}), "labels[0].label"),
    "an empty label": (body({"id": "r", "label": ""}), "labels[0].label"),
    "a label with a bell": (body({"id": "r", "label": "\x07"}), "labels[0].label"),
    "NaN": (b'{"labels":[{"id":"r","label":NaN}]}', "not JSON: NaN"),
    "infinity": (b'{"labels":[{"id":"r","label":1e999}]}', "labels[0].label"),
    "a huge number": (b'{"labels":[{"id":"r","label":1' + b"0" * 400 + b"}]}", "labels[0].label"),
    "no time": (body(GOOD | {"time": None}), "labels[0].time"),
    "a time that is a number": (body(GOOD | {"time": 1767225600}), "labels[0].time"),
    "a time without a zone": (body(GOOD | {"time": "2026-01-01T00:00:00"}), "labels[0].time"),
    "the year 1": (body(GOOD | {"time": "0001-01-01T00:00:00+01:00"}), "labels[0].time"),
    "the year 9999": (body(GOOD | {"time": "9999-01-01T00:00:00Z"}), "labels[0].time"),
    "a misspelt field": (body(GOOD | {"tiem": "2026-01-01T00:00:00Z"}), "labels[0] has a field that is not known"),
}


@pytest.mark.parametrize(("content", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_one_bad_label_refuses_the_whole_request_and_is_named(exporter, content, error):
    answer = exporter.post(content)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert exporter.metric("leeboard_feedback_total") == 0


def test_limits_methods_and_paths(exporter):
    assert exporter.post(body(*[GOOD] * 10_001)).status_code == 413
    assert "10000" in exporter.post(body(*[GOOD] * 10_001)).json()["error"]
    assert exporter.post(b" " * (4 << 20) + b" ").status_code == 413
    assert exporter.post(iter([b" " * (1 << 20)] * 5)).status_code == 413
    assert exporter.post(body(), path="/other").status_code == 404
    assert exporter.post(body(), path="/metrics").status_code == 404
    assert exporter.get("/feedback").status_code == 404
    address = f"http://127.0.0.1:{exporter.feedback_port}/feedback"
    assert httpx.get(address).status_code == 405
    assert exporter.metric("leeboard_feedback_total") == 0
    assert exporter.post(body()).json() == {"accepted": 0}
    assert "Traceback" not in exporter.log()


def test_a_full_request_is_taken_and_read(tmp_path):
    labels = [{"id": f"{'é' * 200}/{n}", "label": 'a "class", of\u00a0its own'} for n in range(9000)]
    content = json.dumps({"labels": labels}, ensure_ascii=False).encode()
    assert len(content) < 4 << 20
    with Exporter(tmp_path, interval=60) as exporter:
        for _ in range(3):
            assert exporter.post(content).status_code == 202
        # too many to be kept in memory until the interval is over
        exporter.until(lambda: exporter.metric("leeboard_outbox_bytes", kind="feedback") > 0)
        assert exporter.end() == 0
    parts = [parse_feedback(path.read_bytes(), "BinaryClassification", 'a "class", of\u00a0its own')
             for path in exporter.keys("feedback")]  # fmt: skip
    assert sum(len(part) for part in parts) == 27_000
    assert {value for part in parts for value in part.values} == {1.0}


def test_the_time_of_a_label_is_its_arrival_or_what_the_request_says(tmp_path):
    now = datetime.now(UTC)
    earlier = (now - timedelta(days=2)).astimezone().isoformat()
    with Exporter(tmp_path, interval=60) as exporter:
        exporter.send(prediction("r0", 0.25), prediction("r1", 0.75))
        exporter.post(body({"id": "r0", "label": True}, {"id": "r1", "label": "1.0", "time": earlier}))
        exporter.until_requests(2)
        assert exporter.end() == 0
    feedback = [parse_feedback(path.read_bytes(), "BinaryClassification", "true") for path in exporter.keys("feedback")]
    ledger = [parse_ledger(path.read_bytes()) for path in exporter.keys("ledger")]
    just_now = joined(ledger, feedback, now - timedelta(hours=1), now + timedelta(hours=1))
    before = joined(ledger, feedback, now - timedelta(days=3), now - timedelta(days=1))
    assert (just_now.truth.tolist(), just_now.scores.tolist()) == ([1.0], [0.25])
    assert (before.truth.tolist(), before.scores.tolist()) == ([1.0], [0.75])
    assert 0 <= just_now.delays[0] < 60
    assert before.delays[0] == pytest.approx(-2 * 86400, abs=60)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "1"), (False, "0"), (3, "3"), (-2.5, "-2.5"), ("B6", "B6"), ("true", "true")]
)
def test_labels_as_text(value, text):
    (label,) = parse_labels(body({"id": "r", "label": value, "time": "2026-01-01T01:00:00.25+01:00"}), NOW)
    assert label == ("r", "2026-01-01T00:00:00.250000Z", text)
    assert parse_labels(body(GOOD), NOW)[0].time == "2026-01-01T00:00:00.500000Z"
