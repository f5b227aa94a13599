"""Bins few enough to count an input within every value of another one."""

import numpy as np

from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.grouping import grouped_bins, grouping

MOST_CATEGORIES = 20
LONGEST_CATEGORY = 128
MOST_BINS = 64
"""Twenty groups, nineteen numbers that stand alone with what lies beside each, and what lies beyond the reference."""


def coarse_bins(reference: Distribution) -> Bins:
    """Some 20 bins, never more than `MOST_BINS`.

    Of numbers these are the groups that distances compare, and what lies beyond the reference stays apart: every edge
    is an edge of the reference, so that its counts add up to those of the groups. Of categories they are the most
    frequent ones; the last bin is all others.
    """
    bins = reference.bins
    if bins.kind == "Categorical":
        order = np.lexsort((np.arange(len(bins.categories)), -reference.counts[:-1]))
        short = [bins.categories[place] for place in order if len(bins.categories[place]) <= LONGEST_CATEGORY]
        return Bins("Categorical", categories=tuple(sorted(short[:MOST_CATEGORIES])))
    starts = grouping(reference)
    if reference.has_ends:
        starts = np.union1d(starts, [1, bins.size - 1])
    return grouped_bins(bins, starts)
