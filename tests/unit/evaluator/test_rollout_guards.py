"""Guards of a rollout over a folder as storage: from files of both versions' exporters to figures and verdicts."""

import json
from datetime import timedelta

import numpy as np
import pytest

from leeboard.api.model import Model
from leeboard.evaluator.guards.record import read_record
from leeboard.evaluator.guards.replay import differences
from leeboard.kube.resources import MODEL
from leeboard.planning.rollout.guards.analysis import analyse
from leeboard.planning.rollout.guards.counts import counts_of
from leeboard.planning.rollout.guards.figures import guard_figures
from tests.support.trained import flights
from tests.unit.evaluator.test_service import NOW, chance, new_world, served_version

BEGAN = NOW - timedelta(minutes=10)
STARTED = BEGAN.isoformat().replace("+00:00", "Z")
KEY = f"observations/v2/rollouts/{BEGAN:%Y%m%dT%H%M%SZ}"


@pytest.fixture
def world(tmp_path):
    """v2 has been in its canary for ten minutes."""
    return canary(new_world(tmp_path))


def canary(world):
    model = world.kube.objects[("Model", "ml", "late-flights")]
    candidate = served_version("v2") | {"since": STARTED, "canaryStartedAt": STARTED, "phase": "Canary"}
    model["status"]["candidate"] = candidate
    version = json.loads(json.dumps(world.kube.objects[("ModelVersion", "ml", "v1")]))
    version["metadata"] |= {"name": "v2", "uid": "ModelVersion-v2"}
    world.kube.put(version)
    return world


def guarded(world, *guards, **analysis):
    model = world.kube.objects[("Model", "ml", "late-flights")]
    spec = {"minSamples": 100, "guards": list(guards)} | analysis
    model["spec"]["rollout"] = {"strategy": "Canary", "steps": [{"weight": 10, "duration": "1m"}], "analysis": spec}


def decided(world):
    """The rows of the guards by name, and what the operator makes of them."""
    evaluation = world.evaluation(MODEL)
    assert "error" not in evaluation, evaluation["error"]
    model = Model.parse(world.kube.live("Model", "late-flights"))
    counts = [counts_of(evaluation, name) for name in ("v2", "v1")]
    result = analyse(model.spec.rollout.analysis, *counts, guard_figures(evaluation))
    return {row["name"]: row for row in evaluation["guards"]}, result


def both(world, frame_of, **candidate):
    """Every quarter of a minute both versions answer rows; `candidate` changes the windows of v2."""
    for number, ago in enumerate(range(20, 580, 20)):
        world.window("v1", "a", ago, frame_of(number, 90), errors=0)
        world.window("v2", "b", ago, frame_of(1000 + number, 30), **candidate)


RATE = {"type": "ErrorRate", "margin": "0.02"}


@pytest.mark.parametrize(("errors", "verdict"), [(0, "Pass"), (6, "Abort"), (1, "Continue")])
def test_failed_requests(world, errors, verdict):
    guarded(world, RATE)
    both(world, lambda seed, rows: flights(rows, seed), errors=errors)
    rows, result = decided(world)
    assert result.verdict == verdict, result.message
    assert rows["ErrorRate"]["samples"] == {"candidate": 28 * 30, "champion": 28 * 90}
    assert f"{28 * errors}/840 against 0/2520 failed" in result.message


def test_latency_is_compared_as_a_ratio(world):
    guarded(world, {"type": "LatencyP99", "maxRatio": "1.5"})
    both(world, lambda seed, rows: flights(rows, seed), slow=20)
    rows, result = decided(world)
    assert (result.verdict, result.reason) == ("Abort", "LatencyTooHigh")
    assert float(rows["LatencyP99"]["low"]) > 1.5


def test_inputs_that_are_missing_from_the_candidate_alone(world):
    guarded(world, {"type": "DataQuality", "margin": "0.1"})
    both(world, lambda seed, rows: flights(rows, seed))
    rows, result = decided(world)
    assert result.verdict == "Pass", result.message
    broken = flights(2000, 5)
    broken.loc[::3, "temp"] = np.nan
    world.window("v2", "b", 5, broken)
    rows, result = decided(world)
    assert (result.verdict, result.reason) == ("Abort", "DataQualityWorse")
    assert rows["DataQuality"]["worst"] == "temp missing"


DRIFT = {"type": "PredictionDrift", "max": "0.15"}


def predictions(world, change):
    rng = np.random.default_rng(3)
    for part, ago in enumerate(range(20, 580, 20)):
        frame = flights(600, 50 + part)
        scores = chance(frame)
        for version, given in (("v1", scores[:400]), ("v2", change(scores[400:], rng))):
            world.table(version, "a", ago, first=part * 1000 + (500 if version == "v2" else 0), score=given)


def test_predictions_that_shifted(world):
    guarded(world, DRIFT)
    predictions(world, lambda scores, _: np.clip(scores + 0.25, 0, 1))
    rows, result = decided(world)
    assert (result.verdict, result.reason) == ("Abort", "PredictionsShifted"), result.message
    assert rows["PredictionDrift"]["samples"] == {
        "candidate": 27 * 200,
        "champion": 27 * 400,
    }  # of the stretches that are over


def test_predictions_that_are_alike(world):
    guarded(world, DRIFT)
    predictions(world, lambda scores, _: scores)
    rows, result = decided(world)
    assert result.verdict != "Abort"
    assert float(rows["PredictionDrift"]["value"]) < 0.06


def labels(world, flip=0.0, *, rows=40):
    """Labels of both versions' predictions; of the candidate's, a share is answered the other way round."""
    rng = np.random.default_rng(7)
    for part, ago in enumerate(range(40, 580, 20)):
        frame = flights(2 * rows, 90 + part)
        scores, truth = chance(frame), frame["label"].to_numpy()
        flipped = rng.random(rows) < flip
        candidate = np.where(flipped, 1 - scores[rows:], scores[rows:])
        for version, given, answers in (("v1", scores[:rows], truth[:rows]), ("v2", candidate, truth[rows:])):
            first = part * 1000 + (500 if version == "v2" else 0)
            world.table(version, "a", ago, first=first, score=given)
            world.table(version, "a", ago - 20, first=first, label=answers)


@pytest.mark.parametrize(
    ("metric", "margin"), [("log_loss", "0.2"), ("brier", "0.05"), ("accuracy", "0.05"), ("roc_auc", "0.05")]
)
def test_a_model_whose_labels_are_flipped_is_found_by_its_labels(world, metric, margin):
    guarded(world, {"type": "Performance", "metric": metric, "margin": margin, "minLabels": 200})
    labels(world, flip=1.0)
    rows, result = decided(world)
    assert (result.verdict, result.reason) == ("Abort", "PerformanceWorse"), result.message
    assert "half of the labels came within" in rows[f"Performance {metric}"]["message"]


@pytest.mark.parametrize("metric", ["log_loss", "accuracy", "f1"])
def test_an_equal_model_is_not_aborted_by_its_labels(world, metric):
    guarded(world, {"type": "Performance", "metric": metric, "margin": "0.3", "minLabels": 200}, minSamples=0)
    labels(world)
    assert decided(world)[1].verdict == "Pass"


def test_who_lacks_labels_waits_for_them_and_says_how_long_they_take(world):
    guarded(world, {"type": "Performance", "metric": "accuracy", "margin": "0.1", "minLabels": 5000})
    both(world, lambda seed, rows: flights(rows, seed))
    rows, result = decided(world)
    assert (result.verdict, result.reason) == ("Continue", "LabelsAwaited")
    assert "they usually come within 1d" in result.message
    labels(world)
    rows, result = decided(world)
    assert result.reason == "LabelsAwaited"
    assert rows["Performance accuracy"]["samples"] == {"candidate": 1080, "champion": 1080}
    assert "1080 labels of the candidate's predictions" in result.message
    assert "95 % within 20 s" in result.message


def test_predictions_from_before_the_rollout_do_not_count(world):
    guarded(world, {"type": "Performance", "metric": "accuracy", "margin": "0.1", "minLabels": 20})
    world.table("v1", "a", 700, first=0, score=[0.5] * 100)
    world.table("v1", "a", 20, first=0, label=[1] * 100)
    rows, _ = decided(world)
    assert rows["Performance accuracy"]["samples"] == {"candidate": 0, "champion": 0}


def test_what_one_guard_lacks_costs_no_other_its_figures(world):
    guarded(world, RATE, {"type": "EstimatedPerformance", "metric": "accuracy", "margin": "0.1"})
    both(world, lambda seed, rows: flights(rows, seed), errors=6)
    rows, result = decided(world)
    assert (result.verdict, result.reason) == ("Abort", "ErrorRateTooHigh")
    assert "too small to learn" in rows["EstimatedPerformance accuracy"]["message"]


def test_a_kpi_without_prometheus_says_why_there_is_none(world):
    guarded(world, {"type": "KPI", "name": "bookings", "margin": "1"})
    world.kube.objects[("Model", "ml", "late-flights")]["spec"]["kpis"] = [
        {"name": "bookings", "source": {"query": "1"}}
    ]
    rows, result = decided(world)
    assert result.verdict == "Continue"
    assert "knows no Prometheus" in rows["KPI bookings"]["message"]


# -- the record ------------------------------------------------------------------------------------------------------
def record(world):
    return read_record((world.root / f"{KEY}.json").read_bytes())


def end(world, **status):
    """The operator moved on."""
    live = world.kube.objects[("Model", "ml", "late-flights")]["status"]
    live.update(status)
    for name in [name for name, value in status.items() if value is None]:
        del live[name]
    world.now += timedelta(seconds=30)
    world.evaluation(MODEL)


def rolled_back(world, reason, message="m"):
    at = (world.now + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    end(world, candidate=None, quarantined=[{"name": "v2", "reason": reason, "message": message, "at": at}])


def test_every_look_stands_in_the_record_and_comes_out_again(world):
    guarded(world, RATE, DRIFT, {"type": "Performance", "metric": "log_loss", "margin": "0.2", "minLabels": 200})
    both(world, lambda seed, rows: flights(rows, seed), errors=6)
    predictions(world, lambda scores, _: scores)
    rows, _ = decided(world)
    assert world.kube.live("Model", "late-flights")["status"]["evaluation"]["record"] == f"{KEY}.json"
    rolled_back(world, "ErrorRateTooHigh")
    found = record(world)
    assert (found.candidate, found.champion, len(found.looks)) == ("v2", "v1", 1)
    assert (found.decision.outcome, found.decision.by, found.decision.reason) == (
        "Aborted", "Analysis", "ErrorRateTooHigh"
    )  # fmt: skip
    assert [one["name"] for one in found.looks[0].guards] == list(rows)
    assert differences(found) == []
    page = (world.root / f"{KEY}.html").read_text()
    assert "ErrorRateTooHigh" in page
    assert "<script" not in page


def test_what_was_changed_afterwards_does_not_come_out(world):
    guarded(world, RATE)
    both(world, lambda seed, rows: flights(rows, seed), errors=6)
    decided(world)
    rolled_back(world, "ErrorRateTooHigh")
    path = world.root / f"{KEY}.json"
    document = json.loads(path.read_text())
    part = document["looks"][0]["evidence"][0]["parts"][0]
    part["blocks"] = [[0, *block[1:]] for block in part["blocks"]]
    found = differences(read_record(json.dumps(document).encode()))
    assert any("ErrorRate: low was" in one for one in found)
    assert any(one.startswith("Aborted by the analysis; no look comes out so, the newest as Pass") for one in found)


def test_a_promotion_by_the_analysis_and_by_command(world):
    guarded(world, RATE)
    both(world, lambda seed, rows: flights(rows, seed))
    decided(world)
    end(world, candidate=None, champion=served_version("v2") | {"since": "2026-01-01T12:00:20Z"})
    found = record(world)
    assert (found.decision.outcome, found.decision.by) == ("Promoted", "Analysis")
    assert differences(found) == []


def test_what_ended_while_no_evaluator_ran_is_ended_later(world):
    guarded(world, RATE)
    both(world, lambda seed, rows: flights(rows, seed))
    decided(world)
    fresh = world.rounds.__class__(
        world.kube, world.rounds.places, world.rounds.metrics, world.rounds.namespaces, lambda: world.now
    )
    world.rounds = fresh
    rolled_back(world, "Aborted", "by command")
    assert (record(world).decision.outcome, record(world).decision.by) == ("Aborted", "Command")


def test_a_rollout_that_is_held_is_inconclusive_until_somebody_decides(world):
    guarded(world, RATE, maxDuration="5m")
    both(world, lambda seed, rows: flights(rows, seed), errors=1)
    candidate = world.kube.objects[("Model", "ml", "late-flights")]["status"]["candidate"]
    candidate |= {"inconclusiveSince": "2026-01-01T11:56:00Z", "reason": "AnalysisInconclusive", "message": "m"}
    decided(world)
    assert record(world).decision.outcome == "Inconclusive"
    assert differences(record(world)) == []
    answer = {"command": "promote", "id": "p1", "accepted": True, "subject": "v2", "message": "", "at": STARTED}
    end(world, candidate=None, champion=served_version("v2"), commands={"answer": answer})
    assert (record(world).decision.outcome, record(world).decision.by) == ("Promoted", "Command")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(contract=2), "contract"),
        (lambda raw: raw.update(extra=1), "extra"),
        (lambda raw: raw.update(startedAt="soon"), "startedAt"),
        (lambda raw: raw["looks"][0]["candidate"].update(requests=-1), "looks.0.candidate.requests"),
        (lambda raw: raw["looks"][0]["evidence"][0].update(alpha=0), "looks.0.evidence.0.alpha"),
        (lambda raw: raw["looks"][0]["evidence"][0]["parts"][0].update(kind="Other"), "looks.0.evidence.0.parts.0"),
        (lambda raw: raw["looks"][0]["evidence"][0]["parts"][0]["champion"].update(failures=10**9), "champion"),
        (lambda raw: raw.update(looks=raw["looks"] * 121), "looks"),
        (lambda raw: raw["looks"][0]["evidence"][0].update(alpha=float("nan")), "looks.0.evidence.0.alpha"),
    ],
)
def test_a_file_that_is_no_record_is_refused_with_the_place(world, change, said):
    guarded(world, RATE)
    both(world, lambda seed, rows: flights(rows, seed))
    decided(world)
    document = json.loads((world.root / f"{KEY}.json").read_text())
    change(document)
    with pytest.raises(ValueError, match=said):
        read_record(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"[" * 100_000, b"\xff\xfe", b'{"contract": 1}'])
def test_rubbish_is_refused(data):
    with pytest.raises(ValueError, match="no record of a rollout"):
        read_record(data)
