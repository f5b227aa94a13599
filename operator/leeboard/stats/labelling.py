"""Which rows are worth a label: those that the model is least sure of, and those that drift brought."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import INFINITE, MISSING, Distribution
from leeboard.stats.grouping import Starts, grouped, grouping
from leeboard.stats.sampling import Hashes, uniform

Floats = NDArray[np.float64]
STANDARD_ERRORS = 2.0
"""By how many a share has to have grown to count: with fewer, every bin would be one that gained."""


class Chosen(NamedTuple):
    """Positions of rows, in their order, and which of them were chosen because the model is unsure of them."""

    positions: NDArray[np.int64]
    is_uncertain: NDArray[np.bool_]


def choose(scores: Floats, gains: Floats, hashes: Hashes, most: int, *, boundary: float | None) -> Chosen:
    """At most `most` rows, each once.

    One half are those whose score lies nearest to `boundary`; without one there is no such half. The others are drawn
    with chances that are proportional to `gains`, 0 for rows that nothing brought: the hashes of their ids become
    waiting times with those rates, and the shortest win (Efraimidis and Spirakis). What one half lacks, the other has.
    """
    near = _nearest(scores, boundary) if boundary is not None else np.empty(0, dtype=np.int64)
    uncertain = near[: most // 2]
    brought = np.setdiff1d(np.flatnonzero(gains > 0), uncertain, assume_unique=True)
    waits = -np.log(uniform(hashes[brought])) / gains[brought]
    drawn = brought[np.argsort(waits, kind="stable")][: most - len(uncertain)]
    uncertain = near[np.isin(near, drawn, invert=True)][: most - len(drawn)]
    positions = np.concatenate([uncertain, drawn])
    order = np.argsort(positions)
    return Chosen(positions[order], (np.arange(len(positions)) < len(uncertain))[order])


def gained(reference: Distribution, window: Distribution, codes: NDArray[np.int64]) -> Floats:
    """By how much the share of each row's bin grew from the reference to the window, 0 where not for certain.

    `codes` are the rows' bins. Bins are taken together as distances take them; what lies beyond the reference, what is
    missing and what is infinite stand alone.
    """
    starts = _starts(reference)
    before, after = (
        np.array([*grouped(one.counts, starts), one.missing, one.infinite], dtype=np.float64)
        for one in (reference, window)
    )
    growth = _certain_growth(before, after)
    groups = np.searchsorted(starts, codes, side="right") - 1
    places = np.select([codes == MISSING, codes == INFINITE], [len(starts), len(starts) + 1], groups)
    gains: Floats = growth[places]
    return gains


def _starts(reference: Distribution) -> Starts:
    starts = grouping(reference)
    if not reference.has_ends:
        return starts
    return np.union1d(starts, [1, len(reference.counts) - 1])


def _certain_growth(before: Floats, after: Floats) -> Floats:
    rows_before, rows_after = before.sum(), after.sum()
    if not rows_before or not rows_after:
        return np.zeros(len(before))
    p, q = before / rows_before, after / rows_after
    error = np.sqrt(p * (1 - p) / rows_before + q * (1 - q) / rows_after)
    growth: Floats = np.where(q - p > STANDARD_ERRORS * error, q - p, 0.0)
    return growth


def _nearest(scores: Floats, boundary: float) -> NDArray[np.int64]:
    """Rows that have a score, the nearest first."""
    distances = np.abs(scores - boundary)
    order = np.argsort(distances, kind="stable")
    return order[np.isfinite(distances[order])]
