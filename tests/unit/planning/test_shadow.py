"""Comparing challengers with the champion, state by state."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.model_world import World
from tests.support.states.model_worlds import BROKEN, SHADOW, lacking, pairs, serving_world, shadow_world


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


def is_ready(world: World) -> bool:
    """Whether the Model says so."""
    ready = world.condition("Ready")
    return ready is not None and ready["status"] == "True"


def test_a_newer_version_is_compared_and_serves_nobody() -> None:
    world = shadow_world()
    assert world.served() == {"v1", "v2"}
    assert world.selector["leeboard.dev/version"] == "v1"
    assert "candidate" not in world.status
    assert world.ready("v2") == 1
    assert world.versions["v2"]["status"]["servingAs"] == "Challenger"
    service = world.services["late-flights-v2-shadow"]
    assert service["spec"]["selector"]["leeboard.dev/version"] == "v2"
    assert challenger(world)["requestedWeight"] == 10
    compared = world.condition("ChallengersInProgress")
    assert compared is not None and compared["reason"] == "NotEnoughSamples"
    assert is_ready(world)
    assert not any(world.condition(kind) for kind in ("Reconciling", "Stalled"))
    assert world.reasons()[-1] == "ComparisonStarted"


def test_the_first_version_serves_without_a_comparison() -> None:
    world = serving_world(rollout=SHADOW)
    assert world.status["champion"]["name"] == "v1"
    assert names(world) == {}


def test_pods_of_the_champion_stay_as_they_are() -> None:
    world = serving_world(rollout={"strategy": "BlueGreen"})
    before = world.deployments["late-flights-v1"]["spec"]["template"]
    world.model["spec"]["rollout"] = SHADOW
    world.add_version("v2")
    world.settle()
    world.wait(hours=1)
    world.pair(pairs("v2"))
    world.settle()
    assert world.deployments["late-flights-v1"]["spec"]["template"] == before


def test_the_winner_becomes_champion_with_the_pods_that_it_has() -> None:
    world = shadow_world()
    live = world.deployments["late-flights-v2"]
    template, uid = live["spec"]["template"], live["metadata"]["uid"]
    world.pair(pairs("v2"))
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    assert challenger(world)["reason"] == "Comparing"
    assert challenger(world)["observedWeight"] == 10
    world.now = world.now.replace(day=3)
    world.pair(pairs("v2"))
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert world.deployments["late-flights-v2"]["spec"]["template"] == template
    assert world.deployments["late-flights-v2"]["metadata"]["uid"] == uid
    assert names(world) == {}
    assert "late-flights-v2-shadow" not in world.services
    world.wait(minutes=1)
    assert world.served() == {"v2"}


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"failures": 400}, "ErrorRateTooHigh"),
        ({"p99": "40"}, "LatencyTooHigh"),
        ({"flips": 900}, "DisagreementTooHigh"),
    ],
)
def test_a_guard_ends_the_comparison_and_leaves_the_champion_alone(figures: dict[str, Any], reason: str) -> None:
    world = shadow_world()
    world.pair(pairs("v2", **figures))
    world.reconcile()
    assert shut_out(world) == {"v2": reason}
    assert names(world) == {"v2": "Leaving"}
    world.settle()
    assert names(world) == {}
    assert world.served() == {"v1"}
    assert set(world.services) == {"late-flights", "late-flights-feedback"}
    stalled = world.condition("Stalled")
    assert stalled is not None and stalled["reason"] == "RolledBack"


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"copies": 499}, "NotEnoughSamples"),
        ({"copies": 499, "p99": "40"}, "NotEnoughSamples"),
        ({"flips": 200}, "NotEnoughSamples"),
        ({"failures": 35}, "NotEnoughSamples"),
    ],
)
def test_what_is_not_certain_is_compared_further(figures: dict[str, Any], reason: str) -> None:
    world = shadow_world()
    world.wait(days=2)
    world.pair(pairs("v2", **figures))
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    assert challenger(world)["reason"] == reason
    assert world.status["champion"]["name"] == "v1"


def test_without_copies_the_status_says_so_after_a_while() -> None:
    world = shadow_world()
    world.wait(minutes=9)
    assert challenger(world)["reason"] == "NotEnoughSamples"
    world.wait(minutes=2)
    assert challenger(world)["reason"] == "CopiesMissing"
    assert is_ready(world)


def test_old_figures_promote_nobody() -> None:
    world = shadow_world()
    world.pair(pairs("v2"))
    world.wait(days=1)
    assert names(world) == {"v2": "Comparing"}
    assert challenger(world)["reason"] == "EvaluationStale"


@pytest.mark.parametrize(
    "row",
    [
        {"since": "2026-03-01T00:00:00Z"},
        {"since": "yesterday"},
        {"copies": "many"},
        {"failures": 5000},
        {"flips": {"toPositive": 5000}},
        {"flips": 5},
    ],
    ids=str,
)
def test_figures_that_make_no_sense_or_are_of_another_time_decide_nothing(row: dict[str, Any]) -> None:
    world = shadow_world()
    world.wait(days=1)
    world.pair(pairs("v2") | row)
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    assert world.status["champion"]["name"] == "v1"


def test_hold_waits_for_a_person() -> None:
    world = shadow_world(shadow={"duration": "1d", "then": "Hold"})
    world.wait(days=3)
    world.pair(pairs("v2"))
    world.settle()
    assert challenger(world)["reason"] == "ComparisonPassed"
    world.annotate(promote="1")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_a_newer_version_takes_the_place() -> None:
    world = shadow_world()
    world.add_version("v3")
    world.settle()
    assert names(world) == {"v3": "Comparing"}
    assert shut_out(world) == {}
    assert world.served() == {"v1", "v3"}
    assert "Superseded" in world.reasons()


def test_a_newer_version_waits_in_a_queue() -> None:
    world = shadow_world(challengers={"whenNewer": "Queue"})
    world.add_version("v3")
    world.add_version("v4")
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    world.pair(pairs("v2", failures=400))
    world.settle()
    assert names(world) == {"v3": "Comparing"}
    world.now = world.now.replace(day=4)
    world.pair(pairs("v3"))
    world.settle()
    world.wait(minutes=1)
    assert world.status["champion"]["name"] == "v3"
    assert names(world) == {"v4": "Comparing"}


def test_several_are_compared_and_the_newest_that_passes_wins() -> None:
    world = shadow_world(challengers={"most": 3})
    world.add_version("v3")
    world.add_version("v4")
    world.settle()
    assert names(world) == {"v2": "Comparing", "v3": "Comparing", "v4": "Comparing"}
    world.now = world.now.replace(day=4)
    world.pair(pairs("v2"), pairs("v3"), pairs("v4", copies=499))
    world.settle()
    assert world.status["champion"]["name"] == "v3"
    world.wait(minutes=1)
    assert names(world) == {"v4": "Comparing"}
    assert shut_out(world) == {}
    world.add_version("v5")
    world.settle()
    assert names(world) == {"v4": "Comparing", "v5": "Comparing"}


def test_pairs_with_the_champion_before_do_not_count() -> None:
    world = shadow_world(challengers={"most": 2})
    world.add_version("v3")
    world.settle()
    world.now = world.now.replace(day=4)
    world.pair(pairs("v2"), pairs("v3", copies=499))
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    world.pair(pairs("v3") | {"since": "2026-03-02T10:00:00Z"})
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert names(world) == {"v3": "Comparing"}


def test_pods_that_cannot_work_end_a_comparison() -> None:
    world = serving_world(rollout=SHADOW)
    world.problems["v2"] = BROKEN
    world.add_version("v2")
    world.settle()
    assert shut_out(world) == {"v2": "DigestMismatch"}
    assert world.served() == {"v1"}
    assert is_ready(world)


def test_pods_that_are_not_ready_in_time_end_a_comparison() -> None:
    world = serving_world(rollout=SHADOW)
    world.slow = {"v2"}
    world.add_version("v2")
    world.settle()
    assert names(world) == {"v2": "Starting"}
    world.wait(minutes=6)
    assert shut_out(world) == {"v2": "NotReadyInTime"}


def test_a_challenger_that_loses_its_pod_may_get_it_back() -> None:
    world = shadow_world()
    world.wait(days=1)
    world.slow = {"v2"}
    world.settle()
    world.wait(minutes=4)
    assert names(world) == {"v2": "Comparing"}
    world.slow = set()
    world.settle()
    assert shut_out(world) == {}
    world.slow = {"v2"}
    world.settle()
    world.wait(minutes=6)
    assert shut_out(world) == {"v2": "NotReadyInTime"}


def test_the_champion_that_lacks_a_pod_says_so_during_a_comparison() -> None:
    world = lacking(shadow_world(), 1, minutes=0)
    assert world.condition("Reconciling") is not None
    assert names(world) == {"v2": "Comparing"}


def test_pause_holds_the_promotion() -> None:
    world = shadow_world()
    world.annotate(pause="true")
    world.wait(days=2)
    world.pair(pairs("v2"))
    world.settle()
    assert challenger(world)["reason"] == "Paused"
    world.annotate(pause="false")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_abort_by_command() -> None:
    world = shadow_world()
    world.annotate(abort="1")
    world.settle()
    assert shut_out(world) == {"v2": "Aborted"}
    assert world.status["commands"]["answer"]["subject"] == "v2"
    world.annotate(retry="1")
    world.settle()
    assert names(world) == {"v2": "Comparing"}


def test_of_several_one_has_to_be_named() -> None:
    world = shadow_world(challengers={"most": 2})
    world.add_version("v3")
    world.settle()
    world.annotate(abort="1")
    world.settle()
    answer = world.status["commands"]["answer"]
    assert not answer["accepted"]
    assert "v2, v3 are compared" in answer["message"]
    world.annotate(abort="v9/2")
    world.settle()
    assert "neither candidate nor challenger" in world.status["commands"]["answer"]["message"]
    world.annotate(abort="v3/3")
    world.settle()
    assert shut_out(world) == {"v3": "Aborted"}
    world.annotate(promote="v2/4")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_a_challenger_whose_pods_are_not_there_yet_is_promoted_once_they_are() -> None:
    world = serving_world(rollout=SHADOW)
    world.slow = {"v2"}
    world.add_version("v2")
    world.settle()
    world.annotate(promote="1")
    world.reconcile()
    assert world.status["candidate"]["phase"] == "Starting"
    world.slow = set()
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_one_at_a_time_is_promoted() -> None:
    world = shadow_world(challengers={"most": 2})
    world.add_version("v3")
    world.settle()
    world.slow = {"v2"}
    world.annotate(promote="v2/1")
    world.reconcile()
    world.reconcile()
    world.annotate(promote="v3/2")
    world.reconcile()
    assert "is on its way" in world.status["commands"]["answer"]["message"]


@pytest.mark.parametrize("strategy", ["BlueGreen", "Replace"])
def test_another_strategy_makes_the_challenger_a_candidate_with_its_pods(strategy: str) -> None:
    world = shadow_world()
    template = world.deployments["late-flights-v2"]["spec"]["template"]
    world.model["spec"]["rollout"] = {"strategy": strategy}
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert world.deployments["late-flights-v2"]["spec"]["template"] == template
    assert names(world) == {}


def test_a_pin_wins() -> None:
    world = shadow_world(challengers={"most": 2})
    world.add_version("v3")
    world.settle()
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    world.wait(minutes=1)
    assert world.status["champion"]["name"] == "v2"
    assert names(world) == {}
    assert world.served() == {"v2"}


def test_a_rollback_goes_on_beside_comparisons() -> None:
    world = shadow_world()
    world.annotate(promote="1")
    world.settle()
    world.wait(minutes=1)
    world.add_version("v3")
    world.settle()
    assert names(world) == {"v3": "Comparing"}
    world.annotate(rollback="1")
    world.settle()
    world.wait(minutes=1)
    assert world.status["champion"]["name"] == "v1"
    assert set(shut_out(world)) == {"v2", "v3"}
    assert names(world) == {}


def test_a_version_that_is_not_eligible_any_more_is_compared_no_more() -> None:
    world = shadow_world()
    world.versions["v2"]["status"]["phase"] = "Rejected"
    world.settle()
    assert names(world) == {}
    assert shut_out(world) == {}


def test_other_numbers_change_no_pods_but_their_number() -> None:
    world = shadow_world()
    template = world.deployments["late-flights-v2"]["spec"]["template"]
    world.model["spec"]["rollout"] = SHADOW | {"shadow": {"percent": 50, "replicas": 2}}
    world.settle()
    assert challenger(world)["requestedWeight"] == 50
    assert world.ready("v2") == 2
    assert world.deployments["late-flights-v2"]["spec"]["template"] == template
