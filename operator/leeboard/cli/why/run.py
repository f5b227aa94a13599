"""What happened in one run."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from leeboard.api.training_job import Run
from leeboard.cli.objects import Raw
from leeboard.cli.show.moments import span
from leeboard.cli.show.quantities import digest
from leeboard.cli.why.timeline import Entry, Reference
from leeboard.planning.training.job_state import ended_at, outcome
from leeboard.planning.training.run_history import ACTIVE


def run_entries(run: Run, jobs: Iterable[Raw]) -> Iterator[Entry]:
    """Its start, what it read, its evaluation, and its end."""
    by_name = {raw["metadata"]["name"]: raw for raw in jobs}
    read = tuple(Reference("dataset", one.name, one.digest) for one in run.datasets)
    commit = (Reference("commit", digest(run.commit), run.commit),) if run.commit else ()
    image = (Reference("image", run.image_id),) if run.image_id else ()
    yield Entry(
        "run",
        run.started_at,
        f"run {run.id} began",
        _fate(by_name, run.job, run.job_uid),
        "RunStarted",
        "TrainingJob.status.runs",
        (*_job(run.job, run.job_uid), *commit, *image, *read),
    )
    if run.evaluation_job:
        live = by_name.get(run.evaluation_job)
        began = live["metadata"].get("creationTimestamp") if live is not None else None
        ended = ended_at(live) if live is not None else None
        yield Entry(
            "evaluation",
            datetime.fromisoformat(began) if began else None,
            f"evaluation beside {run.champion}" if run.champion else "evaluation",
            f"{outcome(live)}{f' at {ended:%H:%M:%S}' if ended else ''}" if live is not None else "its Job is gone",
            "",
            "Job" if live is not None else "TrainingJob.status.runs",
            _job(run.evaluation_job, run.evaluation_job_uid),
        )
    if run.phase not in ACTIVE:
        took = f", took {span(run.finished_at - run.started_at)}" if run.finished_at and run.started_at else ""
        yield Entry(
            "evaluation",
            run.finished_at,
            f"run {run.phase}{took}",
            run.message if run.phase != "Succeeded" else "",
            run.reason,
            "TrainingJob.status.runs",
        )


def _job(name: str, uid: str) -> tuple[Reference, ...]:
    return (Reference("Job", name, uid),) if name else ()


def _fate(jobs: dict[str, Raw], name: str, uid: str) -> str:
    live = jobs.get(name)
    if not name or not uid:
        return ""
    gone = live is None or live["metadata"].get("uid") != uid
    return "its Job and its log are gone" if gone else f"Job {name}: {outcome(live or {})}"
