"""A DriftMonitor asks for a rollback; the Model decides."""

from datetime import timedelta

import pytest

from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.unit.planning.test_model_commands import canary, champions, command, shut_out


def ask(world, *, version, episode="e1", name="watch", started=None):
    """A monitor with an open episode about a version, in which it asks for a rollback."""
    monitor = example("drift-monitor")
    monitor["metadata"] |= {"name": name, "namespace": "ml", "uid": f"{name}-uid"}
    began = timestamp(started or world.now)
    monitor["status"] = {
        "episode": {"id": episode, "version": version, "startedAt": began},
        "requests": [{"type": "Rollback", "episode": episode, "reason": "roc_auc 0.70 → 0.61"}],
    }
    world.monitors[name] = monitor
    world.settle()


def answers(world):
    return [
        (one["monitor"], one["episode"], one["accepted"], one["message"])
        for one in world.status.get("monitorAnswers", [])
    ]


def test_the_champion_before_is_returned_to_once_and_the_one_that_drifted_stays_out():
    world = champions("v1", "v2")
    ask(world, version="v2")
    ((monitor, episode, accepted, message),) = answers(world)
    assert (monitor, episode, accepted) == ("watch", "e1", True)
    assert message == "v1 is returned to, asked for by DriftMonitor watch: roc_auc 0.70 → 0.61"
    assert (world.status["champion"]["name"], shut_out(world)) == ("v1", ["v2"])
    assert world.status["history"][-1]["message"] == "v1 serves again instead of v2, asked for by DriftMonitor watch"
    world.wait(days=1)
    assert (world.status["champion"]["name"], world.served()) == ("v1", {"v1"})
    assert [reason for _, reason in world.events].count("RollbackRequested") == 1


def test_a_request_that_cannot_be_met_is_refused_once_and_says_what_to_do():
    world = champions("v1")
    ask(world, version="v1")
    ((*_, accepted, message),) = answers(world)
    assert not accepted
    assert "no version is known to have served before v1" in message and "leeboard rollback" in message
    world.wait(minutes=30)
    assert [event for event in world.events if event[1] == "RollbackRefused"] == [("Warning", "RollbackRefused")]
    assert world.status["champion"]["name"] == "v1"
    ask(world, version="v1", episode="e2")
    assert [one[1] for one in answers(world)] == ["e2"]


@pytest.mark.parametrize("case", ["of another champion", "of an earlier reign", "of a monitor that goes"])
def test_a_request_that_is_over_is_not_answered(case):
    world = champions("v1", "v2")
    since = world.now
    if case == "of another champion":
        ask(world, version="v1")
    elif case == "of an earlier reign":
        ask(world, version="v2", started=since - timedelta(hours=2))
    else:
        world.monitors["watch"] = {}
        monitor = example("drift-monitor")
        monitor["metadata"] |= {"name": "watch", "namespace": "ml", "uid": "u", "deletionTimestamp": timestamp(since)}
        monitor["status"] = {
            "episode": {"id": "e1", "version": "v2", "startedAt": timestamp(since)},
            "requests": [{"type": "Rollback", "episode": "e1"}],
        }
        world.monitors["watch"] = monitor
        world.settle()
    world.wait(minutes=5)
    assert answers(world) == []
    assert world.status["champion"]["name"] == "v2"


def test_a_rollout_under_way_comes_first():
    world = canary()
    ask(world, version="v1")
    assert answers(world) == []
    assert world.status["candidate"]["name"] == "v2"
    command(world, abort="now")
    world.wait(minutes=2)
    ((*_, accepted, message),) = answers(world)
    assert (accepted, "no version is known" in message) == (False, True)


def test_pinning_and_a_rollout_that_is_held_win_over_a_request():
    pinned = champions("v1", "v2")
    pinned.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    ask(pinned, version="v2")
    ((*_, accepted, message),) = answers(pinned)
    assert (accepted, "pins v2" in message) == (False, True)
    held = champions("v1", "v2")
    command(held, pause="true")
    ask(held, version="v2")
    assert answers(held) == []
    command(held, pause="false")
    assert [one[2] for one in answers(held)] == [True]


def test_answers_to_monitors_that_are_gone_are_forgotten():
    world = champions("v1")
    ask(world, version="v1", name="a")
    ask(world, version="v1", name="b")
    assert [one[0] for one in answers(world)] == ["a", "b"]
    del world.monitors["a"]
    ask(world, version="v1", name="c")
    assert [one[0] for one in answers(world)] == ["b", "c"]
