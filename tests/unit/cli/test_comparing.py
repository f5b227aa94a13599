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
from tests.support.states.model_worlds import pairs, shadow_world


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
