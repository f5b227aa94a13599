"""What a TrainingJob does next: begin a run, go on with the one under way, tidy up after those that ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from leeboard.api import names
from leeboard.api.base import Condition
from leeboard.api.reasons import Reason, explain
from leeboard.api.training_job import Run, TrainingJob, TrainingJobStatus
from leeboard.planning.conditions import set_conditions
from leeboard.planning.plan import Event, ObjectRef, Plan, Raw
from leeboard.planning.pod_problems import not_set_up
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training.beginning import Beginning, begin
from leeboard.planning.training.budget import Refusal
from leeboard.planning.training.job_state import lasted, outcome, owned_by, owned_job, pods_of
from leeboard.planning.training.progress import Step, advance
from leeboard.planning.training.recorded_anew import recorded_anew
from leeboard.planning.training.run_history import ACTIVE, active_run, replaced
from leeboard.planning.training.run_identity import fingerprint
from leeboard.planning.training.schedule import CronSchedule
from leeboard.planning.training.triggers import next_moment
from leeboard.planning.training.verdict import wanted_conditions

WATCHING = timedelta(seconds=10)
"""How often a run under way is looked at, although nothing was reported."""
SOON = timedelta(seconds=1)
LONGEST = timedelta(hours=1)
USUALLY_A_POD = timedelta(seconds=5)
"""Within that time of a Job's creation its pod is there."""
KEPT_RUNS = 5
"""Ended runs whose Jobs stay, for their logs."""


def plan_training_job(snapshot: TrainingJobSnapshot, now: datetime) -> Plan:
    """The plan for one TrainingJob. The same snapshot at the same moment gives the same plan."""
    job = snapshot.job
    if job.metadata.deletion_timestamp is not None:
        return Plan()
    now = now.replace(microsecond=0)
    status = _watched_schedule(job, now)
    snapshot = _with_status(snapshot, status)
    run, problem = active_run(status.runs), problem_of(snapshot)
    if run is not None and (other := recorded_anew(snapshot, run)) is not None:
        return _plan(snapshot, other.status, now, events=other.events, problem=None)
    if run is not None:
        step = advance(snapshot, run, now)
        status = _stepped(status, step)
        return _plan(snapshot, status, now, create=step.create, events=step.events, problem=None)
    if problem is not None or job.spec.suspend:
        return _plan(snapshot, status, now, problem=problem)
    beginning = begin(snapshot, now)
    return _plan(snapshot, beginning.status, now, events=beginning.events, problem=None, beginning=beginning)


def problem_of(snapshot: TrainingJobSnapshot) -> tuple[Reason, str] | None:
    """What has to be mended before any run may begin, or None."""
    schedule = snapshot.job.spec.triggers.schedule
    if snapshot.model is None:
        return Reason.MODEL_NOT_FOUND, f"Model {snapshot.job.spec.model_ref.name}"
    if schedule is not None:
        try:
            CronSchedule.parse(schedule.cron, schedule.time_zone)
        except ValueError as error:
            return Reason.BAD_CONFIGURATION, f"spec.triggers.schedule: {error}"
    return None


def _watched_schedule(job: TrainingJob, now: datetime) -> TrainingJobStatus:
    """Times before the first look at a schedule are not caught up with; without a schedule none is remembered.

    Without onSpecChange a change of the training fields is taken note of, so that switching it on trains nothing.
    """
    status, triggers = job.status, job.spec.triggers
    update: dict[str, object] = {}
    if triggers.schedule is None:
        update["last_schedule_time"] = None
    elif status.last_schedule_time is None:
        update["last_schedule_time"] = now
    if not triggers.on_spec_change:
        update["selected_fingerprint"] = fingerprint(job.spec)
    return status.model_copy(update=update)


def _stepped(status: TrainingJobStatus, step: Step) -> TrainingJobStatus:
    update: dict[str, object] = {"runs": replaced(status.runs, step.run)}
    if step.run.phase in ("Succeeded", "Failed"):
        update["last_run"] = step.run.id
    return status.model_copy(update=update)


def _plan(
    snapshot: TrainingJobSnapshot,
    status: TrainingJobStatus,
    now: datetime,
    *,
    problem: tuple[Reason, str] | None,
    create: tuple[Raw, ...] = (),
    events: tuple[Event, ...] = (),
    beginning: Beginning | None = None,
) -> Plan:
    job = snapshot.job
    held = beginning.held if beginning is not None else None
    wanted = wanted_conditions(job.spec, status, problem, held, now)
    generation = job.metadata.generation
    conditions = set_conditions(status.conditions, wanted, generation, now)
    renewed = status.model_copy(
        update={
            "observed_generation": generation,
            "conditions": tuple(Condition.model_validate(condition) for condition in conditions),
        }
    )
    return Plan(
        create=create,
        # of the runs as they are recorded: a Job that is gone before its run's end is recorded was deleted by somebody
        delete=_leftovers(job, job.status.runs, snapshot.jobs),
        status=renewed.dump() if renewed.dump() != job.status.dump() else None,
        decides=_phases(status) != _phases(job.status),
        requeue_after=_requeue(snapshot, status, now, problem, beginning),
        explain=_unexplained(snapshot, status, now),
        events=(*events, *_held_event(job, held)),
    )


def _phases(status: TrainingJobStatus) -> list[tuple[str, str]]:
    return [(run.id, run.phase) for run in status.runs]


def _held_event(job: TrainingJob, held: Refusal | None) -> tuple[Event, ...]:
    """Told once for as long as the same refusal lasts."""
    before = job.condition("RunHeld")
    if held is None or (before is not None and before.status == "True" and before.reason == held.reason):
        return ()
    return (Event("Warning", str(held.reason), explain(held.reason, held.message)),)


def _requeue(
    snapshot: TrainingJobSnapshot,
    status: TrainingJobStatus,
    now: datetime,
    problem: tuple[Reason, str] | None,
    beginning: Beginning | None,
) -> timedelta | None:
    if active_run(status.runs) is not None:
        newly = active_run(snapshot.job.status.runs) is None
        return SOON if newly else WATCHING
    if problem is not None or snapshot.job.spec.suspend:
        return LONGEST
    if status.runs != snapshot.job.status.runs or beginning is None:
        return SOON
    moments = [refused.until for refused in beginning.waiting]
    upcoming = next_moment(_with_status(snapshot, status), now)
    moments += [upcoming] if upcoming is not None else []
    return min(max(min(moments) - now, SOON), LONGEST) if moments else None


def _unexplained(snapshot: TrainingJobSnapshot, status: TrainingJobStatus, now: datetime) -> tuple[ObjectRef, ...]:
    """The run's Job where it has no pod, and its pods that no node sets up: only Events tell why."""
    run = active_run(status.runs)
    name = "" if run is None else run.evaluation_job or run.job
    live = owned_job(snapshot.jobs, name, snapshot.job.metadata.uid)
    if live is None or outcome(live) != "Running" or lasted(live, now) < USUALLY_A_POD:
        return ()
    pods = pods_of(snapshot.pods, live)
    stuck = [ObjectRef.of({"apiVersion": "v1", "kind": "Pod"} | pod) for pod in pods if not_set_up(pod, now)]
    return tuple(stuck) if pods else (ObjectRef.of({"apiVersion": "batch/v1", "kind": "Job"} | live),)


def _leftovers(job: TrainingJob, runs: Sequence[Run], jobs: Sequence[Raw]) -> tuple[ObjectRef, ...]:
    """Ended Jobs of runs that are forgotten, found nothing new, or lie further back than the last five."""
    ended = [run.id for run in runs if run.phase in ("Succeeded", "Failed")]
    kept = {*ended[-KEPT_RUNS:], *(run.id for run in runs if run.phase in ACTIVE)}
    return tuple(
        ObjectRef.of({"apiVersion": "batch/v1", "kind": "Job", **live})
        for live in jobs
        if owned_by(live, job.metadata.uid)
        and live["metadata"].get("labels", {}).get(names.RUN) not in kept
        and outcome(live) != "Running"
        and not live["metadata"].get("deletionTimestamp")
    )


def _with_status(snapshot: TrainingJobSnapshot, status: TrainingJobStatus) -> TrainingJobSnapshot:
    return replace(snapshot, job=snapshot.job.model_copy(update={"status": status}))
