"""When a share of rows changed: the cut between slices of time that explains best what was counted in them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

Counts = NDArray[np.int64]
LEAST_ROWS = 50
"""On each side of a cut."""
LEAST_EVIDENCE = 30.0
"""Of twice the logarithm of the likelihood ratio. A single cut that is known beforehand has 3.8 at 5 %; a search over
hundreds of slices, and slices that are more alike than chance would have them, ask for far more."""


class Onset(NamedTuple):
    """`slice` is the first slice after the change; the shares before it and from it on."""

    slice: int
    before: float
    after: float


def onset(hits: Counts, rows: Counts) -> Onset | None:
    """The most likely single change of a share, of `hits` among `rows` by slice in the order of time; None where the
    slices do not tell of one.

    The likelihood ratio of two binomial shares against one (Hinkley and Hinkley 1970, "Inference about the change-point
    in a sequence of binomial variables"). Raises ValueError for hits that are no part of the rows.
    """
    if hits.shape != rows.shape or hits.ndim != 1 or bool(((hits < 0) | (hits > rows)).any()):
        raise ValueError("hits that are no part of the rows")
    if len(rows) < 2:
        return None
    hits_before, rows_before = np.cumsum(hits)[:-1], np.cumsum(rows)[:-1]
    hits_after, rows_after = hits.sum() - hits_before, rows.sum() - rows_before
    evidence = 2 * (
        _likelihood(hits_before, rows_before)
        + _likelihood(hits_after, rows_after)
        - _likelihood(hits.sum(), rows.sum())
    )
    evidence = np.where((rows_before >= LEAST_ROWS) & (rows_after >= LEAST_ROWS), evidence, -np.inf)
    cut = int(np.argmax(evidence))
    if evidence[cut] < LEAST_EVIDENCE:
        return None
    return Onset(cut + 1, float(hits_before[cut] / rows_before[cut]), float(hits_after[cut] / rows_after[cut]))


def _likelihood(hits: NDArray[np.int64] | np.int64, rows: NDArray[np.int64] | np.int64) -> NDArray[np.float64]:
    """The logarithm of the binomial likelihood at its maximum, without what does not depend on the share."""
    found: NDArray[np.float64] = np.asarray(
        xlogy(hits, hits / np.maximum(rows, 1)) + xlogy(rows - hits, 1 - hits / np.maximum(rows, 1))
    )
    return found
