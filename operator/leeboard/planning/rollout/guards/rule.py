"""The rule that every guard is judged by."""

import math
from dataclasses import dataclass
from typing import Literal

from leeboard.api.guard import Guard
from leeboard.api.reasons import Reason
from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.guards.figures import GuardFigures

_ROUNDING = 1e-4
"""Figures have six digits."""
WORSE: dict[str, Reason] = {
    "ErrorRate": Reason.ERROR_RATE_TOO_HIGH,
    "LatencyP99": Reason.LATENCY_TOO_HIGH,
    "PredictionDrift": Reason.PREDICTIONS_SHIFTED,
    "DataQuality": Reason.DATA_QUALITY_WORSE,
    "Performance": Reason.PERFORMANCE_WORSE,
    "EstimatedPerformance": Reason.ESTIMATED_PERFORMANCE_WORSE,
    "KPI": Reason.KPI_WORSE,
    "Prometheus": Reason.METRIC_WORSE,
}
_HOW: dict[str, str] = {"LatencyP99": "ratio", "PredictionDrift": "total variation"}
_OF: dict[str, str] = {"Performance": "labelled predictions", "KPI": "stretches", "Prometheus": "stretches"}


@dataclass(frozen=True)
class Judged:
    """What one figure says."""

    verdict: Literal["Pass", "Abort", "Continue", "Idle"]
    reason: Reason
    message: str


def share_of(analysis: Analysis) -> float:
    """The part of alpha that each guard has."""
    return float(analysis.alpha) / max(1, len(analysis.guards))


def limit_of(guard: Guard) -> float:
    """The largest harm that is allowed, in the unit of the guard's figure; of an absolute bound, the excess over it."""
    if guard.type == "LatencyP99":
        return float(guard.max_ratio or "1")
    if guard.type == "PredictionDrift":
        return float(guard.max or "0")
    return float(guard.margin or "0")


def judge(guard: Guard, figures: GuardFigures, alpha: float) -> Judged:
    """Abort, Pass or Continue by the interval. A segment aborts, and else says nothing: `Idle`.

    A figure that was made with more than the guard's `alpha` is of an earlier spec, and decides nothing.
    """
    limit = limit_of(guard)
    if figures.alpha > alpha * (1 + _ROUNDING):
        return Judged("Continue", Reason.NOT_ENOUGH_SAMPLES, f"{figures.name}: its figures are of an earlier spec")
    if figures.lacks:
        reason = Reason.LABELS_AWAITED if figures.lacks == "Labels" else Reason.NOT_ENOUGH_SAMPLES
        waits: Literal["Idle", "Continue"] = "Idle" if figures.segment else "Continue"
        return Judged(waits, reason, f"{figures.name}: {figures.message}")
    told = said(figures, limit)
    if figures.low > limit:
        return Judged("Abort", WORSE[guard.type], told)
    if figures.segment:
        return Judged("Idle", Reason.NOT_ENOUGH_SAMPLES, told)
    if figures.high <= limit:
        return Judged("Pass", Reason.ANALYSIS_PASSED, told)
    return Judged("Continue", Reason.NOT_ENOUGH_SAMPLES, f"{told}; {_more(figures, limit)}")


def said(figures: GuardFigures, limit: float) -> str:
    """A figure beside what is allowed, in words."""
    value = f"{figures.value:.4g}" if math.isfinite(figures.value) else "unknown"
    ends = f"[{_end(figures.low)}, {_end(figures.high)}]"
    worst = f" ({figures.worst})" if figures.worst else ""
    counted = f"; {figures.message}" if figures.message else ""
    return f"{figures.name}{worst}: {_HOW.get(figures.type, 'worse by')} {value} {ends}, allowed {limit:g}{counted}"


def _more(figures: GuardFigures, limit: float) -> str:
    of = _OF.get(figures.type, "requests")
    missing = figures.missing(limit)
    return (
        f"more {of} to the candidate are needed"
        if missing is None
        else (f"about {missing} more {of} to the candidate are needed")
    )


def _end(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "?"
