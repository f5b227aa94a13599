"""Walks of a Model from its first version through canaries to their ends; the world watches after every call."""

from datetime import timedelta

import pytest

from leeboard.planning.conditions import timestamp
from leeboard.planning.settings import Settings
from tests.support.model_world import World


def serving(**spec):
    """A world in which v1 is champion."""
    world = World(**spec)
    world.add_version("v1")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    return world


def canary(**spec):
    """A world in which v2 is in its first stage beside v1."""
    world = serving(**spec)
    world.add_version("v2")
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    return world


def rollout(strategy):
    return {"strategy": strategy}


GOOD = {"candidate": (3000, 0), "champion": (6000, 0)}
BAD = {"candidate": (400, 80), "champion": (800, 0)}
BROKEN = {
    "initContainerStatuses": [
        {
            "name": "load",
            "restartCount": 1,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {
                "terminated": {"exitCode": 65, "message": '{"reason": "DigestMismatch", "message": "model.skops"}'}
            },
        }
    ]
}


def test_the_first_version_serves_when_it_is_ready():
    world = World()
    world.settle()
    assert world.condition("Ready")["reason"] == "NoVersion"
    world.add_version("v1")
    world.slow = {"v1"}
    world.settle()
    assert (world.condition("Ready")["status"], world.condition("Reconciling")["status"]) == ("False", "True")
    assert world.services == {}
    world.slow = set()
    world.settle()
    assert world.selector["leeboard.dev/version"] == "v1"
    assert world.condition("Ready")["status"] == "True"
    assert world.condition("Reconciling") is None
    assert set(world.services) == {"late-flights", "late-flights-feedback"}
    assert world.plan().status is None


def test_a_canary_is_promoted_stage_by_stage_and_the_champion_before_drains():
    world = canary()
    candidate = world.status["candidate"]
    assert (candidate["requestedWeight"], candidate["replicaWeight"]) == (33, 33)
    assert "leeboard.dev/version" not in world.selector
    world.count(**GOOD)
    world.wait(minutes=9)
    assert world.status["candidate"]["step"] == 0
    assert world.status["candidate"]["observedWeight"] == 33
    world.wait(minutes=1)
    assert (world.status["candidate"]["step"], world.status["candidate"]["replicaWeight"]) == (1, 50)
    world.wait(minutes=10)
    assert world.status["candidate"]["reason"] == "EvaluationStale"
    world.count(**GOOD)
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert world.status["draining"]["name"] == "v1"
    assert world.selector["leeboard.dev/version"] == "v2"
    world.wait(seconds=29)
    assert world.served() == {"v1", "v2"}
    world.wait(seconds=2)
    assert world.served() == {"v2"}
    assert "draining" not in world.status
    assert world.reasons() == [
        *["Progressing", "Promoted", "Progressing", "CanaryStarted", "StepStarted", "AnalysisPassed", "Promoted"]
    ]


def test_without_figures_a_canary_waits_where_it_is_and_says_for_what():
    world = canary()
    world.wait(minutes=10)
    world.wait(days=3)
    assert world.status["candidate"]["step"] == 0
    assert world.status["candidate"]["reason"] == "NotEnoughSamples"
    assert world.condition("Ready")["status"] == "True"
    assert world.condition("Reconciling") is None
    assert world.condition("CanaryInProgress")["status"] == "True"


def test_few_requests_are_enough_for_another_stage_and_not_for_promotion():
    world = canary()
    world.wait(minutes=10)
    world.count(candidate=(3, 0), champion=(9, 0))
    world.settle()
    assert world.status["candidate"]["step"] == 1
    world.wait(days=3)
    world.count(candidate=(3, 0), champion=(9, 0))
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    assert world.status["candidate"]["reason"] == "NotEnoughSamples"


def test_a_canary_that_waits_for_figures_may_lose_pods_for_as_long_as_they_may_take_to_start():
    world = canary()
    for _ in range(6):
        world.count(candidate=(100, 0), champion=(200, 0))
        world.wait(minutes=10)
    assert world.status["candidate"]["reason"] == "NotEnoughSamples"
    world.slow = {"v2"}
    world.kubelet()
    for _ in range(2):
        world.wait(minutes=2)
        assert (world.status["candidate"]["phase"], world.status["candidate"]["reason"]) == ("Canary", "Progressing")
    world.slow = set()
    world.kubelet()
    world.wait(minutes=10)
    assert (world.status["candidate"]["phase"], world.status["candidate"]["reason"]) == ("Canary", "NotEnoughSamples")
    world.slow = {"v2"}
    world.kubelet()
    world.wait(minutes=6)
    assert [one["reason"] for one in world.status["quarantined"]] == ["NotReadyInTime"]


def test_why_there_are_no_figures_is_passed_on_and_the_stage_stays():
    world = canary()
    world.wait(minutes=10)
    world.count(**GOOD)
    del world.status["evaluation"]["versions"]
    world.status["evaluation"]["error"] = {"reason": "StorageForbidden", "message": "403"}
    world.settle()
    candidate = world.status["candidate"]
    assert (candidate["step"], candidate["reason"]) == (0, "StorageForbidden")
    assert "403" in candidate["message"] and "policy" in candidate["message"]


def test_the_two_are_compared_from_the_first_stage_on():
    world = canary()
    began = world.status["candidate"]["canaryStartedAt"]
    assert began >= world.status["candidate"]["since"]
    world.count(**GOOD)
    world.wait(minutes=10)
    assert world.status["candidate"]["step"] == 1
    assert world.status["candidate"]["canaryStartedAt"] == began


def test_a_candidate_that_fails_requests_is_rolled_back_and_shut_out():
    world = canary()
    world.count(**BAD)
    plan = world.reconcile()
    assert plan.delete == ()
    assert world.status["candidate"]["phase"] == "RollingBack"
    world.settle()
    assert world.selector["leeboard.dev/version"] == "v1"
    assert world.served() == {"v1", "v2"}
    world.wait(seconds=31)
    assert world.served() == {"v1"}
    assert world.status["quarantined"][0]["reason"] == "ErrorRateTooHigh"
    assert "80/400" in world.status["quarantined"][0]["message"]
    assert "v2 was rolled back" in world.condition("Ready")["message"]
    world.wait(days=1)
    assert "candidate" not in world.status
    assert ("Warning", "RolledBack") in world.events


def stalled(world):
    """Status of Ready, and the reason of Stalled."""
    found = world.condition("Stalled")
    assert found is None or world.condition("Reconciling") is None
    return world.condition("Ready")["status"], found and found["reason"]


def test_a_newest_version_that_was_rolled_back_is_no_state_of_rest_until_something_newer_or_a_pin():
    world = canary()
    assert stalled(world) == ("True", None)
    world.count(**BAD)
    world.settle()
    assert stalled(world) == ("True", "RolledBack")
    world.wait(days=1)
    assert stalled(world) == ("True", "RolledBack")
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v1"}
    world.settle()
    assert stalled(world) == ("True", None)
    world.model["spec"]["promotion"] = {"policy": "Automatic"}
    world.settle()
    assert stalled(world) == ("True", "RolledBack")
    world.add_version("v3")
    world.settle()
    assert stalled(world) == ("True", None)
    world.annotate(abort="1")
    world.settle()
    assert stalled(world) == ("True", "Aborted")


def test_pods_that_stay_away_are_waited_for_as_long_as_they_may_take_to_start():
    world = serving()
    for slow, ready in ((1, "True"), (2, "False")):
        live = world.deployments["late-flights-v1"]
        live["status"] |= {"readyReplicas": 2 - slow, "availableReplicas": 2 - slow}
        since = timestamp(world.now)
        live["status"]["conditions"] = [{"type": "Available", "status": "False", "lastTransitionTime": since}]
        world.reconcile()
        assert world.condition("Reconciling")["reason"] == "Progressing"
        assert stalled(world) == (ready, None)
        assert world.plan().requeue_after == timedelta(minutes=5)
        world.now += timedelta(minutes=5)
        world.reconcile()
        assert stalled(world) == (ready, "NotReadyInTime")
        world.kubelet()
        world.settle()
        assert stalled(world) == ("True", None)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (BROKEN, "DigestMismatch"),
        ({"conditions": [{"type": "PodScheduled", "reason": "Unschedulable", "message": "0/1"}]}, "Unschedulable"),
        ({}, "NotReadyInTime"),
    ],
)
def test_a_candidate_whose_pods_will_not_do_never_gets_traffic(status, reason):
    world = serving()
    world.add_version("v2")
    world.problems["v2"] = status
    world.settle()
    world.wait(minutes=5)
    world.wait(minutes=1)
    assert world.status["quarantined"][0]["reason"] == reason
    assert "—" in world.status["quarantined"][0]["message"]
    assert world.served() == {"v1"}
    assert "CanaryStarted" not in world.reasons()


def test_a_first_version_that_cannot_work_is_stalled_and_replaced_by_a_better_one():
    world = World()
    world.add_version("v1")
    world.problems["v1"] = BROKEN
    world.settle()
    assert world.condition("Stalled")["reason"] == "DigestMismatch"
    assert "quarantined" not in world.status or world.status["quarantined"] == []
    assert world.events.count(("Warning", "DigestMismatch")) == 1
    world.add_version("v2")
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    assert world.served() == {"v2"}


def test_a_newer_version_takes_the_place_of_a_running_canary():
    world = canary()
    world.add_version("v3")
    world.settle()
    assert (world.status["candidate"]["name"], world.status["candidate"]["phase"]) == ("v2", "RollingBack")
    world.wait(seconds=31)
    assert (world.status["candidate"]["name"], world.status["candidate"]["phase"]) == ("v3", "Canary")
    assert world.status["quarantined"] == []
    assert world.served() == {"v1", "v3"}


def test_a_pinned_version_is_switched_to_even_when_old_or_rolled_back():
    world = canary()
    world.count(**BAD)
    world.settle()
    world.wait(seconds=31)
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    world.wait(seconds=31)
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v1"}
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    world.wait(seconds=31)
    assert world.served() == {"v1"}
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v9"}
    world.settle()
    assert (world.condition("Ready")["status"], world.condition("Stalled")["reason"]) == ("True", "VersionNotFound")


def test_a_pinned_version_that_cannot_work_leaves_the_champion_serving():
    world = serving()
    world.add_version("v2")
    world.problems["v2"] = BROKEN
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    world.wait(hours=1)
    assert world.status["champion"]["name"] == "v1"
    assert (world.condition("Ready")["status"], world.condition("Stalled")["reason"]) == ("True", "DigestMismatch")
    del world.problems["v2"]
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_a_held_rollout_stands_until_it_is_let_go_but_still_aborts():
    world = canary()
    world.annotate(pause="true")
    world.count(**GOOD)
    world.wait(minutes=30)
    assert (world.status["candidate"]["step"], world.status["candidate"]["reason"]) == (0, "Paused")
    world.model["metadata"]["annotations"] = {}
    world.wait(minutes=30)
    assert world.status["candidate"]["step"] == 0
    world.annotate(pause="false")
    world.settle()
    assert world.status["candidate"]["step"] == 1
    world.annotate(pause="true")
    world.count(**BAD)
    world.settle()
    assert world.status["candidate"]["phase"] == "RollingBack"


def test_promote_and_abort_are_acted_on_once():
    world = canary()
    world.annotate(promote="1")
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    world.wait(seconds=31)
    world.add_version("v3")
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    world.annotate(abort="a")
    world.settle()
    world.wait(seconds=31)
    assert [one["reason"] for one in world.status["quarantined"]] == ["Aborted"]
    world.add_version("v4")
    world.settle()
    assert (world.status["candidate"]["name"], world.status["candidate"]["phase"]) == ("v4", "Canary")
    commands = world.status["commands"]
    assert (commands["promote"], commands["abort"], commands["pause"]) == ("1", "a", False)


def test_blue_green_switches_at_once_and_an_abort_brings_the_champion_before_back():
    world = serving(rollout=rollout("BlueGreen"))
    world.add_version("v2")
    world.settle()
    assert world.status["champion"]["name"] == "v2"
    world.wait(minutes=5)
    assert world.ready("v1") == 2
    world.annotate(abort="now")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    assert world.selector["leeboard.dev/version"] == "v1"
    world.wait(seconds=31)
    assert world.served() == {"v1"}
    assert [one["name"] for one in world.status["quarantined"]] == ["v2"]


@pytest.mark.parametrize(("strategy", "minutes"), [("BlueGreen", 10), ("Replace", 0.5)])
def test_how_long_the_champion_before_is_kept(strategy, minutes):
    world = serving(rollout=rollout(strategy))
    world.add_version("v2")
    world.settle()
    world.wait(minutes=minutes - 0.1)
    assert world.served() == {"v1", "v2"}
    world.wait(minutes=0.2)
    assert world.served() == {"v2"}


def test_other_settings_restart_nothing_and_reach_the_next_version():
    world = canary()
    world.settings = Settings(runtime_image="runtime:2", server_image="server:2", image_pull_secrets=("pull",))
    world.settle()
    world.annotate(promote="1")
    world.settle()
    world.wait(seconds=31)
    world.add_version("v3")
    world.settle()
    images = {
        name: one["spec"]["template"]["spec"]["containers"][0]["image"] for name, one in world.deployments.items()
    }
    assert images == {"late-flights-v2": "server:1", "late-flights-v3": "server:2"}


@pytest.mark.parametrize("make", [serving, canary])
def test_an_empty_status_takes_its_champion_from_the_service(make):
    world = make()
    world.model["status"] = {}
    world.settings = Settings(runtime_image="runtime:2", server_image="server:2")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    assert world.status["champion"]["images"] == {"server": "server:1"}


def test_only_approved_versions_are_candidates_where_the_policy_asks_for_it():
    world = World(promotion={"policy": "Approval"})
    world.add_version("v1", phase="AwaitingApproval")
    world.settle()
    assert world.condition("AwaitingApproval")["status"] == "True"
    assert world.condition("Ready")["reason"] == "AwaitingApproval"
    assert "candidate" not in world.status
    world.versions["v1"]["status"] = {"phase": "Accepted", "approvedBy": "ann"}
    world.settle()
    assert world.condition("AwaitingApproval") is None
    assert world.status["champion"]["name"] == "v1"


def test_rejected_versions_never_serve():
    world = World()
    world.add_version("v1", phase="Rejected")
    world.settle()
    assert world.served() == set()
    assert "1 rejected" in world.condition("Ready")["message"]
    assert stalled(world) == ("False", "NoVersion")
    world.add_version("v2", phase="Registered")
    world.settle()
    assert stalled(world) == ("False", None)


def test_old_versions_are_forgotten_but_never_those_in_use():
    world = serving(versions={"retain": 2})
    for name in ("r1", "r2", "r3", "r4"):
        world.add_version(name, phase="Rejected")
    world.settle()
    assert set(world.versions) == {"v1", "r3", "r4"}


def test_a_champion_whose_version_is_gone_keeps_serving():
    world = serving()
    del world.versions["v1"]
    world.wait(days=1)
    assert world.served() == {"v1"}
    assert world.condition("Ready")["status"] == "True"


def walk(world):
    """First version, a canary that is promoted, one that is rolled back."""
    world.add_version("v1")
    world.settle(40)
    world.add_version("v2")
    world.settle(40)
    for _ in range(2):
        world.count(**GOOD)
        world.now += STEP
        world.count(**GOOD)
        world.settle(40)
    world.now += STEP
    world.settle(40)
    world.add_version("v3")
    world.settle(40)
    world.count(**BAD)
    world.settle(40)
    world.now += STEP
    world.settle(40)


STEP = timedelta(minutes=11)


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7, 11])
def test_a_crash_between_any_two_calls_leads_to_the_same_end(every):
    smooth, rough = World(), World()
    rough.crash_every = every
    walk(smooth)
    walk(rough)
    assert (rough.status["champion"]["name"], rough.served()) == ("v2", {"v2"})
    assert rough.status["champion"] == smooth.status["champion"]
    assert rough.selector == smooth.selector
    assert [one["name"] for one in rough.status["quarantined"]] == ["v3"]
