"""Quantiles of a histogram, with intervals that may be looked at after every request."""

import math
from collections.abc import Sequence

from leeboard.stats.intervals import Interval
from leeboard.stats.sequential import rate_interval


def quantile_interval(edges: Sequence[float], counts: Sequence[int], quantile: float, alpha: float) -> Interval:
    """The quantile of what was counted; bin i lies between edge i - 1 and edge i, the first from 0, the last open.

    At every edge the share above it has a confidence sequence. The quantile lies above the edges where that share is
    surely larger than 1 - quantile, and not above those where it is surely smaller; as the shares fall from edge to
    edge, both ends rest on one edge each (Howard and Ramdas 2022, "Sequential estimation of quantiles"). The upper end
    is infinite while there are too few counts. The value is interpolated in its bin, and lies inside the interval.
    Raises ValueError where nothing was counted or the lengths do not fit.
    """
    if len(counts) != len(edges) + 1 or not 0 < quantile < 1:
        raise ValueError(f"{len(counts)} counts for {len(edges)} edges, quantile {quantile}")
    trials = sum(counts)
    if not trials:
        raise ValueError("nothing was counted")
    allowed, above = 1 - quantile, trials
    low, high = 0.0, math.inf
    for edge, count in zip(edges, counts, strict=False):
        above -= count
        least, most = rate_interval(above, trials, alpha)
        if least > allowed:
            low = edge
        elif most < allowed and high == math.inf:
            high = edge
    value = _interpolated(edges, counts, quantile * trials)
    return Interval(min(max(value, low), high), low, high)


def _interpolated(edges: Sequence[float], counts: Sequence[int], rank: float) -> float:
    below = 0
    for position, count in enumerate(counts):
        if count and below + count >= rank:
            lower = edges[position - 1] if position else 0.0
            upper = edges[position] if position < len(edges) else lower
            return lower + (upper - lower) * (rank - below) / count
        below += count
    return edges[-1] if edges else 0.0
