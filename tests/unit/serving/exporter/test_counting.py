"""What an exporter leaves in storage, read back by the evaluator, against counts of our own making."""

import gzip
import itertools
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from leeboard.evaluator.drift_figures import Profile, observe
from leeboard.evaluator.labels import joined
from leeboard_serving.observation import encode
from tests.unit.serving.exporter.running import (
    PROFILE,
    Exporter,
    observations,
    parse_feedback,
    parse_ledger,
    prediction,
    span_of,
)


def expected_counts(raw, values):
    """Counts by comparing every value with both ends of every bin."""
    if raw["kind"] == "Categorical":
        known = [sum(value == category for value in values) for category in raw["categories"]]
        missing = sum(value is None for value in values)
        return [*known, len(values) - sum(known) - missing], missing, 0
    numbers = np.asarray(values, dtype=float)
    ends = [-np.inf, *raw["edges"], np.inf]
    finite = numbers[np.isfinite(numbers)]
    counts = [int(((finite >= low) & (finite < high)).sum()) for low, high in itertools.pairwise(ends)]
    return counts, int(np.isnan(numbers).sum()), int(np.isinf(numbers).sum())


def test_counts_are_those_of_numpy(tmp_path):
    sent = [list(observations(150, seed)) for seed in (1, 2, 3)]
    with Exporter(tmp_path, interval=0.3) as exporter:
        connections = [exporter.connect() for _ in sent]
        for requests in zip(*sent, strict=True):
            for connection, one in zip(connections, requests, strict=True):
                connection.sendall(encode(one.alone()))
        exporter.until_requests(450)
        scraped = {
            "missing": exporter.metric("leeboard_missing_total", input="wind"),
            "unseen": exporter.metric("leeboard_unseen_total", input="carrier"),
            "errors": exporter.metric("leeboard_requests_total", status="5xx"),
            "rows": exporter.metric("leeboard_rows_total"),
            "seconds": exporter.metric("leeboard_request_seconds_count"),
            "score": exporter.metric("leeboard_score_count"),
            "dropped": exporter.metric("leeboard_observations_dropped_total"),
        }
        exporter.until(lambda: exporter.metric("leeboard_last_flush_timestamp_seconds") > 0)
        for connection in connections:
            connection.close()
        assert exporter.end() == 0
    every = [one for requests in sent for one in requests]
    windows = exporter.windows()
    observed = observe(Profile.parse(json.dumps(PROFILE).encode()), windows)
    assert (observed.requests, observed.rows, observed.unfit) == (450, sum(one.rows for one in every), 0)
    assert sum(window.errors for window in windows) == sum(one.status >= 500 for one in every) == scraped["errors"]
    columns = {
        raw["name"]: [value for one in every if one.rows for value in one.inputs[raw["name"]].tolist()]
        for raw in PROFILE["features"]
    } | {"probability": [score for one in every for score in one.scores.tolist()]}
    for raw in (*PROFILE["features"], PROFILE["prediction"]):
        found = {**observed.features, "probability": observed.prediction}[raw["name"]]
        counts, missing, infinite = expected_counts(raw, columns[raw["name"]])
        assert (found.counts.tolist(), found.missing, found.infinite) == (counts, missing, infinite)
        distinct = len({value for value in columns[raw["name"]] if value is not None and value == value})  # noqa: PLR0124
        assert found.extent.distinct.estimate == pytest.approx(distinct, rel=0.25, abs=1)
        if raw["kind"] == "Numeric":
            finite = np.array([value for value in columns[raw["name"]] if np.isfinite(value)])
            assert (found.extent.minimum, found.extent.maximum) == (finite.min(), finite.max())
            assert found.total == pytest.approx(finite.sum())
            assert found.total_of_squares == pytest.approx((finite**2).sum())
    wind, carrier = columns["wind"], columns["carrier"]
    assert scraped["missing"] == np.isnan(wind).sum()
    assert scraped["unseen"] == sum(value == "ZZ" for value in carrier)
    assert (scraped["rows"], scraped["score"], scraped["seconds"]) == (observed.rows, observed.rows, 450)
    assert scraped["dropped"] == sum(one.dropped for one in every) > 0
    raw_windows = [json.loads(gzip.decompress(path.read_bytes())) for path in exporter.keys("windows")]
    assert sum(window["dropped"] for window in raw_windows) == scraped["dropped"]
    seconds = np.array([one.seconds for one in every])
    at_most = np.cumsum(sum(window.latency_counts for window in windows))
    assert at_most.tolist() == [int((seconds <= edge).sum()) for edge in (*windows[0].latency_edges, np.inf)]


def test_windows_follow_each_other_and_end_at_multiples_of_the_interval(tmp_path):
    with Exporter(tmp_path, interval=0.3) as exporter:
        exporter.until(lambda: len(exporter.keys("windows")) >= 4)
        assert exporter.end() == 0
    spans = [span_of(path) for path in exporter.keys("windows")]
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans))
    assert all(end % 300 == 0 for _, end in spans[:-1])
    windows = exporter.windows()
    assert [(int(w.start.timestamp() * 1000), int(w.end.timestamp() * 1000)) for w in windows] == spans
    assert {(window.requests, window.rows) for window in windows} == {(0, 0)}
    assert not exporter.keys("ledger")
    assert not exporter.keys("feedback")


def test_ledger_and_feedback_are_joined(tmp_path):
    generator = np.random.default_rng(5)
    scores, labels = generator.random(1000), generator.integers(0, 2, 1000)
    inputs = {"wind": np.zeros(800)}
    begin = datetime.now(UTC)
    with Exporter(tmp_path, interval=0.3) as exporter:
        exporter.send(prediction("many", rows=800, inputs=inputs, scores=scores[:800]))
        exporter.send(*(prediction(f'one "{n}", =1+{n}', score) for n, score in enumerate(scores[800:])))
        names = [f"many/{n}" for n in range(800)] + [f'one "{n}", =1+{n}' for n in range(200)]
        given = [{"id": name, "label": int(label)} for name, label in zip(names, labels, strict=True)]
        exporter.until_requests(201)
        for part in (given[:400], given[400:]):
            answer = exporter.post(json.dumps({"labels": part}))
            assert (answer.status_code, answer.json()) == (202, {"accepted": len(part)})
        assert exporter.metric("leeboard_feedback_total") == 1000
        assert exporter.end() == 0
    ledger = [parse_ledger(path.read_bytes()) for path in exporter.keys("ledger")]
    feedback = [parse_feedback(path.read_bytes(), "BinaryClassification", "1") for path in exporter.keys("feedback")]
    truth, predicted, delays, times = joined(ledger, feedback, begin, datetime.now(UTC) + timedelta(seconds=1))
    expected, found = np.argsort(scores), np.argsort(predicted)
    assert predicted[found] == pytest.approx(scores[expected], rel=1e-12)
    assert truth[found].tolist() == labels[expected].tolist()
    assert ((delays > -1) & (delays < 60)).all()
    assert (np.diff(times) >= 0).all()


def test_a_large_request_becomes_several_ledgers_that_can_be_read(tmp_path):
    scores = np.random.default_rng(6).random(200_000)
    with Exporter(tmp_path, interval=60) as exporter:
        exporter.send(prediction("large", rows=200_000, inputs={"wind": np.zeros(200_000)}, scores=scores))
        exporter.until_requests(1)
        assert exporter.end() == 0
    parts = [parse_ledger(path.read_bytes()) for path in exporter.keys("ledger")]
    assert len(parts) >= 2
    assert np.concatenate([part.values for part in parts]) == pytest.approx(scores, rel=1e-12)
    assert len({int(name) for part in parts for name in part.ids}) == 200_000


def test_absurd_numbers_and_names_leave_a_window_that_can_be_read(tmp_path):
    huge, scores = np.array([1.7e308, 1.7e308, -1.7e308, 1e200]), np.array([0.1, np.nan, np.inf, 1])
    with Exporter(tmp_path, interval=60) as exporter:
        exporter.send(
            prediction("huge", rows=4, inputs={"wind": huge, "unknown": huge}, scores=scores),
            prediction("line\nfeed"),
            prediction("x" * 257),
            prediction("x" * 255, rows=2, inputs={}, scores=np.zeros(2)),
            prediction("x" * 254, rows=2, inputs={}, scores=np.zeros(2)),
        )
        exporter.until_requests(5)
        assert exporter.metric("leeboard_unnamed_rows_total") == 4
        assert exporter.end() == 0
    (window,) = exporter.windows()
    assert (window.requests, window.rows) == (5, 10)
    observed = observe(Profile.parse(json.dumps(PROFILE).encode()), [window])
    assert observed.features["wind"].count == 6
    assert observed.features["wind"].std > 0
    assert (observed.prediction.missing, observed.prediction.infinite) == (1, 1)
    (ledger,) = [parse_ledger(path.read_bytes()) for path in exporter.keys("ledger")]
    assert sorted(ledger.values) == [0, 0, 0.1, 1]
