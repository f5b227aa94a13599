"""Distances of numbers that are known by their bins alone, as intervals that hold whatever the numbers in a bin are.

Counts on fixed edges are exact at the edges; between them a distribution function may rise anywhere. So the largest
difference of two of them, and the area between them, have a least and a largest value. Both are the same where every
bin holds one number.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import Distribution

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bounds:
    """The least and the largest value that a distance can have."""

    low: float
    high: float


def kolmogorov_smirnov(edges: Sequence[float], a: NDArray[Any], b: NDArray[Any]) -> Bounds:
    """The Kolmogorov-Smirnov statistic of two samples, from counts on `edges` (one bin more than edges).

    The difference at an edge is known. Within a bin one distribution function may have risen wholly before the other
    rises at all: max(F(upper) - G(lower), G(upper) - F(lower)). A bin of a single number has no within.
    Raises ValueError where one side has no counts or the lengths do not fit.
    """
    p, q = _cumulative(edges, a), _cumulative(edges, b)
    at_edges = float(np.abs(p - q).max())
    within = np.maximum(p[1:] - q[:-1], q[1:] - p[:-1])[~_single(edges)]
    return Bounds(at_edges, max(at_edges, float(within.max(initial=0.0))))


def wasserstein(edges: Sequence[float], a: NDArray[Any], b: NDArray[Any], least: float, largest: float) -> Bounds:
    """The earth mover's distance of two samples that lie from `least` to `largest`, in the unit of the numbers.

    It is the area between both distribution functions (Vallender 1974). In a bin their difference is nowhere less than
    their levels are apart, and nowhere more than when one has risen wholly and the other not at all. Raises ValueError
    where one side has no counts, the lengths do not fit, or the range is none.
    """
    if not -math.inf < least <= largest < math.inf:
        raise ValueError(f"a range from {least} to {largest}")
    p, q = _cumulative(edges, a), _cumulative(edges, b)
    ends = np.concatenate([[least], np.clip(np.asarray(edges, dtype=np.float64), least, largest), [largest]])
    widths = np.diff(ends)
    apart = np.maximum(np.maximum(p[:-1] - q[1:], q[:-1] - p[1:]), 0.0)
    most = np.maximum(p[1:] - q[:-1], q[1:] - p[:-1])
    return Bounds(float((apart * widths).sum()), float((np.maximum(most, 0.0) * widths).sum()))


def kolmogorov_smirnov_at_edges(a: NDArray[Any], b: NDArray[Any]) -> Floats:
    """The lower of the two bounds, of many pairs at once (last axis: bins). NaN where one side has no counts."""
    result: Floats = np.abs(_levels(a) - _levels(b)).max(axis=-1)
    return result


def wasserstein_between_edges(edges: Sequence[float], a: NDArray[Any], b: NDArray[Any]) -> Floats:
    """The earth mover's distance from the first edge to the last, as if numbers lay evenly within a bin; of many pairs
    at once (last axis: bins). What lies further out counts as lying at that edge, so that one number far away changes
    it no more than any other. NaN where one side has no counts.
    """
    # a value at an edge lies in the bin above it
    apart = np.abs(_levels(a) - _levels(b))[..., :-1]
    if apart.shape[-1] < 2:
        return np.where(np.isnan(apart).any(axis=-1), np.nan, 0.0)
    area: Floats = (np.diff(edges) * (apart[..., 1:] + apart[..., :-1]) / 2).sum(axis=-1)
    return area


def spread(reference: Distribution) -> float:
    """Half of what lies between the 16th and the 84th percentile: the standard deviation of normal numbers, and nearly
    the same with one number far away among them. The standard deviation where more than that is one number; 0 for a
    constant and for categories.
    """
    if reference.bins.kind == "Categorical" or not reference.bins.edges or not reference.count:
        return 0.0
    levels, edges = _levels(reference.counts)[:-1], np.asarray(reference.bins.edges)
    low, high = (edges[min(int(np.searchsorted(levels, share)), len(edges) - 1)] for share in (0.16, 0.84))
    return float(high - low) / 2 if high > low else reference.std or 0.0


def mean_shift(reference: Distribution, window: Distribution) -> float:
    """How far the mean moved, in standard deviations of the reference; exact, because sums are.

    Never more than the earth mover's distance in that unit. NaN for categories and without finite numbers, infinite
    where a constant moved.
    """
    before, after, deviation = reference.mean, window.mean, reference.std
    if before is None or after is None or deviation is None:
        return math.nan
    if deviation == 0:
        return math.copysign(math.inf, after - before) if after != before else 0.0
    return (after - before) / deviation


def _levels(counts: NDArray[Any]) -> Floats:
    """The share up to the end of each bin (last axis)."""
    values = np.asarray(counts, dtype=np.float64)
    total = values.sum(axis=-1, keepdims=True)
    levels: Floats = np.divide(np.cumsum(values, axis=-1), total, out=np.full_like(values, np.nan), where=total > 0)
    return levels


def _cumulative(edges: Sequence[float], counts: NDArray[Any]) -> Floats:
    """The share below the lowest bin, which is 0, and up to the end of each."""
    values = np.asarray(counts, dtype=np.float64)
    if values.shape != (len(edges) + 1,):
        raise ValueError(f"{values.size} counts for {len(edges)} edges")
    total = values.sum()
    if not total > 0:
        raise ValueError("nothing was counted")
    return np.concatenate([[0.0], np.cumsum(values) / total])


def _single(edges: Sequence[float]) -> NDArray[np.bool_]:
    """Which bins hold one number: a bin ends before its upper edge."""
    ends = np.concatenate([[-np.inf], np.asarray(edges, dtype=np.float64), [np.inf]])
    single: NDArray[np.bool_] = np.nextafter(ends[:-1], np.inf) >= ends[1:]
    return single
