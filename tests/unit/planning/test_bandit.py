"""A bandit, state by state: shares that follow the rewards, a winner by evidence, guards, commands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.model_world import World
from tests.support.routed import GATEWAY, gateway_world
from tests.support.states.model_worlds import (
    AB_TEST,
    BANDIT,
    BROKEN,
    OUTCOME,
    PACE,
    arm,
    bandit_world,
    played_out,
    stretch,
)
from tests.unit.planning.test_ab_test import AUTOSCALED, bounds, challenger, is_green, names, shut_out


def shares(world: World) -> dict[str, int]:
    """What the versions have, by what is remembered, and by the route."""
    told: dict[str, int] = world.status["shares"][-1]["percent"]
    routed = {name.removeprefix("late-flights-"): weight for name, weight in world.weights().items()}
    assert routed == {name: share for name, share in told.items() if share}
    return told


def decisions(world: World) -> list[tuple[int | None, dict[str, int]]]:
    """On how many stretches each change was decided, and what it was."""
    return [(one.get("stretches"), one["percent"]) for one in world.status["shares"]]


def figures(stretches: int) -> list[dict[str, Any]]:
    """v2 earns more in each of so many stretches."""
    wins = {"v1": 50, "v2": 90}
    return [arm(name, 500, 0) | {"rewards": [f"500 {count}"] * stretches} for name, count in wins.items()]


def test_a_challenger_begins_with_the_least_share() -> None:
    world = bandit_world()
    one = challenger(world)
    assert shares(world) == {"v1": 95, "v2": 5}
    assert (one["requestedWeight"], one["place"]) == (5, 0)
    assert one["comparedSince"]
    (route,) = world.routes["HTTPRoute"].values()
    assert len(route["spec"]["rules"]) == 1  # nobody's caller is told apart
    assert world.selector["leeboard.dev/version"] == "v1"
    assert world.versions["v2"]["status"]["servingAs"] == "Challenger"
    assert is_green(world)


def test_shares_follow_the_rewards_by_a_step_once_a_stretch() -> None:
    world = bandit_world()
    stretch(world, 1, v1=50, v2=90)
    assert shares(world) == {"v1": 85, "v2": 15}
    assert challenger(world)["bestProbability"] == 100
    stretch(world, 1, v1=50, v2=90)
    assert shares(world) == {"v1": 85, "v2": 15}
    world.earn(OUTCOME, *figures(2), pace=PACE)
    world.wait(minutes=10)
    assert shares(world) == {"v1": 75, "v2": 25}
    world.earn(OUTCOME, *figures(3), pace=PACE)
    world.wait(seconds=599)
    assert decisions(world)[-1][0] == 2  # an interval has not passed
    assert decisions(world) == [
        (None, {"v1": 95, "v2": 5}),
        (1, {"v1": 85, "v2": 15}),
        (2, {"v1": 75, "v2": 25}),
    ]
    played_out(world, 3, v1=50, v2=90)
    assert shares(world) == {"v1": 5, "v2": 95}
    assert is_green(world)


def test_calls_by_grpc_are_shared_out_alike() -> None:
    world = gateway_world("v1", "v2", gateway=GATEWAY | {"grpc": {"hostnames": ["grpc.example"]}}, rollout=BANDIT)
    stretch(world, 1, v1=50, v2=90)
    assert world.weights("GRPCRoute") == world.weights("HTTPRoute") == {"late-flights-v1": 85, "late-flights-v2": 15}


def test_pods_for_the_next_share_are_there_before_it() -> None:
    world = bandit_world()
    seen = []
    for stretches in range(1, 10):
        world.slow = set()
        seen.append((shares(world)["v2"], world.ready("v2")))
        stretch(world, stretches, v1=50, v2=90)
    assert seen == [(5, 1), (15, 1), (25, 2), (35, 2), (45, 3), (55, 3), (65, 3), (75, 4), (85, 4)]
    assert world.ready("v1") == 4  # it can take all back at any moment


def test_a_share_waits_for_pods_that_are_not_ready() -> None:
    world = bandit_world()
    stretch(world, 1, v1=50, v2=90)
    world.wait(minutes=10)
    world.slow = {"v2"}
    world.kubelet()
    world.earn(OUTCOME, *figures(2), pace=PACE)
    world.settle()
    assert decisions(world)[-1] == (1, {"v1": 85, "v2": 15})
    world.slow = set()
    world.kubelet()
    world.settle()
    assert shares(world) == {"v1": 75, "v2": 25}


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (OUTCOME, {"pace": "10m 1d"}),
        ({"type": "Performance", "metric": "accuracy"}, {"pace": PACE}),
        (OUTCOME, {"pace": PACE, "champion": "v0"}),
        (OUTCOME, {}),
    ],
)
def test_figures_of_something_else_move_nothing(metric: dict[str, Any], told: dict[str, Any]) -> None:
    world = bandit_world()
    rows = [arm("v1", 500, 50), arm("v2", 500, 90)]
    world.earn(metric, *rows, **told)
    world.settle()
    assert shares(world) == {"v1": 95, "v2": 5}
    world.earn(OUTCOME, *rows, pace=PACE)
    world.settle()
    assert shares(world) == {"v1": 85, "v2": 15}


def test_nothing_moves_by_old_figures_or_none_or_few_labels() -> None:
    world = bandit_world()
    world.earn(OUTCOME, arm("v1", 12, 1), arm("v2", 12, 9), pace=PACE)
    world.settle()
    assert shares(world) == {"v1": 95, "v2": 5}  # 96 of the 100 labels
    assert "bestProbability" not in challenger(world)
    stretch(world, 1, v1=50, v2=90)
    assert shares(world)["v2"] == 15
    world.earn(OUTCOME, arm("v1", 500, 50), arm("v2", 500, 90), pace=PACE)
    world.now = world.now.replace(hour=world.now.hour + 1)
    world.settle()
    assert shares(world)["v2"] == 15
    world.count_error("StorageUnreachable")
    world.settle()
    assert shares(world)["v2"] == 15


def test_a_gateway_that_has_not_taken_the_shares_before_gets_no_others() -> None:
    world = bandit_world()
    world.gateway = "silent"
    stretch(world, 1, v1=50, v2=90)
    world.gateway = "rejects"
    world.kubelet()
    stretch(world, 2, v1=50, v2=90)
    assert decisions(world)[-1][0] == 1
    world.gateway = "accepts"
    world.kubelet()
    world.settle()
    assert decisions(world)[-1][0] == 2


def test_the_best_one_is_promoted_when_it_has_had_the_most_for_long_enough() -> None:
    world = played_out(bandit_world(), v1=50, v2=90)
    assert shares(world) == {"v1": 5, "v2": 95}
    assert world.status["champion"]["name"] == "v1"
    assert challenger(world)["reason"] == "Comparing"
    assert "compared until" in challenger(world)["message"]
    uid = world.deployments["late-flights-v2"]["metadata"]["uid"]
    world.wait(hours=23)
    stretch(world, 30, v1=50, v2=90)
    assert world.status["champion"]["name"] == "v1"
    world.wait(hours=2)
    stretch(world, 31, v1=50, v2=90)
    assert world.status["champion"]["name"] == "v2"
    assert world.deployments["late-flights-v2"]["metadata"]["uid"] == uid
    assert world.weights() == {"late-flights-v2": 100}
    assert decisions(world)[-1] == (None, {"v2": 100})
    assert is_green(world)


def test_the_champion_that_is_better_stays_and_all_is_green() -> None:
    world = bandit_world()
    world.wait(days=1, minutes=5)
    stretch(world, 30, v1=90, v2=50)
    assert shut_out(world) == {"v2": "TestLost"}
    assert shares(world) == {"v1": 100}
    assert is_green(world)
    world.wait(minutes=11)
    assert world.served() == {"v1"}


def test_nobody_wins_by_evidence_that_the_newest_rewards_contradict() -> None:
    world = played_out(bandit_world(), 1, 11, v1=50, v2=90)
    world.wait(days=1)
    rows = [
        arm("v1", 500, 0) | {"rewards": ["500 50"] * 40 + ["50000 9000"] * 3},
        arm("v2", 500, 0) | {"rewards": ["500 90"] * 40 + ["50000 5000"] * 3},
    ]
    world.earn(OUTCOME, *rows, pace=PACE)
    world.reconcile()
    assert world.status["champion"]["name"] == "v1"
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    assert shares(world)["v2"] == 85


def test_a_guard_ends_it_at_any_time_and_the_champion_has_all_at_once() -> None:
    world = played_out(bandit_world(), v1=50, v2=90)
    stretch(world, 13, v1=50, v2=90, errors={"v2": 3000})
    assert shut_out(world) == {"v2": "ErrorRateTooHigh"}
    assert shares(world) == {"v1": 100}
    stalled = world.condition("Stalled")
    assert stalled is not None and stalled["reason"] == "RolledBack"


LIMITED = BANDIT["analysis"] | {"maxDuration": "7d"}


def test_without_a_verdict_in_time_all_is_held_until_somebody_decides() -> None:
    world = played_out(bandit_world(analysis=LIMITED), 1, 3, v1=50, v2=51)
    world.wait(days=8)
    stretch(world, 4, v1=50, v2=51)
    assert challenger(world)["reason"] == "AnalysisInconclusive"
    assert is_green(world)
    before = shares(world)
    stretch(world, 5, v1=50, v2=90)
    assert shares(world) == before
    world.model["spec"]["rollout"]["analysis"] = LIMITED | {"maxDuration": "30d"}
    stretch(world, 6, v1=50, v2=90)
    assert "inconclusiveSince" not in challenger(world)
    assert shares(world)["v2"] > before["v2"]


def test_pause_holds_the_shares_and_the_winner() -> None:
    world = bandit_world()
    world.annotate(pause="true")
    stretch(world, 1, v1=50, v2=90)
    assert shares(world) == {"v1": 95, "v2": 5}
    world.annotate(pause="false")
    played_out(world, 2, 12, v1=50, v2=90)
    world.annotate(pause="true")
    world.wait(days=2)
    stretch(world, 20, v1=50, v2=90)
    assert challenger(world)["reason"] == "Paused"
    world.annotate(pause="false")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_a_winner_is_held_where_that_is_asked_for() -> None:
    world = played_out(bandit_world(bandit=BANDIT["bandit"] | {"then": "Hold"}), v1=50, v2=90)
    world.wait(days=2)
    stretch(world, 20, v1=50, v2=90)
    assert challenger(world)["reason"] == "ComparisonPassed"
    world.annotate(promote="1")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_it_is_aborted_and_tried_again_by_command() -> None:
    world = played_out(bandit_world(), 1, 3, v1=50, v2=90)
    world.annotate(abort="1")
    world.settle()
    assert shut_out(world) == {"v2": "Aborted"}
    assert shares(world) == {"v1": 100}
    world.wait(minutes=11)
    world.annotate(retry="2")
    world.settle()
    assert names(world) == {"v2": "Comparing"}
    assert shares(world) == {"v1": 95, "v2": 5}
    stretch(world, 1, v1=50, v2=90)
    assert shares(world) == {"v1": 85, "v2": 15}  # no decision of the first time counts for it


def test_of_several_the_best_gets_most_and_who_comes_has_the_least() -> None:
    world = bandit_world("v2", challengers={"most": 2})
    played_out(world, v1=50, v2=90)
    assert shares(world) == {"v1": 5, "v2": 95}
    world.add_version("v3")
    world.settle()
    assert shares(world) == {"v1": 5, "v2": 90, "v3": 5}
    rows = [
        arm(name, 500, 0) | {"rewards": rewards}
        for name, rewards in (
            ("v1", ["500 50"] * 30),
            ("v2", ["500 90"] * 30),
            ("v3", ["0 0"] * 12 + ["500 130"] * 18),
        )
    ]
    world.earn(OUTCOME, *rows, pace=PACE)
    world.settle()
    assert shares(world) == {"v1": 5, "v2": 80, "v3": 15}
    world.annotate(abort="v2/1")
    world.settle()
    assert shares(world) == {"v1": 85, "v3": 15}


def test_a_winner_on_its_way_keeps_what_it_has() -> None:
    world = played_out(bandit_world("v2", challengers={"most": 2}), v1=50, v2=90)
    world.slow = {"v3"}
    world.add_version("v3")
    world.settle()
    world.slow = {"v2"}
    world.annotate(promote="v2/1")
    world.settle()
    assert world.status["candidate"]["phase"] == "Promoting"
    world.kubelet()
    world.settle()
    assert {one["name"]: one["requestedWeight"] for one in world.status["challengers"]} == {"v3": 0}
    assert world.status["shares"][-1]["percent"] == {"v1": 5, "v2": 95}


def test_a_higher_least_share_is_given_at_once() -> None:
    world = bandit_world()
    world.model["spec"]["rollout"] = BANDIT | {"bandit": BANDIT["bandit"] | {"floor": 20}}
    world.settle()
    assert shares(world) == {"v1": 80, "v2": 20}


def test_pods_that_cannot_work_end_it() -> None:
    world = bandit_world()
    world.problems["v2"] = BROKEN
    world.kubelet()
    world.settle()
    assert shut_out(world) == {"v2": "DigestMismatch"}
    assert shares(world) == {"v1": 100}


def test_another_strategy_goes_on_with_the_pods_and_never_with_more_than_all() -> None:
    world = bandit_world("v2", "v3", challengers={"most": 2})
    played_out(world, v1=50, v2=90, v3=50)
    assert shares(world) == {"v1": 5, "v2": 90, "v3": 5}
    world.model["spec"]["rollout"] = AB_TEST | {"challengers": {"most": 2}}
    world.settle()
    assert {one["name"]: one["requestedWeight"] for one in world.status["challengers"]} == {"v2": 33, "v3": 33}
    assert world.status.get("shares", []) == []
    del world.status["evaluation"]
    world.model["spec"]["rollout"] = BANDIT | {"challengers": {"most": 2}}
    world.settle()
    assert shares(world) == {"v1": 34, "v2": 33, "v3": 33}
    world.model["spec"]["rollout"] = {"strategy": "Shadow", "challengers": {"most": 2}}
    world.settle()
    assert world.weights() == {"late-flights-v1": 100}


def test_each_version_scales_by_its_own_load() -> None:
    world = gateway_world("v1", rollout=BANDIT, serving=AUTOSCALED)
    world.autoscale("v1", 6)
    world.add_version("v2")
    world.settle()
    assert bounds(world, "v2") == (1, 8)
    played_out(world, v1=50, v2=90)
    assert bounds(world, "v2") == (2, 8)
    stretch(world, 13, v1=50, v2=90, errors={"v2": 3000})
    assert "late-flights-v2" not in world.autoscalers


@pytest.mark.parametrize("every", range(2, 12))
def test_a_crash_between_any_two_calls_changes_nothing(every: int) -> None:
    whole = played_out(bandit_world(), 1, 4, v1=50, v2=90)
    world = bandit_world()
    for stretches in range(1, 5):
        world.wait(minutes=10)
        world.crash_every = every
        world.earn(OUTCOME, *figures(stretches), pace=PACE)
        world.settle(rounds=60)
        world.crash_every = 0
        world.settle()
    assert world.status["shares"] == whole.status["shares"]
    assert world.weights() == whole.weights()
