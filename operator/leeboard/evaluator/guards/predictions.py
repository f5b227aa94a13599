"""Evidence of the guard on predictions: the scores of both versions, counted on the same bins."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from leeboard.api.guard import Guard
from leeboard.evaluator.guards import blocks
from leeboard.evaluator.guards.evidence import Evidence, Predictions
from leeboard.evaluator.guards.look import Look
from leeboard.evaluator.labels import NANOSECONDS, Rows, nanoseconds
from leeboard.stats.distributions import Bins
from leeboard.stats.grouping import grouped_bins, grouping

GROUPS = 10
"""Of about as many predictions of the champion's reference each: a tenth that moves is seen, and more bins would need
more predictions for the same certainty."""


def predictions(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Of the predictions in the ledgers, which have the scores themselves: windows are counted on each version's own
    bins. Total variation on bins is at most that of the scores."""
    reference = look.champion.profile.prediction.distribution
    bins = grouped_bins(reference.bins, grouping(reference, GROUPS))
    until = blocks.ends(look.since, look.now)
    a, b = (_counted(rows, bins, nanoseconds(look.since), until) for rows in look.ledgers)
    samples = (int(a.sum()), int(b.sum()))
    if not all(samples):
        text = f"{samples[0]} predictions of the candidate and {samples[1]} of the champion stand in ledgers"
        return [look.nothing(guard, alpha, "Requests", text)]
    part = Predictions(edges=bins.edges, candidate=_rows(a), champion=_rows(b))
    return [Evidence(guard=guard.type, unit="total variation", alpha=alpha, parts=(part,), samples=samples)]


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
