"""What the command line shows of challengers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.describe.models import facts
from leeboard.cli.get.models import LISTING
from leeboard.cli.objects import Objects, parsed
from leeboard.cli.standing import standing
from tests.support.model_world import World
from tests.support.states.model_worlds import OUTCOME, ab_world, arm, bandit_world, pairs, played_out, shadow_world


def compared() -> World:
    world = shadow_world()
    world.wait(hours=6)
    row = pairs("v2", flips=20) | {
        "disagreement": {"value": "0.005", "low": "0.002", "high": "0.011"},
        "failureRate": {"value": "0", "low": "0", "high": "0.003"},
        "scoreDifference": {"mean": "0.01", "std": "0.04"},
    }
    world.pair(row)
    world.settle()
    return world


def objects(world: World) -> Objects:
    return parsed({Model: [world.model], ModelVersion: list(world.versions.values())})


def cells(world: World) -> list[str]:
    (row,) = LISTING.rows(objects(world), world.now)
    return [str(cell) for cell in row.cells]


def test_get_shows_the_only_challenger() -> None:
    world = compared()
    shown = cells(world)
    assert shown[:7] == ["late-flights", "v1", "v2", "Comparing", "10/10 %", "4,000/500", "18h left"]


def test_get_counts_several() -> None:
    world = shadow_world(challengers={"most": 2})
    world.add_version("v3")
    world.settle()
    assert cells(world)[2:4] == ["2 compared", "-"]


def test_describe_says_what_the_pairs_are() -> None:
    world = compared()
    said = [f"{label}: {text}" for label, text in facts(Model.parse(world.model), world.now)]
    text = "\n".join(said)
    assert "challenger: v2: Comparing" in text
    assert "copies of 10/10 % of the champion's requests (asked, counted)" in text
    assert "4,000 pairs, 0.005 [0.002, 0.011] disagree" in text
    assert "waits for: Comparing: " in text
    assert "Shadow; copies of 10 % for 1d, then Promote" in text


@pytest.mark.parametrize("pause", [True, False])
def test_describe_of_one_that_is_held_or_late(pause: bool) -> None:
    world = compared()
    if pause:
        world.annotate(pause="true")
        world.settle()
    said = dict.fromkeys(text for _, text in facts(Model.parse(world.model), world.now + timedelta(days=9)))
    assert f"copies 4,000/500, {'held' if pause else 'time is over'}" in said


def test_a_challenger_stands_as_one() -> None:
    found = objects(compared())
    version = next(one for one in found.versions if one.metadata.name == "v2")
    assert standing(version, found.models[0], frozenset()).word == "challenger"


def in_a_test() -> World:
    world = ab_world()
    world.wait(days=2)
    world.earn(OUTCOME, arm("v1", 500, 100), arm("v2", 500, 150))
    world.settle()
    return world


def test_get_shows_a_challenger_with_callers_of_its_own() -> None:
    assert cells(in_a_test())[:7] == ["late-flights", "v1", "v2", "Comparing", "50/49 %", "4,000/500", "5d left"]


def test_describe_says_what_the_versions_earn() -> None:
    world = in_a_test()
    text = "\n".join(f"{label}: {told}" for label, told in facts(Model.parse(world.model), world.now))
    assert "ABTest; 50 % of the callers each, by Bucket; most of Outcome for 7d, then Promote" in text
    assert "50/49 % of the callers (asked, counted)" in text
    assert "predictions 4,000/500, 5d left" in text
    assert "earns 0.3 of 4,000, the champion 0.2 of 4,000" in text
    assert "waits for: Comparing: " in text


def test_a_test_that_is_held_says_so() -> None:
    world = ab_world(analysis={"minSamples": 500, "maxDuration": "1d"})
    world.wait(days=2)
    world.earn(OUTCOME, arm("v1", 500, 100), arm("v2", 500, 100))
    world.settle()
    assert cells(world)[6] == "held"


def shared_out() -> World:
    world = played_out(bandit_world(), v1=50, v2=90)
    world.wait(hours=4)
    return world


def test_get_and_describe_say_how_far_a_bandit_is() -> None:
    world = shared_out()
    assert cells(world)[:7] == ["late-flights", "v1", "v2", "Comparing", "95/49 %", "6,000/500", "19h left for v2"]
    text = "\n".join(f"{label}: {told}" for label, told in facts(Model.parse(world.model), world.now))
    assert "Bandit; shares follow the rewards, 5 % at least, every 10m at most; most of Outcome, most requests" in text
    assert "95/49 % of the requests (asked, counted)" in text
    assert "earns 0.18 of 6,000, the champion 0.1 of 6,000, 100 % probable to be the best" in text


def test_a_bandit_without_a_leader_has_no_time_left() -> None:
    world = played_out(bandit_world(), 1, 3, v1=50, v2=90)
    assert cells(world)[6] == "-"
