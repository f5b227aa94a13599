"""Distances between two distributions on the same bins, vectorised over leading axes.

`JensenShannon` is the square root of the Jensen-Shannon divergence in bits: a metric, 0 for equal distributions and 1
for disjoint ones (Endres and Schindelin 2003; scipy's `jensenshannon(base=2)`, and what NannyML calls jensen_shannon).
`PSI` is the population stability index, the symmetric Kullback-Leibler divergence in nats. Those that depend on the
order of bins are in `leeboard.stats.ordered`, and what other tools make of the same names in `leeboard.stats.dialects`.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

Name = Literal["JensenShannon", "PSI", "Hellinger", "TotalVariation", "LInfinity", "KolmogorovSmirnov", "Wasserstein"]
OnCounts = Literal["JensenShannon", "PSI", "Hellinger", "TotalVariation", "LInfinity"]
"""Those that counts alone determine, in whichever order the bins stand."""
Array = NDArray[Any]

PSEUDO_COUNT = 0.5
"""Added to every bin for PSI, so that an empty one does not make it infinite (Jeffreys' prior)."""


def jensen_shannon(a: Array, b: Array, *, base: float = 2.0, root: bool = True) -> NDArray[np.float64]:
    """Jensen-Shannon distance of counts (last axis: bins); with `root=False` the divergence.

    Base 2 gives bits, e gives nats. Where one side has no counts at all the answer is NaN.
    """
    p, q = _shares(a), _shares(b)
    middle = (p + q) / 2
    divergence = (_entropy_terms(p, middle).sum(axis=-1) + _entropy_terms(q, middle).sum(axis=-1)) / 2 / np.log(base)
    result: NDArray[np.float64] = np.maximum(divergence, 0.0)
    return np.sqrt(result) if root else result


def population_stability_index(a: Array, b: Array, *, pseudo_count: float = PSEUDO_COUNT) -> NDArray[np.float64]:
    """PSI of counts (last axis: bins), in nats. Where one side has no counts at all the answer is NaN."""
    p, q = _shares(a, pseudo_count), _shares(b, pseudo_count)
    result: NDArray[np.float64] = ((p - q) * np.log(p / q)).sum(axis=-1)
    return result


def total_variation(a: Array, b: Array) -> NDArray[np.float64]:
    """Half the sum of the differences of shares: how much of one has to move to make it the other."""
    result: NDArray[np.float64] = np.abs(_shares(a) - _shares(b)).sum(axis=-1) / 2
    return result


def l_infinity(a: Array, b: Array) -> NDArray[np.float64]:
    """The largest difference of the shares of a bin."""
    result: NDArray[np.float64] = np.abs(_shares(a) - _shares(b)).max(axis=-1)
    return result


def hellinger(a: Array, b: Array) -> NDArray[np.float64]:
    """Hellinger distance, 0 for equal distributions and 1 for disjoint ones."""
    # as differences of roots, not as 1 minus an overlap: of almost equal distributions the digits would be lost
    roots = np.square(np.sqrt(_shares(a)) - np.sqrt(_shares(b))).sum(axis=-1)
    result: NDArray[np.float64] = np.sqrt(roots / 2)
    return result


def chi_square(a: Array, b: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pearson's statistic of the table of both counts, and its p-value: whether both are samples of one distribution.

    Bins that are empty on both sides count for nothing. NaN where one side has no counts, or all lie in one bin.
    """
    table = np.stack(np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)), axis=-2)
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    expected = rows * columns / np.maximum(rows.sum(axis=-2, keepdims=True), 1)
    terms = np.divide(np.square(table - expected), expected, out=np.zeros_like(table), where=expected > 0)
    freedom = (columns[..., 0, :] > 0).sum(axis=-1) - 1
    known = (rows[..., 0] > 0).all(axis=-1) & (freedom > 0)
    statistic: NDArray[np.float64] = np.where(known, terms.sum(axis=(-1, -2)), np.nan)
    return statistic, chdtrc(np.maximum(freedom, 1), statistic)


def distance(name: OnCounts, a: Array, b: Array) -> NDArray[np.float64]:
    """The distance of that name."""
    return _DISTANCES[name](a, b)


def divergence_of(name: Name, value: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """On the scale on which independent disturbances add up: PSI as it is, of the others the square."""
    values = np.asarray(value, dtype=np.float64)
    return values if name == "PSI" else np.square(values)


def from_divergence(name: Name, value: float) -> float:
    """Back from that scale, no less than 0 and no more than the distance can be."""
    bounded = max(value, 0.0)
    if name == "PSI":
        return bounded
    return math.sqrt(bounded) if name == "Wasserstein" else math.sqrt(min(1.0, bounded))


def _shares(counts: Array, pseudo_count: float = 0.0) -> NDArray[np.float64]:
    values = np.asarray(counts, dtype=np.float64)
    total = values.sum(axis=-1, keepdims=True)
    values = values + pseudo_count
    shares: NDArray[np.float64] = np.divide(
        values, values.sum(axis=-1, keepdims=True), out=np.full_like(values, np.nan), where=total > 0
    )
    return shares


def _entropy_terms(p: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """p log(p / m), 0 where p is 0."""
    p, middle = np.broadcast_arrays(p, middle)
    ratio = np.divide(p, middle, out=np.ones_like(p), where=middle > 0)
    return np.where(p > 0, p * np.log(np.where(ratio > 0, ratio, 1.0)), p * 0.0)


_DISTANCES: dict[OnCounts, Callable[[Array, Array], NDArray[np.float64]]] = {
    "JensenShannon": jensen_shannon,
    "PSI": population_stability_index,
    "Hellinger": hellinger,
    "TotalVariation": total_variation,
    "LInfinity": l_infinity,
}
ON_COUNTS: tuple[OnCounts, ...] = tuple(_DISTANCES)
NAMES: tuple[Name, ...] = (*ON_COUNTS, "KolmogorovSmirnov", "Wasserstein")
UNBOUNDED: frozenset[Name] = frozenset({"PSI", "Wasserstein"})
"""All others are 1 at most."""
