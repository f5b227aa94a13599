"""The runs of a status: which one is active, which are remembered, which count against the budgets."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from leeboard.api.training_job import Run

MAXIMUM_RUNS = 20
ACTIVE = frozenset({"Pending", "Training", "Evaluating"})
DAY = timedelta(days=1)


def active_run(runs: Sequence[Run]) -> Run | None:
    """The run under way, or None; there is never more than one."""
    return next((run for run in reversed(runs) if run.phase in ACTIVE), None)


def find_run(runs: Iterable[Run], identity: str) -> Run | None:
    """The run of that identity, or None."""
    return next((run for run in runs if run.id == identity), None)


def replaced(runs: Sequence[Run], run: Run) -> tuple[Run, ...]:
    """The same runs, one of them as it is now."""
    return tuple(run if one.id == run.id else one for one in runs)


def remembered(runs: Sequence[Run], run: Run) -> tuple[Run, ...]:
    """The runs with a new one at the end, at most 20.

    Looks that found nothing new make room first. The newest run of every drift monitor stays, because it is the
    evidence that its episode was answered.
    """
    answers = {one.cause.ref.uid: one.id for one in runs if one.cause.ref is not None}
    kept = [one for one in runs if one.phase != "NoNewData" or one.id in answers.values()]
    while len(kept) >= MAXIMUM_RUNS:
        victim = next((one for one in kept if one.id not in answers.values()), kept[0])
        kept.remove(victim)
    return (*kept, run)


def counted(runs: Iterable[Run], now: datetime) -> list[Run]:
    """The runs that started in the last 24 hours, oldest first; those that found nothing new do not count."""
    recent = [one for one in runs if one.started_at is not None and one.started_at > now - DAY]
    return sorted((one for one in recent if one.phase != "NoNewData"), key=started)


def started(run: Run) -> datetime:
    """When a run started; raises ValueError for one that was adopted from the registry."""
    if run.started_at is None:
        raise ValueError(f"run {run.id} was never started here")
    return run.started_at


def newest(runs: Iterable[Run]) -> Run | None:
    """The run with the greatest number, or None."""
    return max(runs, key=lambda one: one.number, default=None)
