"""A version says which place it has before any request reaches it, and until its pods are gone."""

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.model_version import plan_model_version, serving_as
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelVersionSnapshot
from tests.support.examples import example, model_version, put
from tests.support.model_world import START, World

SETTINGS = Settings(runtime_image="r", server_image="s")
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


@pytest.mark.parametrize(
    ("before", "champion", "live"), [("Draining", "v2", True), ("Candidate", "v1", False), ("", "v1", False)]
)
def test_a_mark_is_taken_away_only_by_what_the_model_says_now(before, champion, live):
    model = example("model") | {"status": {"champion": PLACE | {"name": champion}}}
    version = model_version("v1") | {"status": {"phase": "Accepted", "servingAs": before}}
    snapshot = ModelVersionSnapshot(ModelVersion.parse(version), Model.parse(model), SETTINGS)
    plan = plan_model_version(snapshot, START)
    assert plan.status is not None
    assert plan.status["phase"] == "Accepted"
    assert plan.decides is live


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
