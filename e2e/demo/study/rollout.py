"""How many requests the rollout's guards need before they can tell."""

from e2e.demo.manifests import model
from e2e.demo.study.quality import NOWHERE
from leeboard.api.model import Model
from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.guards.analysis import Counts, analyse
from leeboard.stats.sequential import rate_interval

MOST = 5000
LATENCY = 10.0
"""Milliseconds: of both versions, with an interval that does not keep the error rate waiting."""
BEYOND_P99, LATENCY_ALPHA = 0.01, 0.05


def requests() -> str:
    """In words, how many requests each version has to get."""
    analysis = Model.parse(model(NOWHERE)).spec.rollout.analysis
    passing, failing = requests_needed(analysis, "Pass", 0.0), requests_needed(analysis, "Abort", 0.2)
    return (
        f"ErrorRate: {passing} to pass where none fails, {failing} to abort where 20 % fail\n"
        f"LatencyP99: {requests_for_latency()} until its interval is closed"
    )


def requests_needed(analysis: Analysis, verdict: str, error_rate: float) -> int | None:
    """Requests of each version until the verdict, where that share of the candidate's fails and none of the champion's.

    None where as many as 5,000 are not enough.
    """
    for number in range(5, MOST, 5):
        candidate = Counts(number, round(error_rate * number), LATENCY, LATENCY)
        if analyse(analysis, candidate, Counts(number, 0, LATENCY, LATENCY)).verdict == verdict:
            return number
    return None


def requests_for_latency() -> int:
    """Requests until some latency is surely above the 99th percentile: none beyond it, and surely less than 1 %."""
    return next(n for n in range(5, MOST, 5) if rate_interval(0, n, LATENCY_ALPHA)[1] < BEYOND_P99)
