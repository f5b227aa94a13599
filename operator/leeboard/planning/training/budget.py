"""Whether a run may start now: cooldown and runs a day, the only budgets for retraining."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.reasons import Reason
from leeboard.api.training_job import Limits, Run
from leeboard.planning.conditions import timestamp
from leeboard.planning.training.run_history import DAY, counted, started

BY_HAND = frozenset({"SpecChange", "Manual"})
"""Causes that a person brought about: the cooldown is not for them."""


@dataclass(frozen=True)
class Refusal:
    """Why a run may not start yet, and when to look again."""

    reason: Reason
    message: str
    until: datetime


def refusal(cause: str, runs: Sequence[Run], limits: Limits, now: datetime) -> Refusal | None:
    """None where a run of that cause may start. A run asked for by annotation always may."""
    if cause == "Manual":
        return None
    recent = counted(runs, now)
    if len(recent) >= limits.max_runs_per_day:
        until = started(recent[-limits.max_runs_per_day]) + DAY
        message = f"{len(recent)} runs in 24 hours; the next may start at {timestamp(until)}"
        return Refusal(Reason.RUN_LIMIT_REACHED, message, until)
    automatic = [run for run in runs if run.cause.kind not in BY_HAND and run.phase != "NoNewData" and run.started_at]
    if cause in BY_HAND or not automatic:
        return None
    until = max(map(started, automatic)) + parse_duration(limits.cooldown)
    if until <= now:
        return None
    message = f"limits.cooldown is {limits.cooldown}; the next run may start at {timestamp(until)}"
    return Refusal(Reason.COOLDOWN, message, until)
