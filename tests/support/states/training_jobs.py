"""The states of a TrainingJob."""

from __future__ import annotations

from typing import Any

from tests.support.states.state import DELETED, UNSEEN, States, changed, deleted, refused, unseen
from tests.support.training_world import World, container_ended, container_waiting, training_result

TRAINING_JOBS = States("TrainingJob")
POLLED = {"triggers": {"onSpecChange": True, "onNewCommit": {"every": "5m"}}}


def begun(**spec: Any) -> World:
    world = World(**spec)
    world.settle()
    return world


def trained(**spec: Any) -> World:
    world = World(**spec)
    world.whole_run()
    return world


def failed_world() -> World:
    world = begun()
    world.end(world.run.job, {"train": (1, "Traceback")}, failed="PodFailurePolicy")
    world.settle()
    return world


def polled() -> World:
    world = trained(**POLLED)
    world.pass_time(minutes=5)
    world.settle()
    assert (world.run.phase, world.run.cause.kind) == ("Training", "NewCommit")
    return world


def blocked(minutes: int) -> World:
    world = begun()
    world.pod(world.run.job, [container_waiting("train", "ErrImagePull", "not found")], phase="Pending")
    world.settle()
    world.pass_time(minutes=minutes)
    world.settle()
    return world


@TRAINING_JOBS.state("InProgress", "Progressing", text=UNSEEN)
def not_seen_yet() -> World:
    return unseen(World())


@TRAINING_JOBS.state("Current", "Healthy")
def nothing_to_do_yet() -> World:
    return begun(triggers={"onSpecChange": False})


@TRAINING_JOBS.state("InProgress", "Progressing")
def model_missing() -> World:
    world = World()
    world.model = None
    world.settle()
    return world


@TRAINING_JOBS.state("Failed", "Degraded", "Stalled")
def schedule_malformed() -> World:
    return begun(triggers={"schedule": {"cron": "0 3 * * 1", "timeZone": "Mars/Base"}})


@TRAINING_JOBS.state("Current", "Suspended", "Suspended")
def suspended() -> World:
    return begun(suspend=True)


@TRAINING_JOBS.state("Failed", "Degraded", "Stalled")
def failed_and_suspended() -> World:
    world = failed_world()
    world.change(suspend=True)
    world.settle()
    return world


@TRAINING_JOBS.state("InProgress", "Progressing", "Reconciling")
def training() -> World:
    return begun()


@TRAINING_JOBS.state("InProgress", "Progressing", "Reconciling")
def evaluating() -> World:
    world = begun()
    world.train()
    world.settle()
    assert world.run.phase == "Evaluating"
    return world


@TRAINING_JOBS.state("InProgress", "Progressing", "Reconciling")
def kept_by_its_image() -> World:
    return blocked(0)


@TRAINING_JOBS.state("Failed", "Degraded", "Stalled")
def kept_by_its_image_for_long() -> World:
    return blocked(5)


@TRAINING_JOBS.state("Current", "Healthy")
def trained_well() -> World:
    return trained()


@TRAINING_JOBS.state("InProgress", "Progressing", text=UNSEEN)
def spec_changed() -> World:
    return changed(trained())


@TRAINING_JOBS.state("InProgress", "Progressing", "Reconciling")
def training_again() -> World:
    world = trained()
    world.command("1")
    world.settle()
    assert world.run.phase == "Training"
    return world


@TRAINING_JOBS.state("Current", "Healthy")
def looking_for_a_new_commit() -> World:
    return polled()


@TRAINING_JOBS.state("InProgress", "Progressing", "Reconciling")
def training_what_was_found() -> World:
    world = polled()
    said = training_result(world.run.id, commit="f" * 40)
    fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")}
    world.pod(world.run.job, [container_ended("fetch", 0, fetched)], phase="Running")
    world.settle()
    return world


@TRAINING_JOBS.state("Current", "Healthy")
def found_nothing_new() -> World:
    world = polled()
    world.end(world.run.job, {"fetch": (67, "nothing new")}, failed="PodFailurePolicy")
    world.settle()
    assert world.run.phase == "NoNewData"
    return world


@TRAINING_JOBS.state("Current", "Healthy", "Ready", "RunHeld")
def held_by_its_limits() -> World:
    world = trained(limits={"maxRunsPerDay": 1}, triggers={"onSpecChange": True})
    world.change(seed=8)
    world.settle()
    return world


@TRAINING_JOBS.state("Failed", "Degraded", "Stalled")
def failed() -> World:
    return failed_world()


@TRAINING_JOBS.state("InProgress", "Progressing", "Reconciling")
def failed_and_training_again() -> World:
    world = failed_world()
    world.command("1")
    world.settle()
    return world


@TRAINING_JOBS.state("Failed", "Degraded", "Stalled")
def child_refused() -> World:
    return refused(begun())


@TRAINING_JOBS.state("Terminating", "Progressing", text=DELETED)
def being_deleted() -> World:
    return deleted(trained())
