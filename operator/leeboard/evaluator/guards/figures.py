"""From counts to the figure of a guard: by how much the candidate is worse, with an interval valid at every look.

Pure, and all that a replay needs: the same evidence gives the same figure.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leeboard.evaluator.figures import figure
from leeboard.evaluator.guards.evidence import (
    Evidence,
    Latencies,
    Losses,
    Metrics,
    Predictions,
    Rates,
    Series,
)
from leeboard.stats.asymptotic_means import asymptotic_mean
from leeboard.stats.intervals import z_value
from leeboard.stats.sequential import difference_interval
from leeboard.stats.sequential_blocks import Block, block_evidence, difference_sequence
from leeboard.stats.sequential_categories import total_variation_sequence
from leeboard.stats.sequential_means import Batch, Bounds, difference_of_means
from leeboard.stats.sequential_quantiles import quantile_ratio_sequence

QUANTILE = 0.99


@dataclass(frozen=True)
class Harm:
    """How much worse the candidate is, larger being worse, with both ends; an end that is not known is infinite."""

    value: float
    low: float
    high: float


def harm_of(evidence: Evidence) -> Harm | None:
    """The largest harm of its parts: the one that has the greatest low end tells the value. None without parts."""
    if not evidence.parts:
        return None
    alpha = evidence.alpha / max(1, evidence.looked_at)
    found = [measured(part, alpha) for part in evidence.parts]
    worst = max(found, key=lambda one: (one.low, one.value))
    return Harm(worst.value, worst.low, max(one.high for one in found))


def measured(part: Any, alpha: float) -> Harm:
    """The figure of one part."""
    return _MEASURES[type(part)](part, alpha)


def worst_of(evidence: Evidence) -> str:
    """The input that lies furthest out; empty where there is but one part."""
    alpha = evidence.alpha / max(1, evidence.looked_at)
    named = [one for one in evidence.parts if isinstance(one, Rates) and one.of]
    if not named:
        return ""
    worst = max(named, key=lambda one: ((harm := measured(one, alpha)).low, harm.value))
    return worst.of


def e_value_of(evidence: Evidence, limit: float) -> float | None:
    """The e-value against "the candidate is worse by no more than the limit"; None of figures that have none.

    At 1/alpha and above the interval's low end lies above the limit.
    """
    part = evidence.parts[0] if len(evidence.parts) == 1 else None
    if not isinstance(part, Rates) or part.blocks is None or not -1 <= limit <= 1:
        return None
    return block_evidence((Block(*one) for one in part.blocks), limit)


def row_of(evidence: Evidence, limit: float) -> dict[str, Any]:
    """One entry of `guards` of `status.evaluation`; `limit` is the largest harm that is allowed."""
    candidate, champion = evidence.samples
    row: dict[str, Any] = {"name": evidence.name, "type": evidence.guard}
    row |= {"subject": evidence.subject} if evidence.subject else {}
    row |= {"segment": evidence.segment} if evidence.segment else {}
    row |= {"unit": evidence.unit} if evidence.unit else {}
    row |= {"alpha": figure(evidence.alpha), "samples": {"candidate": candidate, "champion": champion}}
    harm = harm_of(evidence)
    if harm is not None:
        ends = {"value": harm.value, "low": harm.low, "high": harm.high}
        row |= {name: figure(end) for name, end in ends.items() if math.isfinite(end)}
    if (e_value := e_value_of(evidence, limit)) is not None:
        row["eValue"] = figure(e_value)
    row |= {"worst": worst} if (worst := worst_of(evidence)) else {}
    row |= {"lacks": evidence.lacks} if evidence.lacks else {}
    return row | ({"message": evidence.message} if evidence.message else {})


def _rates(part: Rates, alpha: float) -> Harm:
    a, b = part.candidate, part.champion
    if part.blocks is not None:
        return Harm(*difference_sequence((Block(*one) for one in part.blocks), alpha))
    low, high = difference_interval(a.failures, a.trials, b.failures, b.trials, alpha)
    value = a.failures / a.trials - b.failures / b.trials if a.trials and b.trials else 0.0
    return Harm(value, low, high)


def _latencies(part: Latencies, alpha: float) -> Harm:
    if not (sum(part.candidate) and sum(part.champion)):
        return Harm(math.nan, 0.0, math.inf)
    return Harm(*quantile_ratio_sequence(part.edges, part.candidate, part.champion, QUANTILE, alpha))


def _predictions(part: Predictions, alpha: float) -> Harm:
    return Harm(*total_variation_sequence(part.candidate, part.champion, alpha))


def _losses(part: Losses, alpha: float) -> Harm:
    a, b = ([Batch(one.n, one.sum, one.squares) for one in side] for side in (part.candidate, part.champion))
    return Harm(*difference_of_means(a, b, Bounds(part.least, part.most), alpha))


def _metrics(part: Metrics, alpha: float) -> Harm:
    """Normal at look k with alpha/((k + 1)(k + 2)), which add up to alpha over all looks."""
    spent = alpha / ((part.look + 1) * (part.look + 2))
    a, b = part.candidate, part.champion
    value = (b.value - a.value) if part.higher_is_better else (a.value - b.value)
    reach = z_value(spent) * math.hypot(a.error, b.error)
    return Harm(value, value - reach, value + reach)


def _series(part: Series, alpha: float) -> Harm:
    worse = part.worse
    low, high = asymptotic_mean(worse.n, worse.sum, worse.squares, alpha)
    return Harm(worse.sum / worse.n if worse.n else math.nan, low, high)


_MEASURES: dict[type, Callable[[Any, float], Harm]] = {
    Rates: _rates,
    Latencies: _latencies,
    Predictions: _predictions,
    Losses: _losses,
    Metrics: _metrics,
    Series: _series,
}
