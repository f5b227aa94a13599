"""Few large bins out of many small ones.

Small bins say exactly where numbers moved; distances that compare bin by bin want large ones, because every bin adds
its own sampling error. The groups follow from the reference alone, so that reference and window are grouped alike.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import Bins, Distribution

GROUPS = 20
Starts = NDArray[np.int64]
"""The first bin of every group, in order; the first of all is 0."""


def grouping(reference: Distribution, groups: int = GROUPS) -> Starts:
    """Groups of about as many values each; a bin that has more than a group's share stays alone.

    Categories, and numbers on as few bins, stay as they are.
    """
    counts = reference.counts
    if reference.bins.kind == "Categorical" or len(counts) <= groups or not reference.count:
        return np.arange(len(counts))
    before = np.concatenate([[0], np.cumsum(counts)[:-1]])
    wanted = np.arange(1, groups) * reference.count / groups
    after = np.clip(np.searchsorted(before, wanted), 1, len(before) - 1)
    nearest = np.where(wanted - before[after - 1] < before[after] - wanted, after - 1, after)
    alone = np.flatnonzero(counts * groups > reference.count)
    starts = np.unique(np.concatenate([[0], nearest, alone, alone + 1]))
    return starts[starts < len(counts)]


def grouped(counts: NDArray[Any], starts: Starts) -> NDArray[Any]:
    """The counts of the groups (last axis: bins)."""
    return np.add.reduceat(np.asarray(counts), starts, axis=-1)


def grouped_bins(bins: Bins, starts: Starts) -> Bins:
    """The groups as bins; of categories the bins themselves, which are never grouped."""
    if bins.kind == "Categorical":
        return bins
    return Bins("Numeric", edges=tuple(bins.edges[start - 1] for start in starts[1:]))
