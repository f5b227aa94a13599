"""What a Model that was deleted and made again takes from its versions."""

from datetime import timedelta

from leeboard.planning.conditions import timestamp
from tests.support.model_world import World
from tests.support.states.model_worlds import BAD, canary_world


def made_again(world: World) -> World:
    """The Model was pruned with its children, and is made again a minute later."""
    world.now += timedelta(minutes=1)
    world.deployments, world.services = {}, {}
    world.model["status"] = {}
    world.model["metadata"] |= {"uid": "another-uid", "creationTimestamp": timestamp(world.now)}
    return world


def after_a_rollback() -> World:
    world = canary_world()
    world.count(**BAD)
    world.settle()
    world.wait(seconds=31)
    assert [one["name"] for one in world.status["quarantined"]] == ["v2"]
    return world


def test_it_serves_what_served_and_not_what_was_rolled_back():
    world = made_again(after_a_rollback())
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    assert [(one["name"], one["reason"]) for one in world.status["quarantined"]] == [("v2", "ErrorRateTooHigh")]
    assert world.served() == {"v1"}
    assert world.condition("Stalled")["reason"] == "RolledBack"


def test_a_version_that_was_under_way_follows_as_a_canary():
    world = made_again(canary_world())
    world.slow = {"v1", "v2"}
    world.settle()
    assert world.status["candidate"]["name"] == "v1"
    world.slow = set()
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    assert (world.status["candidate"]["name"], world.status["candidate"]["phase"]) == ("v2", "Canary")


def test_a_version_that_is_registered_later_comes_before_one_that_does_not_start():
    world = made_again(after_a_rollback())
    world.slow = {"v1"}
    world.settle()
    assert world.status["candidate"]["name"] == "v1"
    world.add_version("v3")
    world.versions["v3"]["metadata"]["creationTimestamp"] = timestamp(world.now + timedelta(minutes=1))
    world.settle()
    assert world.status["champion"]["name"] == "v3"


def test_a_pin_wins_over_what_is_remembered():
    world = made_again(after_a_rollback())
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_a_version_that_was_readmitted_is_not_remembered_as_rolled_back():
    world = after_a_rollback()
    world.annotate(retry="1")
    world.settle()
    assert world.status["quarantined"] == []
    assert "rolledBack" not in world.versions["v2"]["status"]


def test_what_served_last_is_not_forgotten_while_the_model_is_away():
    world = World(versions={"retain": 1})
    world.add_version("v1")
    world.settle()
    for name in ("r1", "r2", "r3"):
        world.add_version(name, phase="Rejected")
    made_again(world)
    world.slow = {"v1"}
    world.mark()
    world.reconcile()
    assert set(world.versions) == {"v1", "r3"}
