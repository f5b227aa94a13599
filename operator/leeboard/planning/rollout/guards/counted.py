"""Figures of the guards that counts of requests alone tell: those of an evaluator that writes no rows of guards."""

import math

from leeboard.api.guard import Guard
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import GuardFigures
from leeboard.stats.sequential import difference_interval


def counted_figures(guard: Guard, candidate: Counts, champion: Counts, alpha: float) -> list[GuardFigures]:
    """The one figure of a guard; of a type that counts do not tell it is without ends, and says so."""
    samples = (candidate.requests, champion.requests)
    if guard.type == "ErrorRate":
        return [_error_rate(candidate, champion, alpha, samples)]
    if guard.type == "LatencyP99":
        return [_latency(candidate, champion, alpha, samples)]
    return [GuardFigures(guard.title, guard.type, alpha=alpha, lacks="Figures", message="no figures of it yet")]


def _error_rate(candidate: Counts, champion: Counts, alpha: float, samples: tuple[int, int]) -> GuardFigures:
    low, high = difference_interval(candidate.errors, candidate.requests, champion.errors, champion.requests, alpha)
    both = candidate.requests and champion.requests
    value = candidate.errors / candidate.requests - champion.errors / champion.requests if both else (low + high) / 2
    failed = f"{candidate.errors}/{candidate.requests} against {champion.errors}/{champion.requests} failed"
    return GuardFigures("ErrorRate", "ErrorRate", "", "", value, low, high, alpha, samples, message=failed)


def _latency(candidate: Counts, champion: Counts, alpha: float, samples: tuple[int, int]) -> GuardFigures:
    ends = (candidate.latency_low, candidate.latency_high, champion.latency_low, champion.latency_high)
    if not all(math.isfinite(end) and end >= 0 for end in ends) or champion.latency_high == 0:
        why = "no interval of the 99th percentile of both versions yet"
        return GuardFigures("LatencyP99", "LatencyP99", alpha=alpha, samples=samples, lacks="Requests", message=why)
    low = candidate.latency_low / champion.latency_high
    high = candidate.latency_high / champion.latency_low if champion.latency_low else math.inf
    value = math.sqrt(low * high) if math.isfinite(high) else low
    told = (
        f"[{candidate.latency_low:g}, {candidate.latency_high:g}] ms against "
        f"[{champion.latency_low:g}, {champion.latency_high:g}] ms"
    )
    return GuardFigures("LatencyP99", "LatencyP99", "", "ratio", value, low, high, alpha, samples, message=told)
