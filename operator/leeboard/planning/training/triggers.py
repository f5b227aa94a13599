"""What is due: every occasion to start a run, the most urgent first."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import parse_duration
from leeboard.api.lineage import Cause, CauseReference
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning.conditions import timestamp
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training.commands import commanded
from leeboard.planning.training.occasion import Occasion
from leeboard.planning.training.run_identity import fingerprint
from leeboard.planning.training.schedule import CronSchedule

RECHECK = timedelta(minutes=10)
"""An episode whose run found no new data is looked at again no sooner than this."""


def due_occasions(snapshot: TrainingJobSnapshot, now: datetime) -> tuple[Occasion, ...]:
    """All occasions at this moment, the most urgent first. Raises ValueError where the schedule is malformed."""
    return (
        *commanded(snapshot.job),
        *_spec_change(snapshot.job),
        *_drift(snapshot, now),
        *_schedule(snapshot.job, now),
        *_polls(snapshot.job, now),
    )


def next_moment(snapshot: TrainingJobSnapshot, now: datetime) -> datetime | None:
    """When the next occasion comes by itself, or None where only a change can bring one."""
    triggers = snapshot.job.spec.triggers
    moments = [moment for _, moment in _poll_moments(snapshot.job) if moment is not None and moment > now]
    if triggers.schedule is not None:
        moments.append(CronSchedule.parse(triggers.schedule.cron, triggers.schedule.time_zone).following(now))
    if triggers.on_drift:
        answers = [_answer(snapshot.job, monitor, episode) for monitor, episode, _ in _requests(snapshot)]
        moments += [_recheck_at(snapshot.job, run) for run in answers if run is not None and run.phase == "NoNewData"]
    return min((moment for moment in moments if moment > now), default=None)


def _spec_change(job: TrainingJob) -> Iterator[Occasion]:
    if job.spec.triggers.on_spec_change and fingerprint(job.spec) != job.status.selected_fingerprint:
        first = not job.status.selected_fingerprint
        yield Occasion(Cause(kind="SpecChange", reason="first run" if first else "training fields changed"), "")


def _drift(snapshot: TrainingJobSnapshot, now: datetime) -> Iterator[Occasion]:
    if not snapshot.job.spec.triggers.on_drift:
        return
    for monitor, episode, reason in _requests(snapshot):
        answer = _answer(snapshot.job, monitor, episode)
        again = ""
        if answer is not None:
            if answer.phase != "NoNewData" or _recheck_at(snapshot.job, answer) > now:
                continue
            again = f"/{timestamp(answer.finished_at)}" if answer.finished_at else ""
        reference = CauseReference(
            kind=monitor.KIND, name=monitor.metadata.name, uid=monitor.metadata.uid, episode=episode
        )
        identity = f"{monitor.metadata.uid}/{episode}{again}"
        yield Occasion(Cause(kind="Drift", ref=reference, reason=reason), identity)


def _requests(snapshot: TrainingJobSnapshot) -> Iterator[tuple[DriftMonitor, str, str]]:
    for monitor in sorted(snapshot.monitors, key=lambda one: one.metadata.name):
        if monitor.metadata.deletion_timestamp is None:
            for request in monitor.status.requests:
                reference = request.training_job_ref
                if reference is not None and reference.name == snapshot.job.metadata.name:
                    yield monitor, request.episode, request.reason


def _answer(job: TrainingJob, monitor: DriftMonitor, episode: str) -> Run | None:
    """The newest run that this episode started."""
    return next(
        (
            run
            for run in reversed(job.status.runs)
            if run.cause.ref is not None
            and run.cause.ref.uid == monitor.metadata.uid
            and run.cause.ref.episode == episode
        ),
        None,
    )


def _recheck_at(job: TrainingJob, answer: Run) -> datetime:
    ended = answer.finished_at or answer.started_at
    if ended is None:
        raise ValueError(f"run {answer.id} has neither start nor end")
    return ended + max(RECHECK, parse_duration(job.spec.limits.cooldown))


def _schedule(job: TrainingJob, now: datetime) -> Iterator[Occasion]:
    schedule, last = job.spec.triggers.schedule, job.status.last_schedule_time
    if schedule is None or last is None:
        return
    time = CronSchedule.parse(schedule.cron, schedule.time_zone).latest(last, now)
    if time is not None:
        reason = f"schedule {schedule.cron} ({schedule.time_zone})"
        yield Occasion(Cause(kind="Schedule", reason=reason), timestamp(time))


def _polls(job: TrainingJob, now: datetime) -> Iterator[Occasion]:
    for kind, moment in _poll_moments(job):
        if moment is None or moment <= now:
            what = "code" if kind == "NewCommit" else "data"
            since = timestamp(moment) if moment else "first"
            yield Occasion(Cause(kind=kind, reason=f"{what} looked at every {_every(job, kind)}"), since)


def _poll_moments(job: TrainingJob) -> Iterator[tuple[Literal["NewCommit", "NewData"], datetime | None]]:
    """When code and data are to be looked at; None for "never looked at". Every run looks at both."""
    triggers, status = job.spec.triggers, job.status
    starts = [run.started_at for run in status.runs if run.started_at is not None]
    if triggers.on_new_commit is not None and job.spec.code.from_ == "Git":
        yield "NewCommit", _after(status.last_commit_check, starts, triggers.on_new_commit.every)
    if triggers.on_new_data is not None:
        yield "NewData", _after(status.last_data_check, starts, triggers.on_new_data.every)


def _after(checked: datetime | None, starts: list[datetime], every: str) -> datetime | None:
    looks = [*starts, checked] if checked is not None else starts
    return max(looks) + parse_duration(every) if looks else None


def _every(job: TrainingJob, kind: str) -> str:
    polling = job.spec.triggers.on_new_commit if kind == "NewCommit" else job.spec.triggers.on_new_data
    return polling.every if polling is not None else ""
