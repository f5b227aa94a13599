"""An A/B test, state by state: callers of their own, a winner by the metric, guards, commands."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from leeboard.planning.traffic.buckets import bucket
from tests.support.examples import example
from tests.support.model_world import World
from tests.support.routed import GATEWAY, gateway_world
from tests.support.states.model_worlds import AB_TEST, BROKEN, OUTCOME, ab_world, arm
from tests.support.states.routed_models import sharing

BETTER = (arm("v1", 500, 100), arm("v2", 500, 150))
WORSE = (arm("v1", 500, 150), arm("v2", 500, 100))
ALIKE = (arm("v1", 500, 100), arm("v2", 500, 100))


def names(world: World) -> dict[str, str]:
    """The challengers and their phases."""
    return {one["name"]: one["phase"] for one in world.status.get("challengers", [])}


def shut_out(world: World) -> dict[str, str]:
    """The quarantined versions and why."""
    return {one["name"]: one["reason"] for one in world.status.get("quarantined", [])}


def challenger(world: World, name: str = "v2") -> dict[str, Any]:
    """One of them."""
    found: dict[str, Any] = next(one for one in world.status["challengers"] if one["name"] == name)
    return found


def is_green(world: World) -> bool:
    """Whether Argo CD and Flux are."""
    ready = world.condition("Ready")
    rests = not any(world.condition(kind) for kind in ("Reconciling", "Stalled"))
    return ready is not None and ready["status"] == "True" and rests


def after(world: World, *rows: dict[str, Any], days: float = 8) -> World:
    """Some days later, with these figures."""
    world.wait(days=days)
    world.earn(OUTCOME, *rows)
    world.settle()
    return world


def answers(world: World, kind: str = "HTTPRoute", **headers: str) -> set[str]:
    """The versions that may answer a request, by the rules of the route as the Gateway API has them."""
    (route,) = world.routes[kind].values()
    for rule in route["spec"]["rules"]:
        for match in rule.get("matches", [{}]):
            wanted = match.get("headers", [])
            if all(re.fullmatch(one["value"], headers.get(one["name"].replace("-", "_"), "")) for one in wanted):
                backends = (one["name"] for one in rule["backendRefs"] if one["weight"] > 0)
                return {name.removeprefix("late-flights-") for name in backends}
    return set()


def test_champion_and_challenger_share_the_callers() -> None:
    world = ab_world()
    one = challenger(world)
    assert (one["requestedWeight"], one["place"]) == (50, 0)
    assert one["comparedSince"]
    assert world.ready("v2") == 2  # half of what four pods carry
    assert world.selector["leeboard.dev/version"] == "v1"
    assert world.versions["v2"]["status"]["servingAs"] == "Challenger"
    assert "late-flights-v2-shadow" not in world.services
    assert "candidate" not in world.status
    assert is_green(world)
    told = world.condition("ChallengersInProgress")
    assert told is not None and told["reason"] == "NotEnoughSamples"


def test_each_caller_has_one_version_and_others_are_shared_out() -> None:
    world = ab_world()
    for number in range(300):
        answering = answers(world, x_leeboard_bucket=bucket(f"customer-{number}"))
        assert answering == {"v2" if int(bucket(f"customer-{number}"), 16) < 0x8000 else "v1"}
    assert answers(world) == {"v1", "v2"}
    assert answers(world, x_leeboard_bucket="none of ours") == {"v1", "v2"}
    rest = world.routes["HTTPRoute"]["late-flights"]["spec"]["rules"][-1]["backendRefs"]
    assert {one["name"]: one["weight"] for one in rest} == {"late-flights-v1": 50, "late-flights-v2": 50}
    assert not any("filters" in one for one in rest)


def test_cookies_are_given_by_the_gateway_and_kept() -> None:
    assignment = {"type": "Cookie", "name": "arm"}
    world = ab_world(abTest={"metric": OUTCOME, "assignment": assignment})
    assert answers(world, cookie="theme=dark; arm=v2; other=1") == {"v2"}
    assert answers(world, cookie="arm=v1") == {"v1"}
    assert answers(world, cookie="charm=v2") == {"v1", "v2"}
    assert answers(world, cookie="arm=v22") == {"v1", "v2"}
    rest = world.routes["HTTPRoute"]["late-flights"]["spec"]["rules"][-1]["backendRefs"]
    cookies = {one["name"]: one["filters"][0]["responseHeaderModifier"]["add"][0]["value"] for one in rest}
    assert cookies["late-flights-v2"].startswith("arm=v2; Path=/; Max-Age=")
    assert cookies["late-flights-v1"].startswith("arm=v1; ")


def test_calls_by_grpc_have_the_same_rules() -> None:
    gateway = GATEWAY | {"grpc": {"hostnames": ["grpc.example"]}}
    world = gateway_world("v1", "v2", gateway=gateway, rollout=AB_TEST)
    assert answers(world, "GRPCRoute", x_leeboard_bucket=bucket("customer-1")) == {"v1"}
    assert answers(world, "GRPCRoute", x_leeboard_bucket=bucket("customer-2")) == {"v2"}


def test_its_time_begins_when_a_gateway_has_taken_the_route() -> None:
    world = sharing("silent")
    assert names(world) == {"v2": "Comparing"}
    assert "comparedSince" not in challenger(world)
    assert challenger(world)["reason"] == "RoutePending"
    world.gateway = "accepts"
    world.wait(minutes=3)
    assert challenger(world)["comparedSince"] == world.now.isoformat().replace("+00:00", "Z")


def test_a_gateway_that_refuses_the_rules_costs_nobody_the_champion() -> None:
    world = sharing("rejects")
    assert shut_out(world) == {"v2": "RouteRejected"}
    assert world.weights() == {"late-flights-v1": 100}
    world.gateway = "accepts"
    world.wait(minutes=11)
    assert world.served() == {"v1"}
    stalled = world.condition("Stalled")
    assert stalled is not None and "RouteRejected" in stalled["message"]


def test_the_better_version_becomes_champion_with_the_pods_that_it_has() -> None:
    world = ab_world()
    live = world.deployments["late-flights-v2"]
    template, uid = live["spec"]["template"], live["metadata"]["uid"]
    after(world, *BETTER, days=6)
    assert names(world) == {"v2": "Comparing"}
    assert challenger(world)["reason"] == "Comparing"
    assert challenger(world)["observedWeight"] == 49
    assert "better than v1 by 0.1" in challenger(world)["message"]
    after(world, *BETTER, days=2)
    assert world.status["champion"]["name"] == "v2"
    assert world.deployments["late-flights-v2"]["spec"]["template"] == template
    assert world.deployments["late-flights-v2"]["metadata"]["uid"] == uid
    assert world.ready("v2") == 4
    assert world.weights() == {"late-flights-v2": 100}
    assert world.selector["leeboard.dev/version"] == "v2"
    assert is_green(world)


def test_its_callers_stay_with_the_winner_while_it_gets_its_pods() -> None:
    world = ab_world()
    world.wait(days=8)
    world.earn(OUTCOME, *BETTER)
    world.slow = {"v2"}
    world.reconcile()
    world.reconcile()
    assert world.status["candidate"]["phase"] == "Promoting"
    assert answers(world, x_leeboard_bucket="0000") == {"v2"}
    assert answers(world, x_leeboard_bucket="ffff") == {"v1"}


def test_the_champion_that_is_better_stays_and_all_is_green() -> None:
    world = after(ab_world(), *WORSE)
    assert shut_out(world) == {"v2": "TestLost"}
    assert names(world) == {"v2": "Leaving"}
    assert world.weights() == {"late-flights-v1": 100}
    assert is_green(world)
    world.wait(minutes=11)
    assert world.served() == {"v1"}
    assert names(world) == {}
    assert "late-flights-v2" not in world.services
    assert is_green(world)
    assert "TestLost" in world.reasons()
    ready = world.condition("Ready")
    assert ready is not None
    assert "v2 has lost its test: v1 is better" in ready["message"]


def test_pods_of_a_version_stay_until_its_requests_have_ended() -> None:
    world = after(ab_world(), *WORSE)
    world.wait(seconds=20)
    quiet = {"name": "v2", "since": "2026-03-11T00:00:00+00:00", "requests": 0}
    world.status["evaluation"]["leaving"] = [quiet]
    world.settle()
    assert "v2" in world.served()  # connections are still open
    world.wait(seconds=20)
    assert world.served() == {"v1"}


def test_where_no_challenger_can_be_better_by_the_margin_the_champion_wins() -> None:
    world = ab_world(abTest={"metric": OUTCOME, "margin": "0.08"})
    after(world, arm("v1", 2000, 400), arm("v2", 2000, 400), days=2)
    assert shut_out(world) == {"v2": "TestLost"}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (ALIKE, "NotEnoughSamples"),
        ((arm("v1", 60, 10), arm("v2", 60, 40)), "NotEnoughSamples"),
        ((arm("v1", 0, 0, requests=4000), arm("v2", 0, 0, requests=4000)), "LabelsAwaited"),
        ((arm("v1", 500, 100), arm("v2", 500, 150, requests=4000, errors=44)), "NotEnoughSamples"),
    ],
)
def test_what_is_not_certain_goes_on(rows: tuple[dict[str, Any], ...], reason: str) -> None:
    world = after(ab_world(), *rows)
    assert names(world) == {"v2": "Comparing"}
    assert challenger(world)["reason"] == reason
    assert is_green(world)


def test_a_guard_ends_it_at_any_time_whatever_the_metric_says() -> None:
    world = ab_world()
    world.earn(OUTCOME, arm("v1", 500, 100), arm("v2", 500, 150, errors=400))
    world.reconcile()
    assert shut_out(world) == {"v2": "ErrorRateTooHigh"}
    world.settle()
    assert world.weights() == {"late-flights-v1": 100}
    stalled = world.condition("Stalled")
    assert stalled is not None and stalled["reason"] == "RolledBack"


LIMITED = AB_TEST["analysis"] | {"maxDuration": "14d"}


def test_without_a_verdict_in_time_it_is_held_until_somebody_decides() -> None:
    world = after(ab_world(analysis=LIMITED), *ALIKE, days=15)
    assert challenger(world)["reason"] == "AnalysisInconclusive"
    assert challenger(world)["inconclusiveSince"]
    assert is_green(world)
    after(world, *BETTER, days=1)
    assert names(world) == {"v2": "Comparing"}
    assert "held; by now" in challenger(world)["message"]
    world.annotate(promote="1")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_it_goes_on_where_it_may_take_longer() -> None:
    world = after(ab_world(analysis=LIMITED), *ALIKE, days=15)
    world.model["spec"]["rollout"]["analysis"] = LIMITED | {"maxDuration": "30d"}
    world.settle()
    assert "inconclusiveSince" not in challenger(world)
    after(world, *BETTER, days=1)
    assert world.status["champion"]["name"] == "v2"


def test_of_several_the_best_wins_and_the_others_are_out() -> None:
    world = ab_world("v2", "v3", challengers={"most": 2})
    assert {one["name"]: (one["requestedWeight"], one["place"]) for one in world.status["challengers"]} == {
        "v2": (33, 0),
        "v3": (33, 1),
    }
    assert world.weights()["late-flights-v1"] == 34 + 1  # those who do not tell, and the rule of its own callers
    after(world, arm("v1", 800, 160), arm("v2", 800, 280), arm("v3", 800, 200))
    assert world.status["champion"]["name"] == "v2"
    assert shut_out(world) == {"v3": "TestLost"}


def test_one_that_is_worse_goes_while_others_are_undecided() -> None:
    world = ab_world("v2", "v3", challengers={"most": 2})
    after(world, arm("v1", 800, 280), arm("v2", 800, 160), arm("v3", 800, 280))
    assert shut_out(world) == {"v2": "TestLost"}
    assert names(world) == {"v2": "Leaving", "v3": "Comparing"}
    assert answers(world, x_leeboard_bucket="0000") == {"v1"}
    assert answers(world, x_leeboard_bucket="6000") == {"v3"}  # nobody else was moved
    world.add_version("v4")
    world.wait(minutes=11)
    world.settle()
    assert challenger(world, "v4")["place"] == 0


def test_figures_of_another_metric_or_an_earlier_time_decide_nothing() -> None:
    world = ab_world()
    world.wait(days=8)
    world.earn({"type": "Performance", "metric": "accuracy"}, *BETTER)
    world.settle()
    assert challenger(world)["message"].startswith("no figures of this test yet")
    world.earn(OUTCOME, *(row | {"since": "2026-03-02T09:59:59Z"} for row in BETTER))
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    world.earn(OUTCOME, *BETTER)
    world.wait(minutes=16)
    assert challenger(world)["reason"] == "EvaluationStale"


@pytest.mark.parametrize(
    "broken",
    [
        {"rewards": ["5 6"] * 8},
        {"rewards": ["nan 1"] * 8},
        {"rewards": ["500 100"] * 7},
        {"rewards": ["500 -1"] * 8},
        {"rewards": "500 100"},
        {"requests": -1},
        {"since": "yesterday"},
        {"latencyP99": 4},
    ],
)
def test_rows_that_make_no_sense_are_none(broken: dict[str, Any]) -> None:
    world = after(ab_world(), BETTER[0], BETTER[1] | broken)
    assert names(world) == {"v2": "Comparing"}
    assert challenger(world)["reason"] == "NotEnoughSamples"


def test_a_winner_is_held_where_that_is_asked_for_or_by_pause() -> None:
    world = after(ab_world(abTest={"metric": OUTCOME, "then": "Hold"}), *BETTER)
    assert challenger(world)["reason"] == "ComparisonPassed"
    assert world.status["champion"]["name"] == "v1"
    paused = ab_world()
    paused.annotate(pause="true")
    after(paused, *BETTER)
    assert challenger(paused)["reason"] == "Paused"
    paused.annotate(pause="false")
    paused.settle()
    assert paused.status["champion"]["name"] == "v2"


def test_it_is_aborted_and_tried_again_by_command() -> None:
    world = ab_world()
    world.annotate(abort="1")
    world.settle()
    assert shut_out(world) == {"v2": "Aborted"}
    world.wait(minutes=11)
    world.annotate(retry="2")
    world.settle()
    assert names(world) == {"v2": "Comparing"}


def test_pods_that_cannot_work_end_it() -> None:
    world = ab_world()
    world.problems["v2"] = BROKEN
    world.kubelet()
    world.settle()
    assert shut_out(world) == {"v2": "DigestMismatch"}
    assert world.weights() == {"late-flights-v1": 100}


def test_a_version_without_ready_pods_has_its_callers_answered_by_others() -> None:
    world = ab_world()
    world.slow = {"v2"}
    world.kubelet()
    world.settle()
    assert world.weights() == {"late-flights-v1": 50}
    world.slow = set()
    world.kubelet()
    world.settle()
    assert answers(world, x_leeboard_bucket="0000") == {"v2"}


def test_another_strategy_ends_it_or_goes_on_with_the_pods() -> None:
    world = ab_world()
    world.model["spec"]["rollout"] = {"strategy": "Shadow"}
    world.settle()
    assert "place" not in challenger(world)
    assert world.weights() == {"late-flights-v1": 100}
    assert "late-flights-v2-shadow" in world.services
    world.model["spec"]["rollout"] = AB_TEST
    world.settle()
    assert challenger(world)["place"] == 0
    assert "late-flights-v2-shadow" not in world.services
    uid = world.deployments["late-flights-v2"]["metadata"]["uid"]
    world.model["spec"]["rollout"] = {"strategy": "BlueGreen"}
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert world.deployments["late-flights-v2"]["metadata"]["uid"] == uid


@pytest.mark.parametrize("every", range(2, 12))
def test_a_crash_between_any_two_calls_changes_nothing(every: int) -> None:
    world = ab_world()
    world.wait(days=8)
    world.earn(OUTCOME, *BETTER)
    world.crash_every = every
    world.settle(rounds=60)
    world.crash_every = 0
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert world.weights() == {"late-flights-v2": 100}


def test_its_time_begins_by_what_exporters_count_where_a_gateway_says_nothing_new() -> None:
    world = sharing("silent")
    asked = challenger(world)["phaseStartedAt"]
    since = (datetime.fromisoformat(asked) + timedelta(minutes=1)).isoformat()
    world.status["evaluation"] = {
        "routed": [{"name": "v2", "champion": "v1", "since": since, "requests": 20, "total": 1000}]
    }
    world.settle()
    assert "comparedSince" not in challenger(world)
    world.status["evaluation"]["routed"][0]["requests"] = 500
    world.settle()
    assert challenger(world)["comparedSince"]


AUTOSCALED = example("model")["spec"]["serving"] | {"replicas": 4, "autoscaling": {"min": 2, "max": 8}}


def bounds(world: World, version: str) -> tuple[int, int]:
    """Of a version's autoscaler."""
    spec = world.autoscalers[f"late-flights-{version}"]["spec"]
    return spec["minReplicas"], spec["maxReplicas"]


def test_each_version_scales_by_its_own_load_and_the_champion_can_take_all_back() -> None:
    world = gateway_world("v1", rollout=AB_TEST, serving=AUTOSCALED)
    world.autoscale("v1", 6)
    world.add_version("v2")
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    assert world.ready("v2") == 3  # half of six, before anything is known of its load
    assert bounds(world, "v2") == (1, 8)
    assert bounds(world, "v1") == (6, 8)  # twice what the half of the callers has
    world.autoscale("v2", 4)
    assert bounds(world, "v1") == (8, 8)
    world.autoscale("v2", 1)
    assert bounds(world, "v1") == (2, 8)
    world.earn(OUTCOME, arm("v1", 500, 100), arm("v2", 500, 150, errors=400))
    world.settle()
    assert "late-flights-v2" not in world.autoscalers
    assert bounds(world, "v1") == (2, 8)
