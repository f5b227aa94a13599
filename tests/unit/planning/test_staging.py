"""Staging: a candidate is reached at a Service of its own alone, for as long as is asked, or until somebody says so."""

from datetime import timedelta

import pytest

from tests.support.examples import example
from tests.support.model_world import World
from tests.support.states.model_worlds import BROKEN, serving_world, staged_world

BLUE_GREEN = {"strategy": "BlueGreen"}
OWN = "late-flights-candidate"


def command(world, **annotations):
    """Give a command and let everything settle; what was answered."""
    world.annotate(**annotations)
    world.settle()
    return world.status["commands"]["answer"]


def candidate(world):
    return world.status["candidate"]


def test_a_candidate_is_first_reached_at_its_own_service_and_there_alone():
    world = staged_world(duration="30m")
    assert world.services[OWN]["spec"]["selector"]["leeboard.dev/version"] == "v2"
    assert [port["name"] for port in world.services[OWN]["spec"]["ports"]] == ["http", "grpc"]
    assert world.selector["leeboard.dev/version"] == "v1"
    assert world.condition("Staged")["reason"] == "Staged"
    assert "2026-03-02T10:30:00Z" in world.condition("Staged")["message"]
    assert candidate(world)["requestedWeight"] == 0


def test_the_service_is_there_without_staging_too_and_goes_with_the_candidate():
    world = serving_world()
    assert OWN not in world.services
    world.add_version("v2")
    world.settle()
    assert (candidate(world)["phase"], OWN in world.services) == ("Canary", True)
    command(world, promote="1")
    assert "candidate" not in world.status
    assert OWN not in world.services


def test_a_candidate_that_is_rolled_back_is_not_reached_any_more():
    world = staged_world(hold=True)
    command(world, abort="1")
    assert candidate(world)["phase"] == "RollingBack"
    assert OWN not in world.services


def test_staging_ends_by_itself_after_its_time():
    world = staged_world(duration="30m")
    world.wait(minutes=29)
    assert candidate(world)["phase"] == "Staged"
    assert world.plan().requeue_after <= timedelta(minutes=1)
    world.wait(minutes=1)
    assert candidate(world)["phase"] == "Canary"
    assert candidate(world)["canaryStartedAt"] == "2026-03-02T10:30:00Z"


def test_a_held_candidate_waits_for_the_command_and_has_its_whole_canary_then():
    world = staged_world(hold=True, duration="1h")
    world.wait(days=2)
    assert world.condition("Staged")["reason"] == "AwaitingPromotion"
    answer = command(world, promote="staged/1")
    assert (answer["accepted"], answer["message"]) == (True, "v2 leaves staging: its canary begins")
    assert (candidate(world)["phase"], candidate(world)["step"]) == ("Canary", 0)
    assert world.condition("Staged") is None
    assert world.selector.get("leeboard.dev/version") is None


def test_a_promote_for_staging_promotes_no_canary():
    world = staged_world(hold=True)
    command(world, promote="1")
    answer = command(world, promote="staged/2")
    assert not answer["accepted"]
    assert candidate(world)["phase"] == "Canary"


def test_a_candidate_without_its_pods_is_not_let_out_of_staging():
    rollout = example("model")["spec"]["rollout"] | {"staging": {"hold": True}}
    world = serving_world(rollout=rollout)
    world.slow = {"v2"}
    world.add_version("v2")
    world.settle()
    answer = command(world, promote="1")
    assert (answer["accepted"], candidate(world)["phase"]) == (False, "Starting")
    assert "not staged yet" in answer["message"]


def test_the_switch_of_blue_green_waits_for_the_command():
    world = serving_world(rollout=BLUE_GREEN | {"staging": {"hold": True}})
    world.add_version("v2")
    world.wait(days=1)
    assert (world.status["champion"]["name"], world.ready("v2")) == ("v1", 2)
    assert command(world, promote="1")["message"] == "v2 leaves staging: all requests go to it at once"
    assert (world.status["champion"]["name"], world.selector["leeboard.dev/version"]) == ("v2", "v2")


def test_a_pause_holds_a_candidate_that_was_let_out():
    world = staged_world(duration="1m")
    command(world, pause="true")
    world.wait(hours=1)
    assert (candidate(world)["phase"], candidate(world)["reason"]) == ("Staged", "Paused")
    command(world, pause="false")
    assert candidate(world)["phase"] == "Canary"


def test_pods_that_are_lost_in_a_long_staging_get_as_long_again_to_be_ready():
    world = staged_world(hold=True)
    world.wait(days=3)
    world.slow = {"v2"}
    world.kubelet()
    world.wait(minutes=4)
    assert candidate(world)["phase"] == "Staged"
    world.wait(minutes=2)
    assert (candidate(world)["phase"], candidate(world)["reason"]) == ("RollingBack", "NotReadyInTime")


def test_a_staged_candidate_that_breaks_is_rolled_back():
    world = staged_world(hold=True)
    world.problems["v2"] = BROKEN
    world.kubelet()
    world.settle()
    assert candidate(world)["phase"] == "RollingBack"


def test_a_first_version_and_a_pinned_one_are_not_staged():
    world = serving_world(rollout=BLUE_GREEN | {"staging": {"hold": True}})
    assert world.status["champion"]["name"] == "v1"
    world.add_version("v2")
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_staging_that_is_not_asked_for_any_more_is_over():
    world = staged_world(hold=True)
    world.model["spec"]["rollout"].pop("staging")
    world.settle()
    assert candidate(world)["phase"] == "Canary"


@pytest.mark.parametrize(("delay", "minutes", "serves"), [(None, 9, "v1"), ("1h", 59, "v1"), ("1m", 2, "v2")])
def test_abort_brings_the_champion_before_back_within_the_delay_and_later_says_what_does(delay, minutes, serves):
    world = World(rollout=BLUE_GREEN | ({"blueGreen": {"scaleDownDelay": delay}} if delay else {}))
    for name in ("v1", "v2"):
        world.add_version(name)
        world.settle()
    world.wait(minutes=minutes)
    templates = dict(world.templates)
    answer = command(world, abort="1")
    assert (world.status["champion"]["name"], world.selector["leeboard.dev/version"]) == (serves, serves)
    assert answer["accepted"] is (serves == "v1")
    assert world.templates == templates, "the way back made new pods"
    if serves == "v2":
        assert "`leeboard rollback` goes back to v1" in answer["message"]
