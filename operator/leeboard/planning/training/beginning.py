"""Whether a run begins now, which one, and what it says when it may not."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leeboard.api.commands import CommandAnswer
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.api.training_job import Run, TrainingJobStatus
from leeboard.planning.plan import Event
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training.baseline import POLLS
from leeboard.planning.training.budget import Refusal, refusal
from leeboard.planning.training.commands import latched, refuse_retry
from leeboard.planning.training.occasion import Occasion
from leeboard.planning.training.run_history import find_run, newest, remembered
from leeboard.planning.training.run_identity import fingerprint, run_id, version_name
from leeboard.planning.training.training_pod import training_job_name
from leeboard.planning.training.triggers import due_occasions


@dataclass(frozen=True)
class Beginning:
    """What changes in status, what is told, and what has to wait for a budget."""

    status: TrainingJobStatus
    events: tuple[Event, ...] = ()
    held: Refusal | None = None
    waiting: tuple[Refusal, ...] = field(default=())


def begin(snapshot: TrainingJobSnapshot, now: datetime) -> Beginning:
    """The most urgent occasion that its budget allows. Raises ValueError where the schedule is malformed."""
    status = snapshot.job.status
    refused_retry = refuse_retry(snapshot.job, now)
    if refused_retry is not None:
        return Beginning(refused_retry[0], (refused_retry[1],))
    held: list[Refusal] = []
    waiting: list[Refusal] = []
    for occasion in due_occasions(snapshot, now):
        reselected = _reselect(snapshot, occasion)
        if reselected is not None:
            return reselected
        refused = refusal(occasion.cause.kind, status.runs, snapshot.job.spec.limits, now)
        if refused is None:
            return _begun(snapshot, occasion, now)
        waiting.append(refused)
        # of a look for something new nobody knows yet whether it would find anything
        held += [] if occasion.cause.kind in POLLS else [refused]
    return Beginning(status, held=held[0] if held else None, waiting=tuple(waiting))


def _begun(snapshot: TrainingJobSnapshot, occasion: Occasion, now: datetime) -> Beginning:
    job, status = snapshot.job, snapshot.job.status
    fields = fingerprint(job.spec)
    identity = run_id(fields, occasion.cause.kind, occasion.identity)
    taken_note = _taken_note(occasion, fields, now)
    commanded = _commanded(status, occasion, identity, now)
    if find_run(status.runs, identity) is not None:
        return Beginning(commanded.model_copy(update=taken_note))
    last = newest(status.runs)
    run = Run(
        id=identity,
        number=last.number + 1 if last is not None else 1,
        phase="Pending",
        cause=occasion.cause,
        fingerprint=fields,
        reason=str(Reason.RUN_STARTED),
        job=training_job_name(job, identity),
        started_at=now,
    )
    looked = {"last_commit_check": now, "last_data_check": now}
    known = {} if occasion.cause.kind in POLLS else {"last_run": identity}
    update = taken_note | looked | known | {"runs": remembered(status.runs, run)}
    message = f"run {identity}: {occasion.cause.kind}: {occasion.cause.reason}"[:1024]
    return Beginning(commanded.model_copy(update=update), (Event("Normal", str(Reason.RUN_STARTED), message),))


def _commanded(status: TrainingJobStatus, occasion: Occasion, run: str, now: datetime) -> TrainingJobStatus:
    """The status with the command that brought the occasion latched, where one did."""
    if not occasion.verb:
        return status
    known = find_run(status.runs, run)
    text = f"run {run} was started" if known is None else f"run {run} is that of the same command: it is {known.phase}"
    command = occasion.command or occasion.identity
    answer = CommandAnswer(command=occasion.verb, id=command, accepted=True, subject=run, message=text, at=now)
    return latched(status, answer)


def _taken_note(occasion: Occasion, fields: str, now: datetime) -> dict[str, Any]:
    """What keeps this occasion from being taken for a new one. Every run trains what the spec says now."""
    update: dict[str, Any] = {"selected_fingerprint": fields}
    if occasion.cause.kind == "Schedule":
        update["last_schedule_time"] = now
    return update


def _reselect(snapshot: TrainingJobSnapshot, occasion: Occasion) -> Beginning | None:
    """A spec that returns to what was trained before: the version of then is named again, nothing is trained."""
    if occasion.cause.kind != "SpecChange":
        return None
    job, status = snapshot.job, snapshot.job.status
    fields = fingerprint(job.spec)
    before = newest(run for run in status.runs if run.fingerprint == fields and run.phase == "Succeeded")
    version = _version(snapshot, before.model_version) if before is not None else None
    if before is None or version is None:
        identity = run_id(fields, "SpecChange")
        version = _version(snapshot, version_name(job.metadata.name, identity))
        known = find_run(status.runs, identity)
        if version is None:
            return _ended_before(status, fields, known) if known is not None else None
        before = known or _adopted(identity, fields, version, status)
    runs = status.runs if find_run(status.runs, before.id) else remembered(status.runs, before)
    update = {"selected_fingerprint": fields, "last_run": before.id, "runs": runs}
    text = f"the training fields are those of run {before.id} again: {version.metadata.name}, nothing is trained"
    return Beginning(status.model_copy(update=update), (Event("Normal", str(Reason.VERSION_RESELECTED), text),))


def _ended_before(status: TrainingJobStatus, fields: str, known: Run) -> Beginning:
    """The same fields were run before and left no version: an ended run is never started again by itself."""
    text = f"run {known.id} with these training fields has ended ({known.reason}); ask with leeboard.dev/train"
    update = {"selected_fingerprint": fields, "last_run": known.id}
    return Beginning(
        status.model_copy(update=update), (Event("Warning", known.reason or "RunEnded", explain(known.reason, text)),)
    )


def _version(snapshot: TrainingJobSnapshot, name: str) -> ModelVersion | None:
    return next((one for one in snapshot.versions if one.metadata.name == name), None)


def _adopted(identity: str, fields: str, version: ModelVersion, status: TrainingJobStatus) -> Run:
    """The record of a run that this status has forgotten, from the registry."""
    last = newest(status.runs)
    cause = version.spec.cause
    if cause is None:
        raise ValueError(f"ModelVersion {version.metadata.name} has no cause")
    return Run(
        id=identity,
        number=last.number + 1 if last is not None else 1,
        phase="Succeeded",
        cause=cause,
        fingerprint=fields,
        reason=str(Reason.VERSION_RESELECTED),
        datasets=version.spec.datasets,
        commit=(version.spec.code.commit or "") if version.spec.code is not None else "",
        image_id=version.spec.image.reference if version.spec.image is not None else "",
        model_version=version.metadata.name,
    )
