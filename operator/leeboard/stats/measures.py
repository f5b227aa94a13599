"""A distance of one column, by name, with what is needed to measure it again and again on the bins of its reference."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leeboard.stats import ordered
from leeboard.stats.distances import ON_COUNTS, Name, distance
from leeboard.stats.distributions import Distribution
from leeboard.stats.grouping import grouped, grouping

Counts = NDArray[np.int64]
Gap = Callable[[Counts, Counts], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Measure:
    """`cells` makes of counts on the bins of the reference (last axis) those that `of` compares, of many pairs at once.

    `gap` is by how much the exact figure of one pair can be less than what `of` says, and by how much more.
    """

    name: Name
    cells: Callable[[Counts], Counts]
    of: Callable[[Counts, Counts], NDArray[np.float64]]
    gap: Gap = lambda _, __: (0.0, 0.0)

    def __call__(self, a: Counts, b: Counts) -> NDArray[np.float64]:
        """The distance of counts on the bins of the reference."""
        return self.of(self.cells(a), self.cells(b))


def measure(name: Name, reference: Distribution, unit: float | None = None) -> Measure | None:
    """The distance of that name from a reference; None where it is of numbers and these are categories or a constant.

    The Wasserstein distance is in `unit`, by default `ordered.spread` of the reference, between its outermost
    quantiles.
    """
    if name in ON_COUNTS:
        starts = grouping(reference)
        return Measure(name, lambda counts: grouped(counts, starts), lambda a, b: distance(name, a, b))
    edges = reference.bins.edges
    if reference.bins.kind == "Categorical" or not edges:
        return None
    if name == "KolmogorovSmirnov":
        return Measure(name, _same, ordered.kolmogorov_smirnov_at_edges, _gap_of_kolmogorov_smirnov(edges))
    inner = edges[1:-1] if reference.has_ends else edges
    unit = ordered.spread(reference) if unit is None else unit
    if unit <= 0 or len(inner) < 2:
        return None
    return Measure(
        name,
        _without_ends if reference.has_ends else _same,
        lambda a, b: ordered.wasserstein_between_edges(inner, a, b) / unit,
        _gap_of_wasserstein(inner, unit),
    )


def _without_ends(counts: Counts) -> Counts:
    """What lies beyond the reference counts to the outermost bins of it, so that it is only as far away as they are."""
    kept = counts[..., 1:-1].copy()
    kept[..., 0] += counts[..., 0]
    kept[..., -1] += counts[..., -1]
    return kept


def _same(counts: Counts) -> Counts:
    return counts


def _gap_of_kolmogorov_smirnov(edges: tuple[float, ...]) -> Gap:
    def gap(a: Counts, b: Counts) -> tuple[float, float]:
        bounds = ordered.kolmogorov_smirnov(edges, a, b)
        return 0.0, bounds.high - bounds.low

    return gap


def _gap_of_wasserstein(edges: tuple[float, ...], unit: float) -> Gap:
    def gap(a: Counts, b: Counts) -> tuple[float, float]:
        bounds = ordered.wasserstein(edges, a, b, edges[0], edges[-1])
        value = float(ordered.wasserstein_between_edges(edges, a, b))
        return max(0.0, value - bounds.low) / unit, max(0.0, bounds.high - value) / unit

    return gap
