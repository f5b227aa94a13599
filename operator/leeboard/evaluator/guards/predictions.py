"""Evidence of the guard on predictions: the scores of both versions, counted on the same bins."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from leeboard.api.guard import Guard
from leeboard.evaluator.guards import blocks
from leeboard.evaluator.guards.evidence import Evidence, Predictions
from leeboard.evaluator.guards.logged import logged, segments_of
from leeboard.evaluator.guards.look import Look
from leeboard.evaluator.labels import NANOSECONDS, Rows, nanoseconds
from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.grouping import grouped_bins, grouping
from leeboard.stats.segments import SegmentReference, distribution_in

GROUPS = 10
"""Of about as many predictions of the champion's reference each: a tenth that moves is seen, and more bins would need
more predictions for the same certainty."""


def predictions(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Of the predictions in the ledgers, which have the scores themselves: windows are counted on each version's own
    bins. Total variation on bins is at most that of the scores.

    With `by`, half of alpha is for the segments, shared out over the values that the champion's reference has.
    """
    whole = alpha / 2 if guard.by else alpha
    part = _compared(look, look.champion.profile.prediction.distribution, look.ledgers)
    samples = _samples(part)
    if not all(samples):
        text = f"{samples[0]} predictions of the candidate and {samples[1]} of the champion stand in ledgers"
        found = [look.nothing(guard, whole, "Requests", text)]
    else:
        found = [_evidence(guard, part, whole)]
    return [*found, *(_segments(look, guard, alpha / 2) if guard.by else ())]


def _segments(look: Look, guard: Guard, alpha: float) -> Iterator[Evidence]:
    feature, reference = str(guard.by), segments_of(look, guard, alpha)
    if isinstance(reference, Evidence):
        yield reference
        return
    a, b = (logged(look, one, reference) for one in look.sides)
    if not a or not b:
        text = f"no logged rows with {feature} of {look.candidate.name if not a else look.champion.name} yet"
        yield look.nothing(guard, alpha, "Requests", text).model_copy(update={"segment": feature})
    for place, text in enumerate(reference.texts):
        if place in a and place in b:
            part = _compared(look, _known(look, reference, place), ([a[place]], [b[place]]))
            if all(_samples(part)):
                yield _evidence(guard, part, alpha / len(reference.values), f"{feature}={text}")


def _known(look: Look, reference: SegmentReference, place: int) -> Distribution:
    """The champion's scores within a segment; of a version of an earlier release those of the whole."""
    scores = reference.of_scores
    if scores is None:
        return look.champion.profile.prediction.distribution
    return distribution_in(scores.counted, 0, place, scores.bins[0])


def _compared(look: Look, known: Distribution, sides: tuple[Iterable[Rows], Iterable[Rows]]) -> Predictions:
    """By stretches of time, in groups of about as many predictions of a reference each."""
    bins = grouped_bins(known.bins, grouping(known, GROUPS))
    until = blocks.ends(look.since, look.now)
    a, b = (_counted(rows, bins, nanoseconds(look.since), until) for rows in sides)
    return Predictions(edges=bins.edges, candidate=_rows(a), champion=_rows(b))


def _samples(part: Predictions) -> tuple[int, int]:
    """Predictions of candidate and champion."""
    return sum(map(sum, part.candidate)), sum(map(sum, part.champion))


def _evidence(guard: Guard, part: Predictions, alpha: float, segment: str = "") -> Evidence:
    unit, samples = "total variation", _samples(part)
    return Evidence(guard=guard.type, segment=segment, unit=unit, alpha=alpha, parts=(part,), samples=samples)


def _counted(ledger: Iterable[Rows], bins: Bins, first: int, until: NDArray[np.float64]) -> NDArray[np.int64]:
    """By stretch of time and bin."""
    total = np.zeros((len(until), bins.size), dtype=np.int64)
    for rows in ledger:
        known = rows.times >= first
        codes, places = bins.codes(rows.values[known]), blocks.blocks_of(rows.times[known] / NANOSECONDS, until)
        counted = (codes >= 0) & (places >= 0)
        np.add.at(total, (places[counted], codes[counted]), 1)
    return total


def _rows(counts: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in counts.tolist())
