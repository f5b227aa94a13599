"""Evidence of the guard on performance: predictions of both versions whose label has come since the rollout began."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from leeboard.api.guard import Guard
from leeboard.api.metrics import higher_is_better
from leeboard.evaluator.guards import blocks, losses
from leeboard.evaluator.guards.evidence import Estimate, Evidence, Losses, Metrics, Rates
from leeboard.evaluator.guards.logged import logged, segments_of
from leeboard.evaluator.guards.look import Look
from leeboard.evaluator.labels import NANOSECONDS, Joined, Rows, joined, nanoseconds
from leeboard.stats import performance
from leeboard.stats.intervals import z_value

_ALPHA = 0.05


class Labelled(NamedTuple):
    """Of candidate and champion."""

    candidate: Joined
    champion: Joined

    @property
    def counts(self) -> tuple[int, int]:
        """Labelled predictions of both."""
        return len(self.candidate.truth), len(self.champion.truth)


def labelled_predictions(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Of predictions that were made since the rollout began. With `by`, half of alpha is for the segments."""
    whole = alpha / 2 if guard.by else alpha
    of_candidate, of_champion = (_since(look, ledger) for ledger in look.ledgers)
    found = [_evidence(look, guard, whole, Labelled(of_candidate, of_champion))]
    return [*found, *(_segments(look, guard, alpha / 2) if guard.by else ())]


def _since(look: Look, ledger: list[Rows]) -> Joined:
    """What was predicted since, and has a label."""
    found = joined(ledger, look.feedback, look.since, look.now)
    kept = found.times >= nanoseconds(look.since)
    return Joined(found.truth[kept], found.scores[kept], found.delays[kept], found.times[kept])


def _evidence(look: Look, guard: Guard, alpha: float, labelled: Labelled, segment: str = "") -> Evidence:
    a, b = labelled.counts
    told, needed = f"{a} labels of the candidate's predictions, {b} of the champion's", guard.labels_needed
    lag = _lag(labelled)
    base = look.nothing(guard, alpha, "Labels", "").model_copy(update={"segment": segment, "samples": (a, b)})
    if min(a, b) < needed:
        delay = lag or f"they usually come within {look.model.spec.prediction.label_delay}"
        text = f"{told}; {needed} of each are needed; {delay}"
        return base.model_copy(update={"message": text})
    try:
        part = _part(look, str(guard.metric), labelled, needed)
    except performance.MetricUndefinedError as error:
        return base.model_copy(update={"message": f"{told}; {error}"[:512]})
    return base.model_copy(update={"parts": (part,), "lacks": "", "message": f"{told}; {lag}"})


def _part(look: Look, metric: str, labelled: Labelled, needed: int) -> Rates | Losses | Metrics:
    if metric in losses.SHARES or metric in losses.MOST:
        until = blocks.ends(look.since, look.now)
        a, b = (
            losses.Lost.of_rows(
                losses.of_labels(metric, one.truth, one.scores), blocks.blocks_of(_arrivals(one), until)
            )
            for one in labelled
        )
        as_rates = metric in losses.SHARES
        return losses.rates(a, b, len(until)) if as_rates else losses.losses(metric, a, b, len(until))
    number, moment = _looked_at(labelled, needed)
    candidate, champion = (_estimate(metric, one, moment) for one in labelled)
    return Metrics(higher_is_better=higher_is_better(metric), look=number, candidate=candidate, champion=champion)


def _looked_at(labelled: Labelled, needed: int) -> tuple[int, float]:
    """The number of the newest look, and when it was: as soon as both had so many labels, twice as many each time."""
    look = int(math.log2(min(labelled.counts) / needed))
    rows = needed * 2**look
    return look, max(float(np.sort(_arrivals(one))[rows - 1]) for one in labelled)


def _arrivals(rows: Joined) -> losses.Floats:
    """When labels came, in seconds since 1970."""
    arrived: losses.Floats = rows.times / NANOSECONDS + rows.delays
    return arrived


def _estimate(metric: str, rows: Joined, until: float) -> Estimate:
    seen = _arrivals(rows) <= until
    found = performance.measure(metric, rows.truth[seen], rows.scores[seen], alpha=_ALPHA)
    # an end at the border of what is possible is cut: the other one tells the standard error
    error = max(found.high - found.value, found.value - found.low) / z_value(_ALPHA)
    return Estimate(n=int(np.count_nonzero(seen)), value=found.value, error=error)


def _lag(labelled: Labelled) -> str:
    delays = np.concatenate([one.delays for one in labelled])
    if not len(delays):
        return ""
    half, most = np.quantile(np.maximum(delays, 0.0), [0.5, 0.95])
    return f"half of the labels came within {_span(half)}, 95 % within {_span(most)}"


def _span(seconds: float) -> str:
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def _segments(look: Look, guard: Guard, alpha: float) -> Iterator[Evidence]:
    feature, reference = str(guard.by), segments_of(look, guard, alpha)
    if isinstance(reference, Evidence):
        yield reference
        return
    a, b = (logged(look, one, reference) for one in look.sides)
    for place, text in enumerate(reference.texts):
        if place in a and place in b:
            labelled = Labelled(*(_since(look, [one[place]]) for one in (a, b)))
            yield _evidence(look, guard, alpha / len(reference.values), labelled, f"{feature}={text}")
