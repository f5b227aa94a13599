"""Figures about the errors of labelled predictions: whether they changed within the window."""

from datetime import UTC, datetime
from typing import Any

from leeboard.evaluator.figures import figure
from leeboard.evaluator.labels import Joined
from leeboard.planning.conditions import timestamp
from leeboard.stats.error_stream import errors_of, newest_change

LEAST_DELTA = 1e-9
MOST_ROWS = 200_000
"""The newest; ADWIN takes one after the other."""


def concept_figures(task: str, labelled: Joined, alpha: float) -> dict[str, Any]:
    """`conceptDrift` of `status.evaluation`: `rows`, the mean `error`, and where it changed `at`, `before`, `after`.

    Nothing without rows.
    """
    errors = errors_of(task, labelled.truth[-MOST_ROWS:], labelled.scores[-MOST_ROWS:])
    if not len(errors):
        return {}
    found: dict[str, Any] = {"rows": len(errors), "error": figure(float(errors.mean()))}
    change = newest_change(errors, max(alpha, LEAST_DELTA))
    if change is not None:
        moment = datetime.fromtimestamp(int(labelled.times[-MOST_ROWS:][change.place]) / 1e9, UTC)
        found |= {"at": timestamp(moment), "before": figure(change.before), "after": figure(change.after)}
    return {"conceptDrift": found}
