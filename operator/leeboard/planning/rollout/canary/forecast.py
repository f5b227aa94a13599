"""How many requests the guards of a rollout need at the traffic there is, told before the candidate gets any."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leeboard.api.durations import parse_duration
from leeboard.api.guard import Guard
from leeboard.api.model import Model
from leeboard.planning.rollout.guards.counts import counts_of
from leeboard.planning.rollout.guards.rule import share_of
from leeboard.stats.sample_size import requests_needed

POWER = 0.8
"""Chance of a verdict with the requests that are told, where the candidate is as the champion."""
_UNKNOWN_RATE = 0.5
"""Of a share of which nothing is known, the one that needs most requests."""
_LARGEST_SHARE = 0.99


@dataclass(frozen=True)
class Forecast:
    """`message` for people; `timed` where the traffic is known, `short` where the analysis may not take that long."""

    message: str
    short: bool
    timed: bool = True


@dataclass(frozen=True)
class _Need:
    """Requests to the candidate that a guard needs."""

    name: str
    requests: int


def forecast(model: Model, champion: str) -> Forecast | None:
    """From what the champion's pods counted last; None without guards that can be foreseen, or without steps."""
    rollout = model.spec.rollout
    needs = list(_needs(model, champion))
    if not needs or not rollout.steps:
        return None
    most = max(needs, key=lambda one: one.requests)
    rate = _requests_a_second(model.status.evaluation, champion)
    told = f"about {most.requests} requests to the candidate for {most.name}"
    if rate is None:
        return Forecast(f"{told}; the traffic is not known yet", short=False, timed=False)
    seconds = _seconds(model, most.requests, rate)
    told += f", {_span(seconds)} at {rate:.3g} requests/s and the weights of the stages"
    longest = rollout.analysis.max_duration
    short = longest is not None and seconds > parse_duration(longest).total_seconds()
    return Forecast(f"{told}; analysis.maxDuration is {longest}" if short else told, short)


def _needs(model: Model, champion: str) -> Iterator[_Need]:
    """Of guards whose figure is a share, or lies within known bounds."""
    analysis = model.spec.rollout.analysis
    if analysis.min_samples:
        yield _Need("minSamples", analysis.min_samples)
    counts = counts_of(model.status.evaluation, champion)
    failed = counts.errors / counts.requests if counts is not None and counts.requests else _UNKNOWN_RATE
    share = min(model.spec.rollout.steps[-1].weight / 100, _LARGEST_SHARE) if model.spec.rollout.steps else 0.5
    for guard in analysis.guards:
        margin = float(guard.margin or "0")
        if not 0 < margin < 1 or not _is_of_shares(guard):
            continue
        rate = failed if guard.type == "ErrorRate" else _UNKNOWN_RATE
        needed = requests_needed(min(rate, _LARGEST_SHARE), margin, share_of(analysis), share, POWER)
        yield _Need(f"{guard.title} (margin {margin:g})", needed.candidate)


def _is_of_shares(guard: Guard) -> bool:
    """Whether its figure is a difference of shares; of others nothing is known before they are measured."""
    return guard.type == "ErrorRate" or (guard.type == "Performance" and guard.metric in ("accuracy", "error_rate"))


def _requests_a_second(evaluation: Mapping[str, Any] | None, champion: str) -> float | None:
    counts = counts_of(evaluation, champion)
    try:
        since, observed = (
            datetime.fromisoformat(str((evaluation or {})[name]).replace("Z", "+00:00"))
            for name in ("since", "observedAt")
        )
        seconds = (observed - since).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None
    return counts.requests / seconds if counts is not None and counts.requests and seconds > 0 else None


def _seconds(model: Model, requests: int, rate: float) -> float:
    """Until the candidate has had so many: stage by stage, the last one for as long as it takes."""
    steps, elapsed, left = model.spec.rollout.steps, 0.0, float(requests)
    for step in steps[:-1]:
        length, share = parse_duration(step.duration).total_seconds(), rate * step.weight / 100
        if left <= length * share:
            return elapsed + left / share
        elapsed, left = elapsed + length, left - length * share
    return elapsed + left / (rate * steps[-1].weight / 100)


def _span(seconds: float) -> str:
    if not math.isfinite(seconds) or seconds > timedelta(days=3650).total_seconds():
        return "more than ten years"
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
