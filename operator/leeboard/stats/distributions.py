"""Distributions as integer counts on bins fixed by a reference: exact, and merged by addition.

The kind of a column is always given by the caller, never guessed from how its values happen to be stored.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from leeboard.stats import extents
from leeboard.stats.extents import Extent
from leeboard.stats.hyper_log_log import HyperLogLog

Kind = Literal["Numeric", "Categorical"]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

MISSING, INFINITE = -1, -2
"""What stands in place of a bin for a value that has none."""

DEFAULT_BINS = 120
"""Of numbers. `leeboard.stats.grouping` makes tenths and twentieths of them without a rest, and with bins for numbers
that stand alone there are never more than 256."""
MAXIMUM_CATEGORIES = 500


@dataclass(frozen=True)
class Bins:
    """The bins of one column.

    Numeric: bin of x is `searchsorted(edges, x, side="right")`, one bin more than edges. Categorical: the position of
    the category, and one last bin for whatever is none of them.
    """

    kind: Kind
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of bins."""
        return len(self.edges if self.kind == "Numeric" else self.categories) + 1

    def codes(self, values: Sequence[Any] | NDArray[Any]) -> NDArray[np.int64]:
        """The bin of every value, MISSING or INFINITE where it has none.

        Numeric values are anything numpy converts to float64, NaN is missing; categorical ones are strings or None.
        """
        if self.kind == "Categorical":
            index = {category: position for position, category in enumerate(self.categories)}
            unseen = len(self.categories)
            found = (MISSING if value is None else index.get(value, unseen) for value in values)
            return np.fromiter(found, dtype=np.int64, count=len(values))
        numbers = np.asarray(values, dtype=np.float64)
        codes = np.searchsorted(np.asarray(self.edges), numbers, side="right").astype(np.int64)
        codes[np.isnan(numbers)] = MISSING
        codes[np.isinf(numbers)] = INFINITE
        return codes


@dataclass(frozen=True, eq=False)
class Distribution:
    """What was counted of one column. `total` and `total_of_squares` are sums over the finite numbers; `extent` is None
    where it is not known."""

    name: str
    bins: Bins
    counts: Counts
    missing: int = 0
    infinite: int = 0
    total: float = 0.0
    total_of_squares: float = 0.0
    extent: Extent | None = None

    @property
    def count(self) -> int:
        """Values that lie in a bin."""
        return int(self.counts.sum())

    @property
    def rows(self) -> int:
        """All values, missing and infinite ones too."""
        return self.count + self.missing + self.infinite

    @property
    def mean(self) -> float | None:
        """Mean of the finite numbers; None for categories and where there are none."""
        return self.total / self.count if self.bins.kind == "Numeric" and self.count else None

    @property
    def std(self) -> float | None:
        """Standard deviation of the finite numbers, with n in the denominator."""
        if self.mean is None:
            return None
        return math.sqrt(max(0.0, self.total_of_squares / self.count - self.mean**2))

    @property
    def missing_percent(self) -> float:
        """Missing values, in percent of all."""
        return 100.0 * self.missing / self.rows if self.rows else 0.0

    @property
    def has_ends(self) -> bool:
        """Whether the first and the last bin are what lies beyond a reference, as this one is: empty in it."""
        return self.bins.kind == "Numeric" and len(self.bins.edges) > 1 and not (self.counts[0] or self.counts[-1])

    def shares(self) -> Floats:
        """The share of each bin; zeros where nothing was counted."""
        return self.counts / max(self.count, 1)

    def merge(self, other: "Distribution") -> "Distribution":
        """Both together. Raises ValueError for different bins."""
        if other.bins != self.bins:
            raise ValueError(f"{self.name}: distributions on different bins")
        return replace(
            self,
            counts=self.counts + other.counts,
            missing=self.missing + other.missing,
            infinite=self.infinite + other.infinite,
            total=self.total + other.total,
            total_of_squares=self.total_of_squares + other.total_of_squares,
            extent=extents.merged(self.extent, other.extent),
        )


def numeric_bins(
    values: Sequence[float] | NDArray[Any], bins: int = DEFAULT_BINS, also: tuple[float, ...] = ()
) -> Bins:
    """Edges at the quantiles of the reference.

    A number that holds more than one bin's share by itself, such as the zero of a rainfall, gets a bin of its own, so
    that what leaves it is seen; in a column of few distinct numbers each of them does. The first and the last bin are
    what lies beyond the reference, and empty in it. `also` are more edges.
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return Bins("Numeric")
    distinct, counts = np.unique(numbers, return_counts=True)
    if len(distinct) <= bins:
        quantiles, atoms = np.empty(0), distinct
    else:
        quantiles = np.quantile(numbers, np.arange(1, bins) / bins, method="inverted_cdf")
        atoms = distinct[counts * bins > len(numbers)]
    ends = np.array([distinct[0], np.nextafter(distinct[-1], np.inf), *also])
    edges = np.unique(np.concatenate([quantiles, atoms, np.nextafter(atoms, np.inf), ends]))
    return Bins("Numeric", edges=tuple(edges.tolist()))


def categorical_bins(values: Sequence[str | None], limit: int = MAXIMUM_CATEGORIES) -> Bins:
    """The most frequent categories of the reference, in alphabetical order; at most `limit`."""
    counter = Counter(value for value in values if value is not None)
    frequent = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return Bins("Categorical", categories=tuple(sorted(category for category, _ in frequent)))


def count_values(name: str, bins: Bins, values: Sequence[Any] | NDArray[Any]) -> Distribution:
    """Count a column's values on given bins."""
    if bins.kind == "Numeric":
        return _count_numbers(name, bins, np.asarray(values, dtype=np.float64))
    codes = bins.codes(values)
    missing = int(np.count_nonzero(codes == MISSING))
    distinct = HyperLogLog.of_texts(value for value in values if value is not None)
    return Distribution(name, bins, count_codes(codes, bins.size), missing, extent=Extent(distinct))


def _count_numbers(name: str, bins: Bins, numbers: Floats) -> Distribution:
    """Numbers are sorted and the edges looked up in them: several times as fast as to look up each number."""
    is_finite = np.isfinite(numbers)
    finite = numbers if is_finite.all() else numbers[is_finite]
    missing = int(np.count_nonzero(np.isnan(numbers))) if len(finite) < len(numbers) else 0
    rising = np.sort(finite)
    below = np.searchsorted(rising, np.asarray(bins.edges, dtype=np.float64))
    return Distribution(
        name=name,
        bins=bins,
        counts=np.diff(below, prepend=0, append=len(finite)).astype(np.int64),
        missing=missing,
        infinite=len(numbers) - len(finite) - missing,
        total=float(finite.sum()),
        total_of_squares=float(np.square(finite).sum()),
        extent=Extent.of_sorted(rising),
    )


def count_codes(codes: NDArray[np.int64], size: int) -> Counts:
    """How often each bin occurs; values without a bin are left out."""
    return np.bincount(codes[codes >= 0], minlength=size).astype(np.int64)


def unlike(reference: Distribution, window: Distribution) -> tuple[int, int] | None:
    """How many values of a window the reference has not, and how many there are that are not missing.

    These are numbers beyond it, infinite ones too, or other categories. None where its bins do not tell.
    """
    if reference.bins.kind == "Categorical":
        return int(window.counts[-1]), window.count
    if not reference.has_ends:
        return None
    return int(window.counts[0] + window.counts[-1]) + window.infinite, window.count + window.infinite


def from_profile(raw: Mapping[str, Any]) -> Distribution:
    """A distribution of profile.json. Raises ValueError (KeyError, TypeError) where it is malformed."""
    kind = raw["kind"]
    if kind == "Numeric":
        bins = Bins("Numeric", edges=tuple(float(edge) for edge in raw["edges"]))
    elif kind == "Categorical":
        bins = Bins("Categorical", categories=tuple(str(category) for category in raw["categories"]))
    else:
        raise ValueError(f"{raw['name']}: kind {kind!r}")
    counts = _counts(raw, bins)
    count, mean, std = int(counts.sum()), float(raw.get("mean") or 0.0), float(raw.get("std") or 0.0)
    return Distribution(
        name=str(raw["name"]),
        bins=bins,
        counts=counts,
        missing=int(raw.get("missing", 0)),
        infinite=int(raw.get("infinite", 0)),
        total=mean * count,
        total_of_squares=(std**2 + mean**2) * count,
        extent=Extent.parse(raw, int(counts.sum())),
    )


def from_window(raw: Mapping[str, Any], reference: Distribution) -> Distribution:
    """A distribution of a window file, on the bins of its reference. Raises ValueError where they do not fit."""
    counts = _counts(raw, reference.bins)
    return Distribution(
        name=reference.name,
        bins=reference.bins,
        counts=counts,
        missing=int(raw.get("missing", 0)),
        infinite=int(raw.get("infinite", 0)),
        total=float(raw.get("sum") or 0.0),
        total_of_squares=float(raw.get("sumOfSquares") or 0.0),
        extent=Extent.parse(raw, int(counts.sum())),
    )


def to_window(distribution: Distribution) -> dict[str, Any]:
    """As a window file has it, with counts and registers as arrays."""
    return {
        "name": distribution.name,
        "counts": distribution.counts,
        "missing": distribution.missing,
        "infinite": distribution.infinite,
        "count": distribution.count,
        "sum": distribution.total,
        "sumOfSquares": distribution.total_of_squares,
        **(distribution.extent.figures() if distribution.extent else {}),
    }


def empty(reference: Distribution) -> Distribution:
    """Nothing counted yet, on the bins of a reference."""
    counts = np.zeros(reference.bins.size, dtype=np.int64)
    return Distribution(reference.name, reference.bins, counts, extent=Extent())


def to_profile(distribution: Distribution) -> dict[str, Any]:
    """As profile.json writes it, without `noise`."""
    bins = distribution.bins
    place: dict[str, Any] = (
        {"edges": list(bins.edges)} if bins.kind == "Numeric" else {"categories": list(bins.categories)}
    )
    return {
        "name": distribution.name,
        "kind": bins.kind,
        **place,
        "counts": distribution.counts.tolist(),
        "missing": distribution.missing,
        "infinite": distribution.infinite,
        "count": distribution.count,
        "mean": distribution.mean,
        "std": distribution.std,
        **(distribution.extent.document() if distribution.extent else {}),
    }


def _counts(raw: Mapping[str, Any], bins: Bins) -> Counts:
    counts = np.asarray(raw["counts"], dtype=np.int64)
    if counts.shape != (bins.size,) or bool((counts < 0).any()):
        raise ValueError(f"{raw.get('name')}: {counts.size} counts for {bins.size} bins, or negative ones")
    return counts
