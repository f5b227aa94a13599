"""A distribution of profile.json by hour of the week: `seasons`, which is there where the reference says when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.event_times import Seconds
from leeboard.evaluator.noise_document import noise_document, read_noise
from leeboard.stats import ordered
from leeboard.stats.cells import Cells, cells_of, of_categories, of_edges
from leeboard.stats.distances import NAMES, Name
from leeboard.stats.distributions import INFINITE, MISSING, Distribution
from leeboard.stats.measures import Measure, measure
from leeboard.stats.noise import Noise
from leeboard.stats.seasons import HOURS, SEASONS, InOrder, Season, SeasonalCounts, hours_of_week, seasonal_noise

Floats = NDArray[np.float64]
LEAST_DIGITS, MOST_DIGITS = 4, 16
"""Significant ones. Means and deviations are kept and not sums of squares, in which as many digits would say little of
a spread that is small beside its mean; of such a mean there are more."""
MOST = 1e140
"""Of a mean or a standard deviation: sums of its square are still numbers."""


@dataclass(frozen=True, eq=False)
class Seasons:
    """What was counted of one column in each hour of the week, on `cells` of the bins of the whole.

    `whole` is the reference on those cells: what a distance puts together, and its unit, follow from it at any hour, so
    that thresholds mean the same. `noise` is of stretches against what the rest says of their own season; a season
    without it is one whose variation the reference cannot tell, and the whole's noise, which has what comes back every
    day in it, is then the bound.
    """

    counts: SeasonalCounts
    cells: Cells
    whole: Distribution
    unit: float
    noise: Mapping[Season, Noise]

    def measure(self, name: Name) -> Measure | None:
        """The distance of that name, of counts of cells."""
        return measure(name, self.whole, self.unit)

    @classmethod
    def parse(cls, raw: Mapping[str, Any] | None, reference: Distribution) -> "Seasons | None":
        """As profile.json has it. Raises ValueError (KeyError, TypeError) where it is malformed."""
        if raw is None:
            return None
        cells = _cells(raw, reference)
        counts = _counts(raw, reference, cells)
        noise = raw.get("noise") or {}
        known: dict[Season, Noise] = {one: read_noise(noise[key(one)]) for one in SEASONS if key(one) in noise}
        return cls(counts, cells, _on_cells(reference, cells), ordered.spread(reference), known)


def described(reference: Distribution, values: NDArray[Any], times: Seconds, blocks: int) -> dict[str, Any]:
    """`seasons` of a distribution: of its values, and when each of them was."""
    cells, hours, fine = cells_of(reference), hours_of_week(times), reference.bins.codes(values)
    codes, size = cells.codes(fine), cells.bins.size
    inside = codes >= 0
    counts = np.bincount(hours[inside] * size + codes[inside], minlength=HOURS * size).reshape(HOURS, size)
    place = "edges" if reference.bins.kind == "Numeric" else "categories"
    named = cells.bins.edges or cells.bins.categories
    document: dict[str, Any] = {
        place: [one for one in named if place == "edges" or one in reference.bins.categories],
        "counts": counts.tolist(),
        "missing": np.bincount(hours[fine == MISSING], minlength=HOURS).tolist(),
        "infinite": np.bincount(hours[fine == INFINITE], minlength=HOURS).tolist(),
    }
    if reference.bins.kind == "Numeric":
        document |= _moments(values[inside], hours[inside])
    return document | {"noise": _noises(reference, cells, codes, times, blocks)}


def key(season: Season) -> str:
    """How profile.json names a season: `hourOfDay`."""
    return season[0].lower() + season[1:]


def _moments(values: Floats, hours: NDArray[np.int64]) -> dict[str, list[float | None]]:
    """Mean and standard deviation of the numbers of each hour, null where it has none."""
    numbers = np.asarray(values, dtype=np.float64)
    count = np.bincount(hours, minlength=HOURS)
    with np.errstate(all="ignore"):
        means = np.bincount(hours, weights=numbers, minlength=HOURS) / count
        squares = np.bincount(hours, weights=np.square(numbers - means[hours]), minlength=HOURS) / count
        stds = np.sqrt(squares)
        beside = np.log10(np.abs(means) / stds)
    more = np.clip(np.nan_to_num(beside, nan=0.0), 0, MOST_DIGITS).astype(np.int64)
    least = np.full(HOURS, LEAST_DIGITS)
    return {"means": _written(means, LEAST_DIGITS + more), "stds": _written(stds, least)}


def _written(values: Floats, digits: NDArray[np.int64]) -> list[float | None]:
    return [
        float(f"{value:.{min(places, MOST_DIGITS)}g}") if np.isfinite(value) else None
        for value, places in zip(values.tolist(), digits.tolist(), strict=True)
    ]


def _noises(
    reference: Distribution, cells: Cells, codes: NDArray[np.int64], times: Seconds, blocks: int
) -> dict[str, Any]:
    """By season. Rows are put into the order of time: of a shuffled reference stretches would look too calm."""
    order = np.argsort(times, kind="stable")
    rows = InOrder(hours_of_week(times[order]), codes[order], cells.bins.size)
    whole, unit = _on_cells(reference, cells), ordered.spread(reference)
    measures = {name: found for name in NAMES if (found := measure(name, whole, unit)) is not None}
    document = {}
    for season in SEASONS:
        noise = seasonal_noise(season, rows, blocks=blocks, measures=measures)
        if noise is not None:
            document[key(season)] = noise_document(noise)
    return document


def _on_cells(reference: Distribution, cells: Cells) -> Distribution:
    return Distribution(
        reference.name, cells.bins, cells.counted(reference.counts), reference.missing, reference.infinite,
        reference.total, reference.total_of_squares,
    )  # fmt: skip


def _cells(raw: Mapping[str, Any], reference: Distribution) -> Cells:
    if reference.bins.kind == "Numeric":
        return of_edges(reference.bins, [float(edge) for edge in raw["edges"]])
    return of_categories(reference.bins, [str(category) for category in raw["categories"]])


def _counts(raw: Mapping[str, Any], reference: Distribution, cells: Cells) -> SeasonalCounts:
    """Raises ValueError where they are no counts of the reference's rows."""
    counts = _whole_numbers(raw["counts"], (HOURS, cells.bins.size))
    missing, infinite = (_whole_numbers(raw[name], (HOURS,)) for name in ("missing", "infinite"))
    if (
        not np.array_equal(counts.sum(axis=0), cells.counted(reference.counts))
        or missing.sum() != reference.missing
        or infinite.sum() != reference.infinite
    ):
        raise ValueError(f"{reference.name}: counts by hour that do not add up to those of the whole")
    known = counts.sum(axis=1)
    means, stds = (_numbers(raw.get(name)) for name in ("means", "stds"))
    # a profile is kept in memory for months, and small numbers need little
    small = {
        name: one.astype(np.min_scalar_type(int(one.max())))
        for name, one in (("counts", counts), ("missing", missing), ("infinite", infinite))
    }
    return SeasonalCounts(
        reference.name, cells.bins, totals=known * means, totals_of_squares=known * (stds**2 + means**2), **small
    )


def _whole_numbers(raw: Any, shape: tuple[int, ...]) -> NDArray[np.int64]:
    try:
        numbers = np.asarray(raw, dtype=np.int64)
    except OverflowError as error:
        raise ValueError("a count that is too large") from error
    if numbers.shape != shape or bool((numbers < 0).any()):
        raise ValueError(f"counts by hour in the shape {numbers.shape}, not {shape}, or negative ones")
    return numbers


def _numbers(raw: Any) -> Floats:
    """Zeros where there are none: categories, and hours without numbers."""
    if raw is None:
        return np.zeros(HOURS)
    numbers = np.array([0.0 if value is None else float(value) for value in raw])
    if numbers.shape != (HOURS,) or not (np.abs(numbers) <= MOST).all():
        raise ValueError(f"{numbers.size} means by hour, or such as are no numbers")
    return numbers
