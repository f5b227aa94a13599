"""The evaluator with a season, over a folder as storage: windows of one hour beside that hour, or a reason."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.evaluator.columns import as_served
from leeboard.evaluator.event_times import EventTimes
from leeboard.evaluator.profile import make_profile
from leeboard.kube.resources import DRIFT_MONITOR
from leeboard.planning.drift.verdict import judge
from leeboard.stats.distributions import from_profile
from leeboard.storage.digests import digest_of
from tests.support.trained import flights
from tests.unit.evaluator import test_service
from tests.unit.evaluator.test_service import INPUTS, REFERENCE, chance

world = test_service.world
"""The fixture."""

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
"""A Thursday."""
NOON, NIGHT = (int(datetime(2025, 12, 1, hour, 30, tzinfo=UTC).timestamp()) for hour in (11, 23))
WARMER = 20


def profile(times):
    """Half of the rows at night, half at noon, when it is warmer."""
    frame = REFERENCE.copy()
    frame.loc[times == NOON, "temp"] += WARMER
    at = None if times is None else EventTimes(times, times)
    return make_profile(as_served(frame, INPUTS), INPUTS, chance(frame), "probability", times=at)


def learn(world, document, monkeypatch):
    """Have the champion this profile, and its windows its bins."""
    described = (*document["features"], document["prediction"])
    bins = {raw["name"]: from_profile(raw).bins for raw in described}
    monkeypatch.setattr(test_service, "BINS", bins)
    data = json.dumps(document).encode()
    (world.root / "profile.json").write_bytes(data)
    world.kube.live("ModelVersion", "v1")["spec"]["profile"]["digest"] = digest_of(data)


def ask(world, season, **spec):
    monitor = world.kube.live("DriftMonitor", "late-flights")
    monitor["spec"] |= {
        "reference": {"season": season},
        "window": {"length": "10m", "every": "5s", "minSamples": 100},
        "checks": [
            {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.15"},
            {"type": "PredictionDrift", "distance": "JensenShannon", "threshold": "0.15"},
        ],
        "features": {"exclude": []},
    } | spec
    monitor["metadata"]["generation"] += 1


def judged(world):
    evaluation = world.evaluation(DRIFT_MONITOR)
    monitor = DriftMonitor.parse(world.kube.live("DriftMonitor", "late-flights"))
    return evaluation, judge(monitor, "v1", world.now)


@pytest.fixture
def seasonal(world, monkeypatch):
    times = np.where(np.arange(len(REFERENCE)) % 2 == 0, NOON, NIGHT)
    learn(world, profile(times), monkeypatch)
    world.now = NOW
    return world


def report(world, evaluation):
    return (world.root / evaluation["report"]).read_text()


def test_noon_is_compared_with_noon(seasonal):
    seasonal.window("v1", "a", 60, flights(2000, 9, warmer=WARMER))
    ask(seasonal, "HourOfDay")
    evaluation, verdict = judged(seasonal)
    assert evaluation["reference"] == {"season": "HourOfDay", "rows": 3000}
    assert evaluation["prediction"]["reference"] == {"season": "HourOfDay", "rows": 3000}
    temp = next(one for one in evaluation["features"] if one["name"] == "temp")
    assert float(temp["referenceMean"]) == pytest.approx(25, abs=1)
    assert verdict.verdict == "Stable"
    assert "beside the same hours of the day of the reference" in report(seasonal, evaluation)


def test_without_a_season_noon_is_drift_and_the_night_at_noon_is_drift_with_one(seasonal):
    seasonal.window("v1", "a", 60, flights(2000, 9, warmer=WARMER))
    ask(seasonal, "HourOfDay", reference={})
    evaluation, verdict = judged(seasonal)
    assert verdict.verdict == "Drift"
    assert "reference" not in evaluation
    assert "beside the same" not in report(seasonal, evaluation)
    seasonal.now += timedelta(hours=11, minutes=30)
    seasonal.window("v1", "a", 60, flights(2000, 9, warmer=WARMER))
    ask(seasonal, "HourOfDay")
    evaluation, verdict = judged(seasonal)
    assert verdict.verdict == "Drift"
    assert evaluation["features"][0]["shift"].startswith("mean 4.9")


@pytest.mark.parametrize(
    ("season", "ago", "lacking"),
    [("HourOfDay", 5, None), ("HourOfWeek", 60, ["Thursday 11:00"]), ("DayOfWeek", 60, ["Thursday"])],
)
def test_a_season_that_the_reference_has_not_is_no_drift_and_not_stable(seasonal, season, ago, lacking):
    seasonal.window("v1", "a", ago, flights(2000, 9, warmer=40))
    ask(seasonal, season)
    evaluation, verdict = judged(seasonal)
    if lacking is None:
        assert verdict.verdict == "Drift"
        return
    assert evaluation["reference"] == {"season": season, "lacking": lacking}
    assert all(one["distances"] == [] and "referenceMean" not in one for one in evaluation["features"])
    assert {one.verdict for one in verdict.findings} == {"Inconclusive"}
    assert f"too few rows of {lacking[0]} (UTC)" in verdict.message
    assert "<title>ml/late-flights: Inconclusive</title>" in report(seasonal, evaluation)


def test_what_lies_beyond_the_whole_reference_is_told_without_its_season(seasonal):
    seasonal.window("v1", "a", 60, flights(2000, 9, warmer=200))
    ask(seasonal, "DayOfWeek", checks=[{"type": "OutOfRange", "maxPercent": "1"}])
    _, verdict = judged(seasonal)
    assert {one.subject: one.verdict for one in verdict.findings}["temp"] == "Drift"


def test_a_profile_without_seasons_is_named(world):
    world.window("v1", "a", 60, flights(2000, 9))
    ask(world, "HourOfDay")
    evaluation, verdict = judged(world)
    assert evaluation["reference"] == {"season": "HourOfDay"}
    assert {one.verdict for one in verdict.findings} == {"Inconclusive"}
    assert "give it a column event_timestamp" in verdict.message
