"""`leeboard get runs`: the runs that the TrainingJobs remember."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from leeboard.api.training_job import Run, TrainingJob
from leeboard.cli.get.listing import Listed, Listing
from leeboard.cli.objects import Objects, Raw
from leeboard.cli.show import styles
from leeboard.cli.show.moments import age, span
from leeboard.cli.show.table import Column, cell


def _rows(objects: Objects, now: datetime) -> Iterator[Listed]:
    for job in sorted(objects.training_jobs, key=lambda one: (one.metadata.namespace, one.metadata.name)):
        for run in sorted(job.status.runs, key=lambda one: one.number, reverse=True):
            yield Listed(job.metadata.namespace, job.spec.model_ref.name, _cells(job, run, now))


def _cells(job: TrainingJob, run: Run, now: datetime) -> tuple[Text, ...]:
    return (
        cell(run.id, styles.NAME),
        cell(job.metadata.name),
        cell(run.cause.kind),
        cell(run.phase, styles.of_word(run.phase)),
        cell(run.reason),
        cell(run.model_version),
        cell(age(run.started_at, now)),
        cell(duration(run, now)),
    )


def duration(run: Run, now: datetime) -> str:
    """How long a run took, or has taken so far; empty for one that was adopted from the registry."""
    return "" if run.started_at is None else span((run.finished_at or now) - run.started_at)


def _documents(raw: Raw) -> Iterator[Raw]:
    metadata, runs = raw["metadata"], (raw.get("status") or {}).get("runs") or ()
    place = {"namespace": metadata.get("namespace", ""), "trainingJob": metadata["name"]}
    for run in runs:
        yield {**place, "model": raw["spec"]["modelRef"]["name"], **run}


LISTING = Listing(
    name="runs",
    aliases=("run",),
    kind=TrainingJob,
    columns=(
        Column("RUN"),
        Column("TRAININGJOB", spare=2),
        Column("CAUSE"),
        Column("PHASE"),
        Column("REASON"),
        Column("VERSION", spare=1),
        Column("STARTED", right=True),
        Column("DURATION", right=True),
    ),
    rows=_rows,
    documents=_documents,
)
