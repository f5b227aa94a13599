"""How many requests the guards of a rollout need, told before it starts."""

import pytest

from leeboard.api.model import Model
from leeboard.planning.rollout.canary.forecast import forecast
from tests.support.examples import example
from tests.support.model_world import World

STEPS = [{"weight": 10, "duration": "1h"}, {"weight": 50, "duration": "1h"}]
RATE = {"type": "ErrorRate", "margin": "0.01"}


def model(*guards, requests=6000, errors=60, steps=STEPS, **analysis):
    document = example("model")
    spec = {"minSamples": 100, "guards": list(guards)} | analysis
    document["spec"]["rollout"] = {"strategy": "Canary", "steps": steps, "analysis": spec}
    document["status"] = {
        "evaluation": {
            "since": "2026-01-01T00:00:00Z",
            "observedAt": "2026-01-01T00:10:00Z",
            "versions": [{"name": "v1", "requests": requests, "errors": errors}],
        }
    }
    return Model.parse(document)


def needed(*guards, **fields):
    found = forecast(model(*guards, **fields), "v1")
    return int(found.message.split()[1])


def test_half_the_margin_needs_some_three_to_four_times_the_requests():
    wide, narrow = needed({"type": "ErrorRate", "margin": "0.02"}), needed(RATE)
    assert 2.5 < narrow / wide < 4.5


def test_more_guards_and_more_failures_need_more_requests():
    assert needed(RATE) < needed(RATE, {"type": "LatencyP99", "maxRatio": "2"}) < 2 * needed(RATE)
    assert needed(RATE, errors=600) > needed(RATE)


def test_the_time_follows_from_traffic_and_stages():
    found = forecast(model(RATE, minSamples=20000), "v1")
    # an hour of a tenth of 10 requests/s brings 3600; the rest comes at 5 a second
    assert found.message.startswith("about 20000 requests to the candidate for minSamples, 1.9 h at 10 requests/s")
    assert not found.short


@pytest.mark.parametrize(("longest", "short"), [("1h", True), ("2h", False)])
def test_an_analysis_that_is_too_short_is_told(longest, short):
    found = forecast(model(RATE, minSamples=20000, maxDuration=longest), "v1")
    assert found.short == short
    assert ("analysis.maxDuration is 1h" in found.message) == short


def test_without_traffic_only_the_requests_are_known():
    found = forecast(model(RATE, requests=0, errors=0), "v1")
    assert found.message.endswith("the traffic is not known yet")
    assert forecast(model(minSamples=0), "v1") is None


def test_it_stands_in_the_status_and_in_an_event_before_the_candidate_has_requests():
    spec = {"minSamples": 20000, "maxDuration": "1h", "guards": [RATE]}
    world = World(rollout={"strategy": "Canary", "steps": STEPS, "analysis": spec})
    world.add_version("v1")
    world.settle()
    world.status["evaluation"] = model(RATE).status.evaluation
    world.add_version("v2")
    world.settle()
    candidate = world.status["candidate"]
    assert candidate["forecast"].startswith("about 20000 requests to the candidate for minSamples")
    assert ("Warning", "AnalysisTooShort") in world.events
