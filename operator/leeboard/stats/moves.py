"""Where the rows went: the range of numbers that gained most between a reference and a window, in words."""

import math

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import Distribution
from leeboard.stats.shifts import written

LEAST_GAIN = 0.05
"""A range that gained less, as a share of all rows, is not worth a word."""


def describe_move(reference: Distribution, window: Distribution) -> str:
    """Such as "20 to 31: 4 % → 19 %" or "beyond the reference (above 31): 0 % → 6 %"; empty where nothing gained much.

    It is the range of neighbouring bins whose share grew most (Kadane's largest sum), from the first that has rows.
    """
    if reference.bins.kind == "Categorical" or not reference.count or not window.count:
        return ""
    before, after = reference.shares(), window.shares()
    first, last, gain = _largest_sum(after - before)
    if gain < LEAST_GAIN:
        return ""
    filled = np.flatnonzero(window.counts[first : last + 1] + reference.counts[first : last + 1])
    first, last = first + int(filled[0]), first + int(filled[-1])
    share = f"{_percent(before[first : last + 1].sum())} → {_percent(after[first : last + 1].sum())}"
    return f"{_range(reference, first, last)}: {share}"


def _largest_sum(values: NDArray[np.float64]) -> tuple[int, int, float]:
    """First and last place of the run of neighbours with the largest sum, and that sum."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    lowest = np.minimum.accumulate(totals)
    last = int(np.argmax(totals[1:] - lowest[:-1]))
    # of several that are as low the nearest: bins that did not change are no part of a move
    first = last - int(np.argmin(totals[: last + 1][::-1]))
    return first, last, float(totals[last + 1] - totals[first])


def _range(reference: Distribution, first: int, last: int) -> str:
    edges = (-math.inf, *reference.bins.edges, math.inf)
    low, high = edges[first], edges[last + 1]
    if reference.has_ends and last == 0:
        return f"beyond the reference (below {written(high)})"
    if reference.has_ends and first == len(reference.counts) - 1:
        return f"beyond the reference (above {written(low)})"
    if high == math.nextafter(low, math.inf):
        return f"{written(low)}"
    if low == -math.inf:
        return f"below {written(high)}"
    return f"{written(low)} and more" if high == math.inf else f"{written(low)} to {written(high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
