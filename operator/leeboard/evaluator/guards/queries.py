"""Evidence of the guards on figures of Prometheus: candidate and champion, in the same stretches of time."""

import math
from collections.abc import Iterable
from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.guard import INTERVAL, QUERIES, Guard
from leeboard.api.model import Model
from leeboard.evaluator.guards.evidence import Evidence, Series, Sums
from leeboard.evaluator.kpis import KpiError, Kpis
from leeboard.stats.asymptotic_means import LEAST

MOST_STRETCHES = 5000
"""Later ones are not looked at: the interval stays as it is, which is valid too."""


async def asked(
    kpis: Kpis, model: Model, pair: tuple[str, str], span: tuple[datetime, datetime], alpha: float
) -> list[Evidence]:
    """Of every guard that asks Prometheus, over a span of time; `pair` are candidate and champion. Each has `alpha`."""
    guards = [one for one in model.spec.rollout.analysis.guards if one.type in QUERIES]
    return [await _evidence(kpis, model, guard, pair, span, alpha=alpha) for guard in guards]


async def _evidence(
    kpis: Kpis, model: Model, guard: Guard, pair: tuple[str, str], span: tuple[datetime, datetime], *, alpha: float
) -> Evidence:
    since, now = span
    base = Evidence(guard=guard.type, subject=guard.subject, alpha=alpha, lacks="Figures")
    step = parse_duration(guard.interval or INTERVAL)
    ends = min(now, since + MOST_STRETCHES * step)
    if since + step > ends:
        text = f"the first stretch of {guard.interval or INTERVAL} is not over yet"
        return base.model_copy(update={"message": text, "lacks": "Requests"})
    try:
        query = _query(model, guard)
        candidate, champion = [
            await kpis.series(query, model, one, (since + step, ends), step) if one else {}
            for one in (pair[0], pair[1] if guard.margin is not None else "")
        ]
    except KpiError as error:
        return base.model_copy(update={"message": str(error)[:512]})
    worse = _worse(guard, candidate, champion)
    samples = (len(worse), len(worse) if guard.margin is not None else 0)
    if len(worse) < LEAST:
        text = f"{len(worse)} of {LEAST} stretches of {guard.interval or INTERVAL} have a figure"
        return base.model_copy(update={"message": text, "lacks": "Requests", "samples": samples})
    sums = Sums(n=len(worse), sum=math.fsum(worse), squares=math.fsum(one * one for one in worse))
    return base.model_copy(update={"parts": (Series(worse=sums),), "lacks": "", "samples": samples})


def _query(model: Model, guard: Guard) -> str:
    if guard.query is not None:
        return guard.query
    found = next((one.source.query for one in model.spec.kpis if one.name == guard.name), None)
    if found is None:
        raise KpiError(f"spec.kpis of the Model has no {guard.name}")
    return found


def _worse(guard: Guard, candidate: dict[float, float], champion: dict[float, float]) -> list[float]:
    """By how much the candidate was worse in each stretch that has a figure of both, or of the one that is asked."""
    if guard.margin is not None:
        sign = 1 if guard.better == "Lower" else -1
        return [sign * (value - champion[at]) for at, value in candidate.items() if at in champion]
    return [max(_beyond(guard, value)) for value in candidate.values()]


def _beyond(guard: Guard, value: float) -> Iterable[float]:
    if guard.max is not None:
        yield value - float(guard.max)
    if guard.min is not None:
        yield float(guard.min) - value
