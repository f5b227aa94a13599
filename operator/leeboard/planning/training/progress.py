"""One step of the run that is under way, from what its Jobs and pods show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leeboard.api import names
from leeboard.api.reasons import Reason, explain
from leeboard.api.termination import EvaluationResult, Fetched, TrainingResult
from leeboard.api.training_job import Run
from leeboard.planning.plan import Event, Raw
from leeboard.planning.problem_report import report
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training.baseline import baseline, observed_cause, same_inputs
from leeboard.planning.training.budget import BY_HAND
from leeboard.planning.training.evaluation_pod import EVALUATE, Candidate, evaluation_job_name, evaluation_job_object
from leeboard.planning.training.job_state import (
    ended_at,
    failure,
    image_of,
    is_failing,
    message_of,
    outcome,
    owned_job,
    pods_of,
    retries,
)
from leeboard.planning.training.problems import problems_of, refused_pods
from leeboard.planning.training.registration import RegistrationRefused, model_version
from leeboard.planning.training.run_identity import version_name
from leeboard.planning.training.training_pod import training_job_object

PATIENCE = timedelta(seconds=30)
"""How long the pods' last words may come after the Job's: the two are watched apart."""


@dataclass(frozen=True)
class Step:
    """The run as it is now, what to create, what to tell."""

    run: Run
    create: tuple[Raw, ...] = ()
    events: tuple[Event, ...] = ()


def advance(snapshot: TrainingJobSnapshot, run: Run, now: datetime) -> Step:
    """The next step of an active run; the same snapshot gives the same step."""
    if run.phase == "Pending":
        return _start(snapshot, run, now)
    if run.phase == "Training":
        return _watch_training(snapshot, run, now)
    return _watch_evaluation(snapshot, run, now)


def _start(snapshot: TrainingJobSnapshot, run: Run, now: datetime) -> Step:
    live = owned_job(snapshot.jobs, run.job, snapshot.job.metadata.uid)
    if live is None:
        allowed = snapshot.model is not None and snapshot.model.spec.serving.allow_unsafe_formats
        runs, settings = snapshot.job.status.runs, snapshot.settings
        job = training_job_object(snapshot.job, run, runs, settings, now, allow_unsafe_formats=allowed)
        return Step(run, create=(job,))
    seen = {"phase": "Training", "job_uid": live["metadata"]["uid"], "reason": str(Reason.TRAINING), "message": ""}
    return Step(run.model_copy(update=seen))


def _watch_training(snapshot: TrainingJobSnapshot, run: Run, now: datetime) -> Step:
    live = owned_job(snapshot.jobs, run.job, snapshot.job.metadata.uid)
    if live is None or live["metadata"]["uid"] != run.job_uid:
        return finish(run, "Failed", Reason.JOB_DELETED, f"Job {run.job}", now)
    pods = pods_of(snapshot.pods, live)
    run = _with_fetched(run, message_of(pods, "fetch", Fetched))
    state = outcome(live)
    if state == "Failed":
        return _failed(run, live, pods, Reason.SCRIPT_FAILED, now)
    if state == "Running":
        return _running(snapshot, run, live, now)
    return _report(snapshot, run, live, pods, now)


def _report(snapshot: TrainingJobSnapshot, run: Run, live: Raw, pods: tuple[Raw, ...], now: datetime) -> Step:
    """What a training that succeeded says, where it fits what was observed before any of its code ran."""
    fetched, result = message_of(pods, "fetch", Fetched), message_of(pods, "train", TrainingResult)
    if fetched is None or result is None:
        silent = "train" if result is None else "fetch"
        return _wait_or_fail(run, live, f"the container {silent} left no result", now)
    if (result.code, result.datasets) != (fetched.code, fetched.datasets):
        text = "the container train tells of other code or data than fetch observed"
        return finish(run, "Failed", Reason.LINEAGE_MISMATCH, text, now)
    return _trained(snapshot, run, result, image_of(pods, "train", snapshot.job.spec.image), now)


def _trained(snapshot: TrainingJobSnapshot, run: Run, result: TrainingResult, image: str, now: datetime) -> Step:
    spec = snapshot.job.spec
    found = baseline(run, snapshot.job.status.runs, spec)
    run = observed_cause(run, found, result.code.commit or "")
    run = run.model_copy(update={"image_id": image, "datasets": result.datasets, "commit": result.code.commit or ""})
    champion = snapshot.champion
    if run.cause.kind not in BY_HAND and same_inputs(champion, result, image):
        name = champion.metadata.name if champion is not None else ""
        return finish(run, "NoNewData", Reason.NO_NEW_DATA, f"code and data are those of {name}", now)
    evaluating = {
        "phase": "Evaluating",
        "reason": str(Reason.EVALUATING),
        "message": "",
        "evaluation_job": evaluation_job_name(snapshot.job, run.id),
        "champion": champion.metadata.name if champion is not None else "",
        "result": result.dump(),
    }
    return Step(run.model_copy(update=evaluating))


def _watch_evaluation(snapshot: TrainingJobSnapshot, run: Run, now: datetime) -> Step:
    if not run.result:
        return finish(run, "Failed", Reason.RESULT_MISSING, "the training's result is gone from status", now)
    champion = next((one for one in snapshot.versions if one.metadata.name == run.champion), None)
    candidate = Candidate(run, TrainingResult.model_validate(run.result), champion)
    live = owned_job(snapshot.jobs, run.evaluation_job, snapshot.job.metadata.uid)
    if not run.evaluation_job_uid:
        return _start_evaluation(snapshot, candidate, live, now)
    if live is None or live["metadata"]["uid"] != run.evaluation_job_uid:
        return finish(run, "Failed", Reason.JOB_DELETED, f"Job {run.evaluation_job}", now)
    pods = pods_of(snapshot.pods, live)
    state = outcome(live)
    if state == "Failed":
        return _failed(run, live, pods, Reason.EVALUATION_FAILED, now)
    if state == "Running":
        return _running(snapshot, run, live, now)
    return _register(snapshot, candidate, live, message_of(pods, EVALUATE, EvaluationResult), now)


def _start_evaluation(snapshot: TrainingJobSnapshot, candidate: Candidate, live: Raw | None, now: datetime) -> Step:
    run = candidate.run
    if live is not None:
        return Step(run.model_copy(update={"evaluation_job_uid": live["metadata"]["uid"]}))
    if snapshot.model is None:
        return finish(run, "Failed", Reason.MODEL_NOT_FOUND, f"Model {snapshot.job.spec.model_ref.name}", now)
    return Step(run, create=(evaluation_job_object(snapshot, snapshot.model, candidate, now),))


def _register(
    snapshot: TrainingJobSnapshot, candidate: Candidate, live: Raw, measured: EvaluationResult | None, now: datetime
) -> Step:
    run, training = candidate.run, candidate.training
    if measured is None:
        return _wait_or_fail(run, live, f"the container {EVALUATE} left no result", now)
    name = version_name(snapshot.job.metadata.name, run.id)
    registered = next((one for one in snapshot.versions if one.metadata.name == name), None)
    if registered is None:
        try:
            version = model_version(snapshot.job, run, training, measured, candidate.champion)
        except RegistrationRefused as refused:
            return finish(run, "Failed", refused.reason, str(refused), now)
        return Step(run, create=(version,))
    if registered.spec.artifact.digest != training.artifact.digest:
        return finish(run, "Failed", Reason.STORAGE_CONFLICT, f"ModelVersion {name} holds another artefact", now)
    return finish(run.model_copy(update={"model_version": name}), "Succeeded", Reason.RUN_SUCCEEDED, name, now)


def finish(run: Run, phase: str, reason: str, message: str, now: datetime) -> Step:
    """The run at its end, with one Event. An ended run is never begun again."""
    text = explain(reason, message)
    if phase == "Failed" and names.TRAIN not in text:
        text += f"; for another run without a change of the training fields set the annotation {names.TRAIN}"
    text = text[:1024]
    update: dict[str, Any] = {
        "phase": phase,
        "reason": str(reason),
        "message": text,
        "finished_at": now,
        "blocked_since": None,
        "result": None,
    }
    event = Event("Warning" if phase == "Failed" else "Normal", str(reason), f"run {run.id}: {text}")
    return Step(run.model_copy(update=update), events=(event,))


def _failed(run: Run, live: Raw, pods: tuple[Raw, ...], otherwise: Reason, now: datetime) -> Step:
    problems = problems_of(pods, otherwise, now, {})
    usual = (Reason.TRAINING, Reason.EVALUATING, Reason.RUN_RETRIED)
    blocked = None if run.reason in usual else (run.reason, run.message)
    reason, message = failure(live, problems, len(pods), otherwise, blocked)
    if not problems and reason == otherwise and _within_patience(live, now):
        return Step(run)
    if reason == Reason.NO_NEW_DATA:
        return finish(run, "NoNewData", Reason.NO_NEW_DATA, message, now)
    return finish(run, "Failed", reason, message, now)


def _running(snapshot: TrainingJobSnapshot, run: Run, live: Raw, now: datetime) -> Step:
    """Says what keeps a run from going on, by one Event for every reason; clears it when it goes on."""
    pods, warnings = pods_of(snapshot.pods, live), snapshot.warnings
    usual = Reason.EVALUATING if run.phase == "Evaluating" else Reason.TRAINING
    if is_failing(live):
        # what containers say while they are taken away is not why
        return Step(run)
    problems = problems_of(pods, Reason.RUN_RETRIED, now, warnings)
    refused = refused_pods(live, pods, warnings)
    blocking = [*refused, *(one for one in problems if not one.ended)]
    failed_before = [one for one in problems if one.ended]
    if blocking:
        reason, message = blocking[0].reason, report(blocking, len(pods))
    elif retries(live) and failed_before:
        reason, message = Reason.RUN_RETRIED, f"attempt {retries(live) + 1}, because {report(failed_before, len(pods))}"
    elif run.reason != usual and not any(_is_there(pod) for pod in pods):
        # the pod that was kept may be gone before the Job says that it failed: what kept it is still the reason
        return Step(run)
    else:
        reason, message = usual, ""
    since = (run.blocked_since or now) if blocking else None
    renewed = run.model_copy(
        update={"reason": str(reason), "message": message[:1024], "blocked_since": since},
    )
    if reason in (run.reason, usual):
        return Step(renewed)
    return Step(renewed, events=(Event("Warning", str(reason), f"run {run.id}: {message}"[:1024]),))


def _is_there(pod: Raw) -> bool:
    return not pod["metadata"].get("deletionTimestamp") and pod.get("status", {}).get("phase") in ("Pending", "Running")


def _wait_or_fail(run: Run, live: Raw, message: str, now: datetime) -> Step:
    return Step(run) if _within_patience(live, now) else finish(run, "Failed", Reason.RESULT_MISSING, message, now)


def _within_patience(live: Raw, now: datetime) -> bool:
    ended = ended_at(live)
    return ended is not None and now - ended < PATIENCE


def _with_fetched(run: Run, fetched: Fetched | None) -> Run:
    if fetched is None or run.datasets:
        return run
    return run.model_copy(update={"datasets": fetched.datasets, "commit": fetched.code.commit or ""})
