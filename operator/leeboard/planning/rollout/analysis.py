"""Whether the figures of candidate and champion, at the same moment on the same traffic, say promote, abort or wait."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leeboard.api.reasons import Reason
from leeboard.api.rollout import Analysis, Guard
from leeboard.stats.sequential import difference_interval

Verdict = Literal["Pass", "Abort", "Continue"]


@dataclass(frozen=True)
class Result:
    """What the analysis says, with its figures.

    A wrong abort for the error rate has a chance of at most alpha over the whole rollout, whatever the number of looks.
    """

    verdict: Verdict
    reason: Reason
    message: str


@dataclass(frozen=True)
class Counts:
    """What the exporters of one version counted since the rollout began; latencies in milliseconds."""

    requests: int
    errors: int
    latency_low: float
    latency_high: float


def counts_of(evaluation: Mapping[str, Any] | None, version: str) -> Counts | None:
    """A version's figures in `status.evaluation`, or None where they are missing or make no sense."""
    rows = (evaluation or {}).get("versions") or []
    row = next((one for one in rows if isinstance(one, Mapping) and one.get("name") == version), None)
    if row is None:
        return None
    latency = row.get("latencyP99") or {}
    try:
        counts = Counts(
            int(row.get("requests", 0)),
            int(row.get("errors", 0)),
            float(latency.get("low", "nan")),
            float(latency.get("high", "nan")),
        )
    except (TypeError, ValueError):
        return None
    return counts if 0 <= counts.errors <= counts.requests else None


def is_about(evaluation: Mapping[str, Any] | None, candidate: str, champion: str, not_before: datetime) -> bool:
    """Whether the figures are those of this pair of versions, and were taken at or after a moment."""
    if evaluation is None or (evaluation.get("candidate"), evaluation.get("champion")) != (candidate, champion):
        return False
    try:
        observed = datetime.fromisoformat(str(evaluation.get("observedAt", "")).replace("Z", "+00:00"))
    except ValueError:
        return False
    return observed.tzinfo is not None and observed >= not_before


def analyse(analysis: Analysis, candidate: Counts | None, champion: Counts | None) -> Result:
    """The verdict over all guards; alpha is shared out between them (Bonferroni).

    The first guard that aborts decides. All guards have to pass, with `min_samples` requests, before it is a pass. The
    error rate may abort earlier. Latency may not: the first requests of a new pod are slow, and say nothing of later
    ones.
    """
    if candidate is None or champion is None:
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no figures of both versions yet")
    alpha = float(analysis.alpha) / max(1, len(analysis.guards))
    results = [_judge(guard, candidate, champion, alpha) for guard in analysis.guards]
    enough = candidate.requests >= analysis.min_samples
    aborts = (one for one in results if one.verdict == "Abort")
    aborted = next((one for one in aborts if enough or one.reason == Reason.ERROR_RATE_TOO_HIGH), None)
    if aborted is not None:
        return aborted
    if not enough:
        missing = analysis.min_samples - candidate.requests
        text = f"{candidate.requests} of {analysis.min_samples} requests to the candidate; {missing} more are needed"
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, text)
    undecided = next((one for one in results if one.verdict == "Continue"), None)
    if undecided is not None:
        return undecided
    text = "; ".join(one.message for one in results) or f"{candidate.requests} requests to the candidate, no guards"
    return Result("Pass", Reason.ANALYSIS_PASSED, text)


def _judge(guard: Guard, candidate: Counts, champion: Counts, alpha: float) -> Result:
    if guard.type == "ErrorRate":
        return _error_rate(float(guard.margin or "0"), candidate, champion, alpha)
    return _latency(float(guard.max_ratio or "1"), candidate, champion)


def _error_rate(margin: float, candidate: Counts, champion: Counts, alpha: float) -> Result:
    low, high = difference_interval(candidate.errors, candidate.requests, champion.errors, champion.requests, alpha)
    figures = (
        f"error rate {candidate.errors}/{candidate.requests} against {champion.errors}/{champion.requests}, "
        f"difference [{low:.4f}, {high:.4f}], margin {margin:g}"
    )
    if low > margin:
        return Result("Abort", Reason.ERROR_RATE_TOO_HIGH, figures)
    if high <= margin:
        return Result("Pass", Reason.ANALYSIS_PASSED, figures)
    more = _more_requests(margin, low, high, candidate)
    return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, f"{figures}; {more}")


def _more_requests(margin: float, low: float, high: float, candidate: Counts) -> str:
    """A guess at what is missing: the width of an interval falls with the square root of the number of requests."""
    middle = (low + high) / 2
    if not candidate.requests or middle >= margin:
        return "more requests are needed"
    needed = math.ceil(candidate.requests * ((high - middle) / (margin - middle)) ** 2) - candidate.requests
    return f"about {max(1, min(needed, 10**9))} more requests to the candidate are needed"


def _latency(ratio: float, candidate: Counts, champion: Counts) -> Result:
    ends = (candidate.latency_low, candidate.latency_high, champion.latency_low, champion.latency_high)
    if not all(math.isfinite(end) and end >= 0 for end in ends) or champion.latency_high == 0:
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no interval of the 99th percentile of both versions yet")
    low = candidate.latency_low / champion.latency_high
    high = candidate.latency_high / champion.latency_low if champion.latency_low else math.inf
    figures = (
        f"p99 [{candidate.latency_low:g}, {candidate.latency_high:g}] ms against "
        f"[{champion.latency_low:g}, {champion.latency_high:g}] ms, ratio [{low:.2f}, {high:.2f}], at most {ratio:g}"
    )
    if low > ratio:
        return Result("Abort", Reason.LATENCY_TOO_HIGH, figures)
    if high <= ratio:
        return Result("Pass", Reason.ANALYSIS_PASSED, figures)
    return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, f"{figures}; more requests are needed")
