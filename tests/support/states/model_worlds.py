"""Worlds that several states of a Model begin from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.support.model_world import World
from tests.support.routed import gateway_world

BAD = {"candidate": (400, 80), "champion": (800, 0)}
DIGEST = '{"reason": "DigestMismatch", "message": "model.skops"}'
BROKEN = {
    "initContainerStatuses": [
        {
            "name": "load",
            "restartCount": 1,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 65, "message": DIGEST}},
        }
    ]
}


def empty(**spec: Any) -> World:
    world = World(**spec)
    world.settle()
    return world


def serving_world(**spec: Any) -> World:
    world = World(**spec)
    world.add_version("v1")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    return world


def canary_world(**spec: Any) -> World:
    world = serving_world(**spec)
    world.add_version("v2")
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    return world


def staged_world(**staging: Any) -> World:
    world = serving_world(rollout=example("model")["spec"]["rollout"] | {"staging": staging})
    world.add_version("v2")
    world.settle()
    assert world.status["candidate"]["phase"] == "Staged"
    return world


SHADOW: dict[str, Any] = {
    "strategy": "Shadow",
    "shadow": {"duration": "1d", "maxDisagreement": "0.05"},
    "analysis": {
        "minSamples": 500,
        "guards": [{"type": "ErrorRate", "margin": "0.01"}, {"type": "LatencyP99", "maxRatio": "1.3"}],
    },
}


def pairs(
    name: str, *, copies: int = 4000, failures: int = 0, flips: int = 0, p99: str = "10", requests: int = 40000
) -> dict[str, Any]:
    """A challenger's row in the figures of the evaluator; every copy has one row."""
    interval, champions = ({"value": value, "low": value, "high": value} for value in (p99, "10"))
    told = copies - failures
    return {
        "name": name,
        "championRequests": requests,
        "copies": copies,
        "failures": failures,
        "pairs": told,
        "flips": {"bothNegative": told - flips, "toPositive": flips, "toNegative": 0, "bothPositive": 0},
        "latencyP99": interval,
        "championLatencyP99": champions,
    }


def shadow_world(**rollout: Any) -> World:
    """v1 serves, and v2 is compared with it."""
    world = serving_world(rollout=SHADOW | rollout)
    world.add_version("v2")
    world.settle()
    assert [one["phase"] for one in world.status["challengers"]] == ["Comparing"]
    return world


OUTCOME: dict[str, Any] = {"type": "Outcome"}
AB_TEST: dict[str, Any] = {
    "strategy": "ABTest",
    "abTest": {"metric": OUTCOME, "duration": "7d"},
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
INTERVALS = 8


def arm(name: str, trials: int, wins: int, *, requests: int | None = None, errors: int = 0) -> dict[str, Any]:
    """An arm's row in the figures of the evaluator, with the same in each of INTERVALS intervals."""
    counted = trials * INTERVALS if requests is None else requests
    rewards = [f"{trials} {wins}"] * INTERVALS
    return {"name": name, "requests": counted, "errors": errors, "share": "0.49", "rewards": rewards}


def ab_world(*versions: str, **rollout: Any) -> World:
    """v1 serves, and v2 shares the callers with it; or those that are named."""
    world = gateway_world("v1", rollout=AB_TEST | rollout)
    for version in versions or ("v2",):
        world.add_version(version)
        world.settle()
    assert {one["phase"] for one in world.status["challengers"]} == {"Comparing"}
    return world


BANDIT: dict[str, Any] = {
    "strategy": "Bandit",
    "bandit": {"reward": OUTCOME, "duration": "1d"},
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
PACE = "10m 7d"
"""Of BANDIT."""


def bandit_world(*versions: str, **rollout: Any) -> World:
    """v1 serves, and v2 shares the requests with it; or those that are named."""
    world = gateway_world("v1", rollout=BANDIT | rollout)
    for version in versions or ("v2",):
        world.add_version(version)
        world.settle()
    assert {one["phase"] for one in world.status["challengers"]} == {"Comparing"}
    return world


def stretch(world: World, stretches: int, *, errors: dict[str, int] | None = None, **wins: int) -> None:
    """Ten minutes later so many stretches are settled, in each of which every version that is named had 500
    predictions, so many of which earned something."""
    world.wait(minutes=10)
    rows = [
        arm(name, 500, count, requests=500 * stretches, errors=(errors or {}).get(name, 0))
        | {"rewards": [f"500 {count}"] * stretches}
        for name, count in wins.items()
    ]
    world.earn(OUTCOME, *rows, pace=PACE)
    world.settle()


def played_out(world: World, first: int = 1, last: int = 12, **wins: int) -> World:
    """As many decisions, ten minutes from each to the next."""
    for stretches in range(first, last + 1):
        stretch(world, stretches, **wins)
    return world


def lacking(world: World, ready: int, *, minutes: int) -> World:
    """The champion has lost pods, and so it has been for some minutes."""
    live = world.deployments["late-flights-v1"]
    live["status"] |= {"readyReplicas": ready, "availableReplicas": ready}
    since = timestamp(world.now)
    live["status"]["conditions"] = [{"type": "Available", "status": "False", "lastTransitionTime": since}]
    world.reconcile()
    world.now += timedelta(minutes=minutes)
    world.reconcile()
    return world
