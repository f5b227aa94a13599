"""A pod that answers while its exporter does not run is named, and nothing is Stable for as long."""

import json
from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.snapshot import DriftMonitorSnapshot
from tests.support.model_world import START, World
from tests.support.states.drift_monitors import SETTINGS, figures, monitor
from tests.support.states.model_worlds import serving_world

RUNNING = {"ready": True, "state": {"running": {"startedAt": timestamp(START - timedelta(hours=1))}}}
BEFORE = {"exitCode": 1, "message": json.dumps({"reason": "DiskFull", "message": "/leeboard/run is full"})}


def pods(world: World) -> list[str]:
    return [pod["metadata"]["name"] for pod in world.snapshot().pods]


def world_with(exporter: dict[str, Any]) -> World:
    """All exporters run, save that of one pod."""
    world = serving_world()
    silent, *others = pods(world)
    world.exporters = dict.fromkeys(others, RUNNING) | {silent: exporter}
    world.settle()
    return world


@pytest.mark.parametrize(
    ("exporter", "said"),
    [
        ({"state": {"terminated": BEFORE}}, "DiskFull"),
        ({"state": {"terminated": BEFORE}}, "/leeboard/run is full"),
        ({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": BEFORE}}, "DiskFull"),
        ({"state": {"running": {"startedAt": timestamp(START)}}, "lastState": {"terminated": BEFORE}}, "DiskFull"),
        ({"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}, "OOMKilled"),
        ({"state": {"terminated": {"exitCode": 1}}}, "CrashLoop"),
        ({"state": {"terminated": {"exitCode": 0}}}, "it does not run"),
        ({"state": {"waiting": {"reason": "ImagePullBackOff"}}}, "ImagePull"),
    ],
)
def test_the_model_names_the_pod_and_why_and_stays_ready(exporter: dict[str, Any], said: str) -> None:
    world = world_with(exporter)
    found, name = world.condition("ObservationsMissing"), pods(world)[0]
    assert found is not None
    assert (found["status"], found["reason"]) == ("True", "ObservationsMissing")
    assert found["message"].startswith(f"1 of {len(pods(world))} pods of v1 answer without an exporter")
    assert f"{name}/exporter" in found["message"]
    assert said in found["message"]
    ready = world.condition("Ready")
    assert ready is not None and ready["status"] == "True"


def test_an_exporter_that_runs_again_for_a_while_is_no_problem() -> None:
    again = {"ready": True, "state": {"running": {"startedAt": timestamp(START)}}, "lastState": {"terminated": BEFORE}}
    world = world_with(again)
    assert world.condition("ObservationsMissing") is not None
    again_at = world.plan().requeue_after
    assert again_at is not None and again_at <= timedelta(minutes=1)
    world.wait(minutes=1)
    assert world.condition("ObservationsMissing") is None


def test_pods_that_do_not_answer_count_nothing_and_miss_nothing() -> None:
    world = world_with({"state": {"terminated": BEFORE}})
    del world.exporters[pods(world)[1]]  # its status tells of no server
    world.settle()
    found = world.condition("ObservationsMissing")
    assert found is not None and found["message"].startswith(f"1 of {len(pods(world)) - 1} pods")
    world.exporters[pods(world)[0]] = RUNNING
    world.settle()
    assert world.condition("ObservationsMissing") is None


def test_a_sidecar_that_is_not_ready_is_no_lost_node() -> None:
    world = world_with({"state": {"terminated": {"exitCode": 0}}})
    reasons = {one["reason"] for one in world.status["conditions"]}
    assert reasons == {"Serving", "Progressing", "ObservationsMissing"}


@pytest.mark.parametrize(
    ("distance", "exporter", "verdict", "reason"),
    [
        ("0.01", RUNNING, "Stable", "Stable"),
        ("0.01", {"state": {"terminated": BEFORE}}, "Inconclusive", "ObservationsMissing"),
        ("0.5", {"state": {"terminated": BEFORE}}, "Drift", "Drift"),
    ],
)
def test_nothing_is_stable_while_a_pod_serves_uncounted_and_drift_is_drift(
    distance: str, exporter: dict[str, Any], verdict: str, reason: str
) -> None:
    model = Model.parse(world_with(exporter).model)
    document = monitor()
    document["status"] = {"evaluation": figures(distance)}
    observed = DriftMonitor.parse(document)
    now = observed.status.evaluation["observedAt"] if observed.status.evaluation else ""
    plan = plan_drift_monitor(DriftMonitorSnapshot(observed, model, None, SETTINGS), START.fromisoformat(now))
    assert plan.status is not None
    assert plan.status["verdict"] == verdict
    assert {one["reason"] for one in plan.status["conditions"]} == {reason}
    assert plan.status["findings"], "what the other pods' windows say is shown all the same"


def told(world: World, since: timedelta, *names: str, version: str = "v1") -> None:
    """A monitor's figures say of which pods windows came that ended so long ago, at most."""
    document = monitor()
    heard = {"since": timestamp(world.now - since), "pods": list(names)}
    windows = {"count": 9, "newest": timestamp(world.now), "seconds": "60", "heard": heard}
    evaluation = {"observedAt": timestamp(world.now), "version": version, "windows": windows}
    document["status"] = {"evaluation": evaluation}
    world.monitors["watch"] = document


def running_world() -> World:
    world = serving_world()
    world.exporters = dict.fromkeys(pods(world), RUNNING)
    return world


def test_an_exporter_that_runs_and_leaves_no_window_is_named() -> None:
    world = running_world()
    mute, *others = pods(world)
    told(world, timedelta(minutes=5), *others)
    world.settle()
    found = world.condition("ObservationsMissing")
    assert found is not None
    assert found["message"].startswith(f"1 of {len(pods(world))} pods of v1 answer and leave no window in storage")
    assert f"{mute}/exporter" in found["message"]
    assert "kubectl logs" in found["message"]
    assert Model.parse(world.model).condition("Ready") is not None
    told(world, timedelta(minutes=5), mute, *others)
    world.settle()
    assert world.condition("ObservationsMissing") is None


@pytest.mark.parametrize(
    ("since", "version", "exporter"),
    [
        (timedelta(hours=2), "v1", RUNNING),  # it began later, and had no time for a window
        (timedelta(minutes=5), "v0", RUNNING),  # figures about another version
        (timedelta(minutes=5), "v1", {"ready": True, "state": {}}),  # nobody says since when it runs
    ],
)
def test_an_exporter_of_which_nothing_can_be_told_is_not_named(
    since: timedelta, version: str, exporter: dict[str, Any]
) -> None:
    world = running_world()
    mute, *others = pods(world)
    if exporter is not RUNNING:
        del world.exporters[mute]
    told(world, since, *others, version=version)
    world.settle()
    assert world.condition("ObservationsMissing") is None


def test_without_figures_nobody_is_named() -> None:
    world = running_world()
    world.settle()
    assert world.condition("ObservationsMissing") is None
    told(world, timedelta(minutes=5))
    del world.monitors["watch"]["status"]["evaluation"]["windows"]["heard"]  # of an evaluator of an earlier release
    world.settle()
    assert world.condition("ObservationsMissing") is None


def test_the_dead_and_the_mute_are_told_together_and_nothing_is_stable() -> None:
    world = running_world()
    dead, _, *others = pods(world)
    world.exporters[dead] = {"state": {"terminated": BEFORE}}
    told(world, timedelta(minutes=5), *others)
    world.settle()
    found = world.condition("ObservationsMissing")
    assert found is not None
    number = len(pods(world))
    assert f"1 of {number} pods of v1 answer without an exporter" in found["message"]
    assert f"1 of {number} pods of v1 answer and leave no window" in found["message"]
    document = monitor()
    document["status"] = {"evaluation": figures("0.01")}
    observed = DriftMonitor.parse(document)
    now = observed.status.evaluation["observedAt"] if observed.status.evaluation else ""
    model = Model.parse(world.model)
    plan = plan_drift_monitor(DriftMonitorSnapshot(observed, model, None, SETTINGS), START.fromisoformat(now))
    assert plan.status is not None
    assert plan.status["verdict"] == "Inconclusive"
