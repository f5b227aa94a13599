"""A run from its trigger to a registered version, and through every way in which it can end."""

import copy
from typing import Any

import pytest

from leeboard.api.reasons import Reason
from leeboard.planning.training.registration import RegistrationRefused, model_version
from tests.support.training_world import (
    COMMIT,
    IMAGE_ID,
    World,
    container_ended,
    container_waiting,
    digest,
    evaluation_result,
    training_result,
)


def test_a_run_is_recorded_before_its_job_is_created() -> None:
    world = World()
    first = world.reconcile()
    assert (world.run.phase, first.create, world.jobs) == ("Pending", (), {})
    second = world.reconcile()
    assert [one["metadata"]["name"] for one in second.create] == [world.run.job]
    world.reconcile()
    assert (world.run.phase, world.run.job_uid) == ("Training", "uid-1")


def test_a_run_becomes_a_version_with_everything_that_was_observed() -> None:
    world = World()
    run = world.whole_run()
    assert (run.phase, run.model_version) == ("Succeeded", f"late-flights-{run.id}")
    version = world.versions[run.model_version]
    spec = version["spec"]
    assert "ownerReferences" not in version["metadata"]
    assert spec["source"] == {"trainingJob": {"name": "late-flights", "uid": "tj-uid", "run": run.id}}
    assert spec["code"]["commit"] == COMMIT
    assert spec["image"] == {"reference": IMAGE_ID}
    assert [one["digest"] for one in spec["datasets"]] == [digest("a"), digest("c")]
    assert spec["artifact"]["digest"] == digest("b")
    assert spec["metrics"] and spec["profile"] and spec["goldenSamples"] and spec["signature"]["inputs"]
    assert spec["cause"]["kind"] == "SpecChange" and "parent" not in spec
    assert world.run.result is None
    assert world.conditions() == {"Ready": ("True", "RunSucceeded")}
    assert world.events == ["RunStarted", "RunSucceeded"]


def test_a_second_version_names_its_parent_and_the_comparison() -> None:
    world = World()
    first = world.whole_run()
    world.change(seed=8)
    second = world.whole_run(artifact="d")
    spec = world.versions[second.model_version]["spec"]
    assert spec["parent"] == {"name": first.model_version, "relation": "Retrained"}
    assert spec["comparison"]["champion"] == first.model_version
    assert spec["comparison"]["differences"][0]["low"] == "0.00"


def test_a_crash_after_any_call_converges_to_the_same_end() -> None:
    calm = World()
    calm.whole_run()
    for step in range(20):
        for effects in (0, 1):
            world = World()
            for number in range(40):
                world.execute(world.plan(), effects if number == step else None)
                if world.runs and world.run.phase == "Training" and "status" not in world.jobs[world.run.job]:
                    world.train()
                if world.runs and world.run.evaluation_job_uid and "status" not in world.jobs[world.run.evaluation_job]:
                    world.evaluate()
            assert world.run == calm.run, (step, effects)
            assert world.versions.keys() == calm.versions.keys()
            assert world.jobs.keys() == calm.jobs.keys()


def test_planning_twice_gives_the_same_plan_and_a_settled_one_gives_nothing() -> None:
    world = World()
    for _ in range(4):
        assert world.plan() == world.plan()
        world.reconcile()
    world.whole_run()
    assert (world.plan().status, world.plan().create, world.plan().events) == (None, (), ())


def test_a_deleted_job_is_not_resurrected() -> None:
    world = World()
    world.settle()
    world.jobs.clear()
    world.settle()
    assert (world.run.phase, world.run.reason) == ("Failed", "JobDeleted")
    world.pass_time(days=30)
    world.settle()
    assert world.jobs == {} and len(world.runs) == 1
    assert world.conditions() == {"Ready": ("False", "JobDeleted"), "Stalled": ("True", "JobDeleted")}


def test_a_job_of_the_same_name_that_belongs_to_another_is_not_taken_for_ours() -> None:
    world = World()
    world.reconcile(2)
    world.jobs[world.run.job]["metadata"]["ownerReferences"][0]["uid"] = "of a predecessor"
    world.reconcile()
    assert world.run.phase == "Pending"


@pytest.mark.parametrize(
    ("container", "code", "said", "reason"),
    [
        ("fetch", 64, {"contract": 1, "reason": "BadData", "message": "wind_speed: 7 % missing"}, "BadData"),
        ("fetch", 77, "", "StorageForbidden"),
        ("fetch", 78, {"contract": 1, "reason": "CodeUnavailable", "message": "no such branch"}, "CodeUnavailable"),
        ("fetch", 69, {"contract": 1, "reason": "StorageUnreachable", "message": "timeout"}, "StorageUnreachable"),
        ("train", 65, "", "ResultMissing"),
        ("train", 66, "", "PublishFailed"),
        ("train", 1, "Traceback: ZeroDivisionError", "ScriptFailed"),
        ("train", 1, {"contract": 1, "reason": "invented", "message": "x"}, "ScriptFailed"),
        ("train", 1, '{"contract": 1, "reason": 3}', "ScriptFailed"),
    ],
)
def test_a_failure_keeps_its_typed_reason(container: str, code: int, said: object, reason: str) -> None:
    world = World()
    world.settle()
    world.end(world.run.job, {container: (code, said)}, failed="PodFailurePolicy")
    world.settle()
    assert (world.run.phase, world.run.reason) == ("Failed", reason)
    assert world.conditions()["Stalled"] == ("True", reason)
    assert "leeboard.dev/train" in world.run.message
    assert world.events == ["RunStarted", reason]
    world.pass_time(days=3)
    world.settle()
    assert len(world.runs) == 1 and not world.versions


def test_out_of_memory_is_told_from_a_script_that_failed() -> None:
    world = World()
    world.settle()
    world.pod(world.run.job, [container_ended("train", 137, "", "OOMKilled")], failed=True)
    world.end_job(world.run.job, "PodFailurePolicy")
    world.settle()
    assert world.run.reason == "OOMKilled"


def test_every_container_that_failed_is_looked_at_and_the_publisher_last() -> None:
    world = World()
    world.settle()
    world.pod(world.run.job, [container_ended("publish", 1, "stopped"), container_ended("train", 64)], failed=True)
    world.end_job(world.run.job, "PodFailurePolicy")
    world.settle()
    assert world.run.reason == "BadData"


def test_an_image_that_never_comes_is_told_once_and_is_still_the_reason_at_the_deadline() -> None:
    world = World()
    world.settle()
    world.pod(world.run.job, [container_waiting("train", "ErrImagePull", "not found")], phase="Pending")
    world.settle()
    world.pods[-1]["status"]["containerStatuses"] = [container_waiting("train", "ImagePullBackOff", "not found")]
    world.settle()
    assert world.conditions() == {"Ready": ("False", "ImagePull"), "Reconciling": ("True", "ImagePull")}
    world.pass_time(minutes=5)
    world.settle()
    assert world.conditions() == {"Ready": ("False", "ImagePull"), "Stalled": ("True", "ImagePull")}
    assert world.events == ["RunStarted", "ImagePull"]
    world.pods.clear()
    world.end_job(world.run.job, "DeadlineExceeded")
    world.settle()
    assert (world.run.phase, world.run.reason) == ("Failed", "ImagePull")


def test_what_containers_say_while_a_failing_job_takes_them_away_is_not_why() -> None:
    world = World()
    world.settle()
    world.pod(
        world.run.job,
        [container_waiting("fetch", "CreateContainerConfigError", 'secret "s3" not found')],
        phase="Pending",
    )
    world.settle()
    failing = {"type": "FailureTarget", "reason": "DeadlineExceeded", "status": "True"}
    world.jobs[world.run.job]["status"] = {"conditions": [failing], "failed": 1}
    world.pods[-1]["status"]["containerStatuses"] = [container_ended("fetch", 137, "could not be located")]
    world.settle()
    assert world.events == ["RunStarted", "ConfigMissing"]
    world.end_job(world.run.job, "DeadlineExceeded")
    world.settle()
    assert (world.run.phase, world.run.reason) == ("Failed", "ConfigMissing")
    assert "there is no Secret s3" in world.run.message and "DeadlineExceeded" in world.run.message


@pytest.mark.parametrize("gone", ["deleted", "deleting"])
def test_what_kept_a_pod_is_the_reason_although_the_deadline_took_the_pod_away(gone: str) -> None:
    world = World()
    world.settle()
    world.pod(world.run.job, [container_waiting("train", "ErrImagePull", "not found")], phase="Pending")
    world.settle()
    if gone == "deleted":
        world.pods.clear()
    else:
        world.pods[-1]["metadata"]["deletionTimestamp"] = "2026-01-01T00:10:00Z"
        world.pods[-1]["status"]["containerStatuses"] = []
    world.settle()
    world.end_job(world.run.job, "DeadlineExceeded")
    world.settle()
    world.pass_time(minutes=1)
    world.settle()
    assert (world.run.phase, world.run.reason) == ("Failed", "ImagePull")


def test_what_blocked_a_run_is_forgotten_when_it_goes_on() -> None:
    world = World()
    world.settle()
    unschedulable = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
    world.pod(world.run.job, [], phase="Pending", conditions=[unschedulable])
    world.settle()
    world.pass_time(minutes=5)
    world.settle()
    assert world.conditions()["Stalled"] == ("True", "Unschedulable")
    world.pods[-1]["status"]["conditions"] = []
    world.settle()
    assert world.conditions() == {"Ready": ("False", "Training"), "Reconciling": ("True", "Training")}
    world.pods[-1]["status"]["conditions"] = [unschedulable]
    world.settle()
    assert world.conditions()["Reconciling"] == ("True", "Unschedulable")


def test_a_look_for_something_new_says_nothing_of_the_training_job_until_it_finds_something() -> None:
    world = World(triggers={"onSpecChange": True, "onNewCommit": {"every": "5m"}})
    world.whole_run()
    idle = {"Ready": ("True", "RunSucceeded")}
    world.pass_time(minutes=5)
    world.settle()
    assert (world.run.phase, world.run.cause.kind) == ("Training", "NewCommit")
    assert world.conditions() == idle
    said = training_result(world.run.id, commit="f" * 40)
    fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")}
    world.pod(world.run.job, [container_ended("fetch", 0, fetched)], phase="Running")
    world.settle()
    assert world.conditions() == idle | {"Reconciling": ("True", "Training")}


def test_a_script_that_was_stopped_by_the_deadline_exceeded_it() -> None:
    world = World()
    world.settle()
    world.end(world.run.job, {"train": (143, "")}, failed="DeadlineExceeded")
    world.settle()
    assert world.run.reason == "DeadlineExceeded"


def test_a_retry_is_told_and_does_not_end_the_run() -> None:
    world = World()
    world.settle()
    world.pod(world.run.job, [container_ended("fetch", 69, "timeout")], failed=True)
    world.jobs[world.run.job]["status"] = {"failed": 1}
    world.settle()
    assert (world.run.phase, world.run.reason, world.events) == ("Training", "RunRetried", ["RunStarted", "RunRetried"])
    world.train()
    world.settle()
    assert world.run.phase == "Evaluating"


def test_last_words_may_come_after_the_end_of_the_job() -> None:
    world = World()
    world.settle()
    world.end_job(world.run.job)
    world.settle()
    assert world.run.phase == "Training"
    world.pass_time(seconds=31)
    world.settle()
    assert (world.run.phase, world.run.reason) == ("Failed", "ResultMissing")


def test_an_evaluation_that_fails_or_is_deleted_registers_nothing() -> None:
    for fail, reason in ((True, "EvaluationFailed"), (False, "JobDeleted")):
        world = World()
        world.settle()
        world.train()
        world.settle()
        if fail:
            world.end(world.run.evaluation_job, {"evaluate": (1, "ValueError")}, failed="PodFailurePolicy")
        else:
            del world.jobs[world.run.evaluation_job]
        world.settle()
        assert (world.run.phase, world.run.reason, world.versions) == ("Failed", reason, {})


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("training", ("code", "commit")),
        ("training", ("artifact", "digest")),
        ("training", ("datasets",)),
        ("evaluation", ("metrics",)),
        ("evaluation", ("profile",)),
        ("evaluation", ("goldenSamples",)),
        ("evaluation", ("signature", "inputs")),
        ("image", ()),
    ],
)
def test_a_result_that_lacks_a_part_of_the_lineage_is_refused(part: str, path: tuple[str, ...]) -> None:
    world = World()
    world.settle()
    said = {"training": training_result(world.run.id), "evaluation": evaluation_result(world.run.id)}
    if path:
        parent = said[part]
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = [] if isinstance(parent[path[-1]], list) else None
    world.end(world.run.job, {"train": (0, said["training"])})
    if part == "image":
        world.pods[-1]["status"]["containerStatuses"][0]["imageID"] = ""
    world.settle()
    if world.run.phase == "Evaluating":
        world.end(world.run.evaluation_job, {"evaluate": (0, said["evaluation"])})
        world.settle()
    world.pass_time(minutes=1)
    world.settle()
    assert (world.run.phase, world.run.reason, world.versions) == ("Failed", "ResultMissing", {})


def test_a_result_of_another_run_is_refused() -> None:
    world = World()
    world.settle()
    said = training_result("another")
    world.end(world.run.job, {"fetch": (0, fetched(said)), "train": (0, said)})
    world.settle()
    world.evaluate()
    world.settle()
    assert world.run.reason == "ResultMissing" and not world.versions


def fetched(said: dict[str, Any]) -> dict[str, Any]:
    return {key: said[key] for key in ("contract", "run", "code", "datasets")}


@pytest.mark.parametrize("forged", [{"commit": "f" * 40}, {"data": "9"}])
def test_a_script_that_tells_of_other_code_or_data_than_was_fetched_is_refused(forged: dict[str, str]) -> None:
    world = World()
    world.settle()
    run = world.run.id
    said = {"fetch": (0, fetched(training_result(run))), "train": (0, training_result(run, **forged))}
    world.end(world.run.job, said)
    world.settle()
    assert (world.run.phase, world.run.reason, world.versions) == ("Failed", "LineageMismatch", {})


def test_what_changes_at_its_source_changes_in_the_version() -> None:
    specs = []
    for change in ({}, {"commit": "f" * 40}, {"data": "9"}, {"artifact": "8"}):
        world = World()
        specs.append(world.versions[world.whole_run(**change).model_version]["spec"])
    plain, commit, data, artifact = specs
    assert plain["code"] != commit["code"] and plain["datasets"] != data["datasets"]
    assert plain["artifact"] != artifact["artifact"]


def test_registration_raises_a_typed_reason() -> None:
    world = World()
    world.settle()
    world.train()
    world.settle()
    from leeboard.api.termination import EvaluationResult, TrainingResult

    training = TrainingResult.model_validate(training_result(world.run.id))
    evaluation = EvaluationResult.model_validate(evaluation_result(world.run.id))
    nameless = world.run.model_copy(update={"image_id": ""})
    with pytest.raises(RegistrationRefused, match=r"image\.reference") as refused:
        model_version(world.snapshot().job, nameless, training, evaluation, None)
    assert refused.value.reason == Reason.RESULT_MISSING


def test_jobs_of_old_runs_are_deleted_and_those_of_new_ones_stay() -> None:
    world = World()
    for seed in range(7):
        world.change(seed=seed)
        world.whole_run(artifact=str(seed))
    kept = {run.job for run in world.runs[-5:]} | {run.evaluation_job for run in world.runs[-5:]}
    assert set(world.jobs) == kept


def test_a_run_without_its_model_does_not_begin() -> None:
    world = World()
    model, world.model = copy.deepcopy(world.model), None
    world.settle()
    assert world.conditions() == {"Ready": ("False", "ModelNotFound")} and not world.runs
    world.model = model
    world.settle()
    assert world.run.phase == "Training"


def test_a_version_of_that_name_with_another_artefact_is_not_passed_off_as_this_run() -> None:
    world = World()
    world.settle()
    world.train()
    world.settle()
    world.evaluate()
    (version,) = world.plan().create
    version["spec"]["artifact"]["digest"] = digest("e")
    world.versions[version["metadata"]["name"]] = version
    world.settle()
    assert (world.run.phase, world.run.reason, world.run.model_version) == ("Failed", "StorageConflict", "")
