"""A version says which place it has before any request reaches it, and until its pods are gone."""

import pytest

from leeboard.api.model import Model
from leeboard.planning.model_version import serving_as
from tests.support.examples import example, put
from tests.support.model_world import World

PLACE = {"since": "2026-03-01T00:00:00Z", "images": {"server": "s"}}


@pytest.mark.parametrize(
    ("status", "promotion", "mark"),
    [
        ({}, {"policy": "Automatic"}, ""),
        ({"champion": PLACE | {"name": "v1"}}, {"policy": "Automatic"}, "Champion"),
        ({"candidate": PLACE | {"name": "v1"}}, {"policy": "Automatic"}, "Candidate"),
        ({"draining": PLACE | {"name": "v1"}}, {"policy": "Automatic"}, "Draining"),
        ({"champion": PLACE | {"name": "v2"}}, {"policy": "Pinned", "version": "v1"}, "Pinned"),
        ({"champion": PLACE | {"name": "v1"}}, {"policy": "Pinned", "version": "v1"}, "Champion"),
        ({"champion": PLACE | {"name": "v2"}}, {"policy": "Pinned", "version": "v2"}, ""),
    ],
)
def test_the_place_that_a_model_gives(status, promotion, mark):
    model = put(example("model"), "spec.promotion", promotion) | {"status": status}
    assert serving_as("v1", Model.parse(model)) == mark
    assert serving_as("v1", None) == ""


class Unmarked(World):
    """A world in which nobody reconciles versions."""

    def mark(self) -> None:
        """They keep what they say."""


def test_no_request_reaches_a_version_before_it_is_marked():
    world = Unmarked(rollout={"strategy": "BlueGreen"})
    world.add_version("v1")
    world.settle()
    assert (world.ready("v1"), world.services) == (2, {})
    assert world.status["candidate"]["phase"] == "Starting"
    world.versions["v1"]["status"]["servingAs"] = "Candidate"
    world.settle()
    assert world.status["champion"]["name"] == "v1"


@pytest.mark.parametrize("strategy", ["Canary", "BlueGreen"])
def test_a_mark_stays_until_the_pods_are_gone(strategy):
    world = World() if strategy == "Canary" else World(rollout={"strategy": strategy})
    world.add_version("v1")
    world.settle()
    world.add_version("v2")
    world.settle()
    for _ in range(40):
        world.annotate(promote="now")
        world.wait(seconds=30)
        for name in world.served():
            assert world.versions[name]["status"]["servingAs"] != ""
    assert {name: one["status"]["servingAs"] for name, one in world.versions.items()} == {"v1": "", "v2": "Champion"}


def test_retention_leaves_a_version_that_is_still_marked():
    world = World(versions={"retain": 1})
    for name in ("v1", "v2", "v3"):
        world.add_version(name, phase="Rejected")
    world.versions["v1"]["status"]["servingAs"] = "Draining"
    world.mark = lambda: None
    world.settle()
    assert set(world.versions) == {"v1", "v3"}
