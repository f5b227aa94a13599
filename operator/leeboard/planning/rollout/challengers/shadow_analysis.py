"""Whether the pairs of champion and challenger, on copies of the same requests, say pass, abort or wait."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leeboard.api.guard import Guard
from leeboard.api.model_status import Challenger, ModelStatus
from leeboard.api.reasons import Reason, explain
from leeboard.api.rollout import Analysis
from leeboard.api.shadow import Shadow
from leeboard.planning.evaluation_error import evaluation_error
from leeboard.planning.evaluation_row import row_of
from leeboard.planning.rollout.challengers.result import Result
from leeboard.stats.sequential import rate_interval

STALE = timedelta(minutes=15)
"""Figures that are older decide nothing: what came since may say otherwise."""


@dataclass(frozen=True)
class Pairs:
    """What the champion's exporters counted of a challenger: copies and those that failed, pairs of rows and those of
    which both versions gave another label; the ends of the 99th percentiles of latency in milliseconds."""

    copies: int
    failures: int
    pairs: int
    disagreements: int
    latency: tuple[float, float]
    champion_latency: tuple[float, float]


def pairs_of(evaluation: Mapping[str, Any] | None, name: str, since: datetime) -> Pairs | None:
    """A challenger's row in `status.evaluation`; None where it is missing, of an earlier time, or makes no sense."""
    row = row_of(evaluation, "challengers", name)
    if row is None:
        return None
    flips = row.get("flips") or {}
    try:
        found = Pairs(
            copies=int(row["copies"]),
            failures=int(row["failures"]),
            pairs=int(row["pairs"]),
            disagreements=int(flips.get("toPositive", 0)) + int(flips.get("toNegative", 0)),
            latency=_ends(row.get("latencyP99")),
            champion_latency=_ends(row.get("championLatencyP99")),
        )
        began = _moment(row["since"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    sensible = 0 <= found.failures <= found.copies and 0 <= found.disagreements <= found.pairs
    return found if sensible and began >= since else None


def observed_weight(evaluation: Mapping[str, Any] | None, name: str) -> int | None:
    """The share of the champion's requests that a challenger got copies of, in percent; None where it is not known."""
    row = row_of(evaluation, "challengers", name) or {}
    try:
        requests, copies = int(row["championRequests"]), int(row["copies"])
    except (KeyError, TypeError, ValueError):
        return None
    return min(100, round(100 * copies / requests)) if requests > 0 and copies >= 0 else None


def shadow_result(
    analysis: Analysis, shadow: Shadow, status: ModelStatus, one: Challenger, *, since: datetime | None, now: datetime
) -> Result:
    """The verdict over all guards; alpha is shared out between them (Bonferroni).

    Failures and disagreement may abort at any time; latency only once there are `minSamples` copies, because the first
    requests of a new pod are slow. All have to pass, with `minSamples` copies, before it is a pass.
    """
    error = evaluation_error(status.evaluation)
    if error is not None:
        return Result("Continue", error[0], explain(error[0], f"no figures: {error[1]}"))
    champion, evaluation = status.champion, status.evaluation or {}
    about = since is not None and champion is not None and evaluation.get("champion") == champion.name
    pairs = pairs_of(evaluation, one.name, since) if about and since is not None else None
    if pairs is None:
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no figures of this comparison yet")
    return replace(_verdict(analysis, shadow, pairs, old=is_old(evaluation, now)), samples=pairs.copies)


def _verdict(analysis: Analysis, shadow: Shadow, pairs: Pairs, *, old: bool) -> Result:
    results = _judged(analysis, shadow, pairs)
    enough = pairs.copies >= analysis.min_samples
    aborts = (one for one in results if one.verdict == "Abort")
    aborted = next((one for one in aborts if enough or one.reason != Reason.LATENCY_TOO_HIGH), None)
    if aborted is not None:
        return aborted
    if old:
        return Result("Continue", Reason.EVALUATION_STALE, f"the figures are older than {STALE}")
    if not enough:
        missing = analysis.min_samples - pairs.copies
        text = f"{pairs.copies} of {analysis.min_samples} copies; {missing} more are needed"
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, text)
    undecided = next((one for one in results if one.verdict != "Pass"), None)
    text = "; ".join(one.message for one in results) or f"{pairs.copies} copies, {pairs.pairs} pairs, no guards"
    return undecided or Result("Pass", Reason.COMPARING, text)


def _judged(analysis: Analysis, shadow: Shadow, pairs: Pairs) -> list[Result]:
    bound = shadow.max_disagreement
    alpha = float(analysis.alpha) / max(1, len(analysis.guards) + (bound is not None))
    results = [_guarded(guard, pairs, alpha) for guard in analysis.guards]
    if bound is not None:
        counts = (pairs.disagreements, pairs.pairs)
        results.append(_rate("pairs disagree", counts, float(bound), Reason.DISAGREEMENT_TOO_HIGH, alpha))
    return results


def _guarded(guard: Guard, pairs: Pairs, alpha: float) -> Result:
    if guard.type == "ErrorRate":
        # what is copied is what the champion answered: its own share of failures is none
        counts, margin = (pairs.failures, pairs.copies), float(guard.margin or "0")
        return _rate("copies failed", counts, margin, Reason.ERROR_RATE_TOO_HIGH, alpha)
    return _latency(float(guard.max_ratio or "1"), pairs)


def _rate(what: str, counts: tuple[int, int], bound: float, reason: Reason, alpha: float) -> Result:
    low, high = rate_interval(*counts, alpha)
    figures = f"{counts[0]} of {counts[1]} {what}, share [{low:.4f}, {high:.4f}], at most {bound:g}"
    if low > bound:
        return Result("Abort", reason, figures)
    if high <= bound:
        return Result("Pass", Reason.COMPARING, figures)
    return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, f"{figures}; more copies are needed")


def _latency(ratio: float, pairs: Pairs) -> Result:
    ends = (*pairs.latency, *pairs.champion_latency)
    if not all(math.isfinite(end) and end >= 0 for end in ends) or pairs.champion_latency[1] == 0:
        text = "no interval of the 99th percentile of both versions yet"
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, text)
    low = pairs.latency[0] / pairs.champion_latency[1]
    high = pairs.latency[1] / pairs.champion_latency[0] if pairs.champion_latency[0] else math.inf
    figures = f"p99 of the copies [{pairs.latency[0]:g}, {pairs.latency[1]:g}] ms, ratio [{low:.2f}, {high:.2f}]"
    figures += f", at most {ratio:g}"
    if low > ratio:
        return Result("Abort", Reason.LATENCY_TOO_HIGH, figures)
    if high <= ratio:
        return Result("Pass", Reason.COMPARING, figures)
    return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, f"{figures}; more copies are needed")


def _ends(interval: Any) -> tuple[float, float]:
    given = interval or {}
    return float(given.get("low", "nan")), float(given.get("high", "nan"))


def is_old(evaluation: Mapping[str, Any], now: datetime) -> bool:
    """Whether figures are too old to decide anything."""
    try:
        return _moment(evaluation.get("observedAt", "")) < now - STALE
    except ValueError:
        return True


def _moment(text: object) -> datetime:
    """Raises ValueError for what is no time with a zone."""
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    return moment
