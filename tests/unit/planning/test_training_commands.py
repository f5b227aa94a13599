"""The commands train and retry: acted on once, answered in status, refused with a reason."""

import pytest

from tests.support.training_world import World


def failed():
    """A world whose first run has failed."""
    world = World()
    world.settle()
    world.end(world.run.job, {"train": (1, "")}, failed="PodFailurePolicy")
    world.settle()
    assert world.run.phase == "Failed"
    return world


def retry(world, identity):
    """Ask for the last run once more; what was answered."""
    world.job["metadata"].setdefault("annotations", {})["leeboard.dev/retry"] = identity
    world.settle()
    return world.job["status"]["answer"]


def test_a_run_asked_for_is_named_in_the_answer():
    world = World()
    world.whole_run()
    world.command("once")
    world.settle()
    answer = world.job["status"]["answer"]
    assert (answer["command"], answer["id"], answer["accepted"]) == ("train", "once", True)
    assert answer["subject"] == world.run.id and world.job["status"]["lastTrainCommand"] == "once"


def test_a_failed_run_is_made_once_more():
    world = failed()
    first = world.run
    answer = retry(world, "r1")
    assert (answer["command"], answer["accepted"], answer["subject"]) == ("retry", True, world.run.id)
    assert len(world.runs) == 2 and world.run.id != first.id
    assert (world.run.cause.kind, world.run.fingerprint) == ("Manual", first.fingerprint)
    assert world.run.cause.reason.startswith(f"run {first.id} once more (SpecChange: first run), by annotation")
    world.end(world.run.job, {"train": (1, "")}, failed="PodFailurePolicy")
    world.settle()
    assert len(world.runs) == 2
    retry(world, "r2")
    assert len(world.runs) == 3


def test_no_budget_keeps_a_retry_and_an_episode_keeps_its_answer():
    world = World(triggers={"onDrift": True, "onSpecChange": False}, limits={"cooldown": "6h", "maxRunsPerDay": 1})
    world.ask_retraining("e1")
    world.settle()
    world.end(world.run.job, {"train": (1, "")}, failed="PodFailurePolicy")
    world.settle()
    assert (len(world.runs), world.run.cause.kind) == (1, "Drift")
    reference = world.run.cause.ref
    retry(world, "r1")
    assert len(world.runs) == 2 and world.run.cause.ref == reference
    world.end(world.run.job, {"train": (1, "")}, failed="PodFailurePolicy")
    world.settle()
    world.pass_time(days=3)
    world.settle()
    assert len(world.runs) == 2


def test_where_no_run_failed_a_retry_is_refused_once():
    world = World()
    world.whole_run()
    world.settle()
    answer = retry(world, "r1")
    assert (answer["command"], answer["accepted"]) == ("retry", False)
    assert "the last run did not fail; leeboard.dev/train asks" in answer["message"]
    assert (len(world.runs), world.events.count("CommandRefused")) == (1, 1)
    world.pass_time(days=1)
    world.settle()
    assert (len(world.runs), world.events.count("CommandRefused")) == (1, 1)


def test_a_retry_waits_for_the_run_under_way_and_is_about_its_end():
    world = failed()
    world.change(seed=8)
    world.settle()
    assert world.run.phase == "Training"
    world.job["metadata"].setdefault("annotations", {})["leeboard.dev/retry"] = "r1"
    world.settle()
    assert "answer" not in world.job["status"]
    world.whole_run()
    world.settle()
    assert world.job["status"]["answer"]["accepted"] is False


@pytest.mark.parametrize("effects", [0, 1])
def test_a_crash_repeats_no_retry(effects):
    world = failed()
    world.job["metadata"].setdefault("annotations", {})["leeboard.dev/retry"] = "r1"
    world.execute(world.plan(), effects)
    world.settle()
    assert len(world.runs) == 2
    assert world.job["status"]["lastRetryCommand"] == "r1"
