"""Commands on a Model: each is acted on once, answered in status, and refused with a reason where it makes no sense."""

from datetime import timedelta

import pytest

from leeboard.api.model_version import ModelVersion
from leeboard.planning.rollout.selection import age_order, registered_at
from tests.support.examples import model_version, put
from tests.support.model_world import World

BLUE_GREEN = {"strategy": "BlueGreen"}
BROKEN = {"conditions": [{"type": "PodScheduled", "reason": "Unschedulable", "message": "0/1"}]}
BAD = {"candidate": (400, 80), "champion": (800, 0)}


def champions(*names, **spec):
    """A world in which these versions became champion one after another, and the last one serves alone."""
    world = World(**{"rollout": BLUE_GREEN, **spec})
    for name in names:
        world.add_version(name)
        world.settle()
        assert world.status["champion"]["name"] == name
        world.wait(minutes=11)
    return world


def canary():
    """A world in which v2 is in its first stage beside v1."""
    world = World()
    world.add_version("v1")
    world.settle()
    world.add_version("v2")
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    return world


def command(world, **annotations):
    """Give a command and let everything settle; what was answered."""
    world.annotate(**annotations)
    world.settle()
    return world.status["commands"]["answer"]


def shut_out(world):
    return [one["name"] for one in world.status["quarantined"]]


def test_a_rollback_goes_to_the_champion_before_and_the_one_it_leaves_stays_out():
    world = champions("v1", "v2", "v3")
    answer = command(world, rollback="now")
    assert (answer["accepted"], answer["subject"], answer["id"]) == (True, "v2", "now")
    assert world.status["champion"]["name"] == "v2"
    assert world.selector["leeboard.dev/version"] == "v2"
    assert "rollback" not in world.status
    world.wait(days=1)
    assert (world.status["champion"]["name"], world.served(), shut_out(world)) == ("v2", {"v2"}, ["v3"])
    assert [one["name"] for one in world.status["history"]] == ["v1", "v2", "v3", "v2"]
    assert world.status["history"][-1]["reason"] == "RolledBack"
    world.add_version("v4")
    world.settle()
    assert world.status["champion"]["name"] == "v4"


def test_the_champion_serves_until_the_one_returned_to_is_ready():
    world = champions("v1", "v2")
    world.slow = {"v1"}
    command(world, rollback="now")
    assert world.status["champion"]["name"] == "v2"
    assert (world.status["candidate"]["name"], world.status["rollback"]["to"]) == ("v1", "v1")
    assert world.selector["leeboard.dev/version"] == "v2"
    world.slow = set()
    world.settle()
    assert world.status["champion"]["name"] == "v1"


def test_a_rollback_to_a_version_by_name_shuts_out_all_that_are_newer():
    world = champions("v1", "v2", "v3")
    answer = command(world, rollback="v1/id-7")
    assert (answer["subject"], world.status["commands"]["rollback"]) == ("v1", "v1/id-7")
    world.wait(days=1)
    assert (world.status["champion"]["name"], shut_out(world)) == ("v1", ["v2", "v3"])


def test_pods_that_are_still_there_are_taken_over_again():
    world = World(rollout=BLUE_GREEN)
    for name in ("v1", "v2"):
        world.add_version(name)
        world.settle()
    assert world.status["draining"]["name"] == "v1"
    before = world.deployments["late-flights-v1"]["metadata"]["uid"]
    command(world, rollback="now")
    assert world.status["champion"]["name"] == "v1"
    assert world.deployments["late-flights-v1"]["metadata"]["uid"] == before


def test_a_canary_gives_way_to_a_rollback_and_a_hold_does_not_hold_it():
    world = canary()
    command(world, promote="1")
    assert world.status["champion"]["name"] == "v2"
    world.wait(seconds=31)
    world.add_version("v3")
    world.settle()
    assert (world.status["candidate"]["name"], world.status["candidate"]["phase"]) == ("v3", "Canary")
    command(world, pause="true", rollback="now")
    world.wait(seconds=31)
    assert (world.status["champion"]["name"], world.served()) == ("v1", {"v1", "v2"})
    assert shut_out(world) == ["v2", "v3"]


def test_a_version_returned_to_that_cannot_work_leaves_the_champion_serving():
    world = champions("v1", "v2")
    world.problems["v1"] = BROKEN
    command(world, rollback="now")
    world.wait(minutes=6)
    world.wait(minutes=1)
    assert (world.status["champion"]["name"], world.served()) == ("v2", {"v2"})
    assert (shut_out(world), "rollback" in world.status) == (["v1"], False)


def test_an_abort_ends_a_rollback_without_a_verdict():
    world = champions("v1", "v2")
    world.slow = {"v1"}
    command(world, rollback="now")
    answer = command(world, abort="stop")
    assert (answer["accepted"], answer["subject"]) == (True, "v1")
    world.wait(seconds=31)
    assert (world.status["champion"]["name"], shut_out(world), "rollback" in world.status) == ("v2", [], False)
    world.slow = set()
    command(world, rollback="again")
    assert world.status["champion"]["name"] == "v1"


def test_an_abort_after_a_rollback_does_not_bring_back_what_was_left():
    world = champions("v1", "v2")
    command(world, rollback="now")
    assert world.status["draining"]["name"] == "v2"
    answer = command(world, abort="stop")
    assert not answer["accepted"] and "cannot take over" in answer["message"]
    assert world.status["champion"]["name"] == "v1"


def test_pinning_wins_over_a_rollback_under_way():
    world = champions("v1", "v2", "v3")
    world.slow = {"v1"}
    command(world, rollback="v1/now")
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    world.wait(seconds=31)
    world.wait(seconds=1)
    assert (world.status["champion"]["name"], "rollback" in world.status) == ("v2", False)
    world.model["spec"]["promotion"] = {"policy": "Automatic"}
    world.wait(days=1)
    assert world.status["champion"]["name"] == "v3"


def test_a_version_that_leaves_the_registry_is_not_returned_to():
    world = canary()
    world.add_version("v0")
    world.versions["v0"]["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
    command(world, rollback="v0/now")
    assert world.status["rollback"]["to"] == "v0"
    del world.versions["v0"]
    world.wait(seconds=31)
    assert "rollback" not in world.status and world.status["champion"]["name"] == "v1"


def test_a_retried_version_gets_another_rollout():
    world = canary()
    world.count(**BAD)
    world.settle()
    world.wait(seconds=31)
    assert "candidate" not in world.status and shut_out(world) == ["v2"]
    answer = command(world, retry="r1")
    assert (answer["accepted"], answer["subject"], shut_out(world)) == (True, "v2", [])
    assert (world.status["candidate"]["name"], world.status["candidate"]["phase"]) == ("v2", "Canary")
    world.count(**BAD)
    world.settle()
    world.wait(days=1)
    assert shut_out(world) == ["v2"] and "candidate" not in world.status
    world.annotate(retry="v2/r2")
    world.settle()
    assert world.status["candidate"]["name"] == "v2"


def test_what_a_rollback_left_comes_back_by_retry():
    world = champions("v1", "v2")
    command(world, rollback="now")
    world.wait(minutes=11)
    command(world, retry="v2/again")
    assert world.status["champion"]["name"] == "v2"


def test_versions_in_use_by_a_rollback_are_kept():
    world = champions("v1", "v2", versions={"retain": 1})
    for name in ("r1", "r2", "r3"):
        world.add_version(name, phase="Rejected")
    world.settle()
    assert set(world.versions) == {"v1", "v2", "r3"}


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"promote": "1"}, "no rollout is under way"),
        ({"abort": "1"}, "`leeboard rollback` goes back to v1, whose pods are made anew"),
        ({"retry": "1"}, "no version was rolled back"),
        ({"retry": "v9/1"}, "v9 was not rolled back, or left the registry"),
        ({"rollback": "v2/1"}, "v2 serves"),
        ({"rollback": "v9/1"}, "v9 is not in the registry"),
        ({"rollback": "r1/1"}, "r1 is newer than v2"),
        ({"rollback": "r0/1"}, "r0 may not serve: it is Rejected"),
    ],
)
def test_what_makes_no_sense_is_refused_once_with_a_reason(given, because):
    world = champions("v1", "v2")
    for name, born in (("r0", "2020-01-01T00:00:00Z"), ("r1", "2030-01-01T00:00:00Z")):
        world.add_version(name, phase="Rejected")
        world.versions[name]["metadata"]["creationTimestamp"] = born
    world.settle()
    before = (world.status["champion"], world.served())
    answer = command(world, **given)
    ((verb, value),) = given.items()
    assert (answer["command"], answer["id"], answer["accepted"]) == (verb, value, False)
    assert because in answer["message"]
    assert world.status["commands"][verb] == value
    assert world.events.count(("Warning", "CommandRefused")) == 1
    world.wait(days=1)
    assert world.events.count(("Warning", "CommandRefused")) == 1
    assert (world.status["champion"], world.served()) == before


@pytest.mark.parametrize("given", [{"rollback": "1"}, {"rollback": "v1/1"}, {"retry": "1"}])
def test_pinned_wins_over_commands(given):
    world = champions("v1", "v2")
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    answer = command(world, **given)
    assert not answer["accepted"] and "pins v2: pinning wins" in answer["message"]
    assert world.status["champion"]["name"] == "v2"


def test_a_rollback_without_a_champion_or_without_one_before():
    world = World()
    assert "nothing serves yet" in command(world, rollback="1")["message"]
    world.add_version("v1")
    world.settle()
    assert "no version is known to have served before v1" in command(world, rollback="2")["message"]


def test_a_quarantined_version_is_not_returned_to_and_an_old_one_not_retried():
    world = champions("v1", "v2", "v3")
    command(world, rollback="1")
    assert world.status["champion"]["name"] == "v2"
    world.wait(minutes=11)
    assert "v3 was rolled back (RolledBack): retry" in command(world, rollback="v3/2")["message"]
    world.add_version("v4")
    world.settle()
    world.wait(minutes=11)
    answer = command(world, retry="v3/3")
    assert not answer["accepted"] and "older than v4, which serves" in answer["message"]
    assert shut_out(world) == ["v3"]


def test_hold_and_go_on_are_answered():
    world = canary()
    assert command(world, pause="true")["command"] == "pause"
    answer = command(world, pause="false")
    assert (answer["command"], answer["accepted"]) == ("resume", True)


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7])
def test_a_crash_between_any_two_calls_leads_to_the_same_rollback(every):
    worlds = World(rollout=BLUE_GREEN), World(rollout=BLUE_GREEN)
    worlds[1].crash_every = every
    for world in worlds:
        for name in ("v1", "v2"):
            world.add_version(name)
            world.settle(40)
            world.now += timedelta(minutes=11)
            world.settle(40)
        world.annotate(rollback="now")
        world.settle(40)
        world.annotate(retry="v2/again")
        world.settle(40)
    smooth, rough = worlds
    assert rough.status["champion"]["name"] == smooth.status["champion"]["name"] == "v2"
    assert [one["name"] for one in rough.status["history"]] == [one["name"] for one in smooth.status["history"]]
    assert shut_out(rough) == shut_out(smooth) == []


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01"),
        ("2099-01-01T00:00:00Z", "2026-03-01"),
        ("2026-01-01T00:00:00", "2026-03-01"),
        ("yesterday", "2026-03-01"),
    ],
)
def test_a_restored_version_is_as_old_as_it_says_and_never_newer(annotation, expected):
    document = put(model_version("v1"), "metadata.creationTimestamp", "2026-03-01T00:00:00Z")
    document["metadata"]["annotations"] = {"leeboard.dev/registered-at": annotation}
    version = ModelVersion.parse(document)
    moment = registered_at(version)
    assert moment is not None and moment.date().isoformat() == expected
    assert age_order(version) == (moment, "v1")
