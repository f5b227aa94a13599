"""What is said of a TrainingJob, and of one of its runs."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api.training_job import Run, TrainingJob
from leeboard.cli.describe.page import Fact
from leeboard.cli.get.runs import duration
from leeboard.cli.show.moments import age, utc
from leeboard.cli.show.quantities import count, digest
from leeboard.planning.training.run_history import active_run

_RUNS = 5


def facts(job: TrainingJob, now: datetime) -> Iterator[Fact]:
    """What is trained, when, and how the newest runs went."""
    spec = job.spec
    yield "model", spec.model_ref.name
    yield "code", f"{spec.code.repository} at {spec.code.revision}" if spec.code.repository else "in the image"
    yield "image", spec.image
    yield "triggers", ", ".join(_triggers(job)) or "commands only"
    limits = spec.limits
    yield "limits", f"{limits.max_runs_per_day} runs a day, cooldown {limits.cooldown}, deadline {limits.deadline}"
    if spec.suspend:
        yield "suspended", "no new run is started"
    under_way = active_run(job.status.runs)
    if under_way is not None:
        yield "under way", f"{under_way.id}: {_phase(under_way)}"
    for run in sorted(job.status.runs, key=lambda one: one.number, reverse=True)[:_RUNS]:
        began = f"{run.id} {run.cause.kind}, {age(run.started_at, now)} ago"
        yield "run", f"{began}: {_phase(run)} {run.model_version}".rstrip()
    answer = job.status.answer
    if answer is not None:
        came = "done" if answer.accepted else "refused"
        yield "last command", f"{answer.command} {answer.id}, {age(answer.at, now)} ago: {came}: {answer.message}"


def run_facts(job: TrainingJob, run: Run, now: datetime) -> Iterator[Fact]:
    """Why a run was started, what it read, and how it ended."""
    yield "job", f"TrainingJob {job.metadata.name} for Model {job.spec.model_ref.name}"
    yield "phase", _phase(run)
    if run.message:
        yield "message", run.message
    yield "cause", f"{run.cause.kind}: {run.cause.reason}" if run.cause.reason else run.cause.kind
    if run.started_at is not None:
        yield "started", f"{utc(run.started_at)}, {duration(run, now)} {'long' if run.finished_at else 'so far'}"
    if run.commit:
        yield "commit", digest(run.commit)
    for one in run.datasets:
        yield one.name, f"{one.role}, {count(one.rows)} rows of {one.uri}, digest {digest(one.digest)}"
    if run.image_id:
        yield "image", run.image_id
    if run.model_version:
        yield "version", run.model_version


def _triggers(job: TrainingJob) -> Iterator[str]:
    triggers = job.spec.triggers
    if triggers.on_spec_change:
        yield "a change of its training fields"
    if triggers.on_new_commit is not None:
        yield f"new commits, every {triggers.on_new_commit.every}"
    if triggers.on_new_data is not None:
        yield f"new data, every {triggers.on_new_data.every}"
    if triggers.schedule is not None:
        yield f"schedule {triggers.schedule.cron} ({triggers.schedule.time_zone})"
    if triggers.on_drift:
        yield "drift"


def _phase(run: Run) -> str:
    return f"{run.phase}: {run.reason}" if run.reason not in ("", run.phase) else run.phase
