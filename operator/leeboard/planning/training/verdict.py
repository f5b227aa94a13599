"""The conditions of a TrainingJob."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from leeboard.api.reasons import Reason, explain
from leeboard.api.training_job import Run, TrainingJobSpec, TrainingJobStatus
from leeboard.planning.conditions import Wanted
from leeboard.planning.training.baseline import POLLS
from leeboard.planning.training.budget import Refusal
from leeboard.planning.training.run_history import active_run, find_run, newest

NEEDS_A_PERSON = frozenset(
    {
        *(Reason.IMAGE_PULL, Reason.CONFIG_MISSING, Reason.UNSCHEDULABLE, Reason.BAD_CONFIGURATION),
        *(Reason.QUOTA_EXCEEDED, Reason.POD_REJECTED, Reason.VOLUME_UNAVAILABLE, Reason.POD_NOT_STARTING),
    }
)
"""Reasons for which a run that is under way may not go on by itself."""

STUCK_AFTER = timedelta(minutes=5)
"""How long such a reason may last before the run counts as stuck: nodes are added, Secrets are synchronised, and a
registry comes back, within minutes."""


def wanted_conditions(
    spec: TrainingJobSpec,
    status: TrainingJobStatus,
    problem: tuple[Reason, str] | None,
    held: Refusal | None,
    now: datetime,
) -> tuple[Wanted, ...]:
    """Ready always; Reconciling or Stalled, Suspended and RunHeld only while they are true."""
    return (*_state(status, problem, now), *_extras(spec, held))


def _state(status: TrainingJobStatus, problem: tuple[Reason, str] | None, now: datetime) -> Iterator[Wanted]:
    run = active_run(status.runs)
    if problem is not None:
        yield from _not_begun(*problem)
    elif run is not None and run.reason in NEEDS_A_PERSON:
        message = f"run {run.id}: {run.message}"
        for_long = run.blocked_since is not None and now - run.blocked_since >= STUCK_AFTER
        yield from (_stuck if for_long else _kept)(run.reason, message)
    elif run is not None and _looks(run):
        yield from _idle(deciding_run(status))
    elif run is not None:
        doing = str(Reason.EVALUATING if run.phase == "Evaluating" else Reason.TRAINING)
        message = f"run {run.id}: {run.cause.kind}: {run.message or run.cause.reason}"
        yield Wanted("Reconciling", "True", doing, message)
        yield _ready(deciding_run(status), doing, message)
    else:
        yield from _idle(deciding_run(status))


def _not_begun(reason: Reason, message: str) -> Iterator[Wanted]:
    """A Model that is not there may come with the same commit, in whichever order its objects are applied."""
    text = explain(reason, message)
    if reason == Reason.MODEL_NOT_FOUND:
        yield Wanted("Ready", "False", str(reason), text)
    else:
        yield from _stuck(str(reason), text)


def _looks(run: Run) -> bool:
    """Whether a run only looks for something new, and has not found it yet: most of these end with nothing."""
    return run.cause.kind in POLLS and not run.datasets


def _idle(run: Run | None) -> Iterator[Wanted]:
    if run is not None and run.phase == "Failed":
        yield from _stuck(run.reason, f"run {run.id}: {run.message}")
    else:
        yield _ready(run, str(Reason.IDLE), "no run yet: no trigger has fired")


def _ready(run: Run | None, otherwise: str, message: str) -> Wanted:
    """A version was made, or nothing was ever to be made: both are what the spec asks for."""
    if run is not None and run.phase == "Succeeded":
        return Wanted("Ready", "True", str(Reason.RUN_SUCCEEDED), f"run {run.id} became {run.model_version}")
    if run is not None and run.phase == "Failed":
        return Wanted("Ready", "False", run.reason, f"run {run.id}: {run.message}")
    return Wanted("Ready", "True" if otherwise == Reason.IDLE else "False", otherwise, message)


def _kept(reason: str, message: str) -> Iterator[Wanted]:
    yield Wanted("Ready", "False", reason, message)
    yield Wanted("Reconciling", "True", reason, message)


def _stuck(reason: str, message: str) -> Iterator[Wanted]:
    yield Wanted("Ready", "False", reason, message)
    yield Wanted("Stalled", "True", reason, message)


def _extras(spec: TrainingJobSpec, held: Refusal | None) -> Iterator[Wanted]:
    if spec.suspend:
        yield Wanted("Suspended", "True", str(Reason.SUSPENDED), "spec.suspend is true: no new run is started")
    if held is not None:
        yield Wanted("RunHeld", "True", str(held.reason), explain(held.reason, held.message))


def deciding_run(status: TrainingJobStatus) -> Run | None:
    """The ended run that says how the TrainingJob stands; looks that found nothing new say nothing."""
    ended = [run for run in status.runs if run.phase in ("Succeeded", "Failed")]
    return find_run(ended, status.last_run) or newest(ended)
