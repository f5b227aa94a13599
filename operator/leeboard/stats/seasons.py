"""A reference that is counted by hour of the week, put together anew for the hours that a window is of.

What is to be expected of a window is the mixture Σ w p of the seasons' shares p, weighted by the parts w of the
window's rows that lie in each. Its sampling error: a reference row of a season with R rows stands for w / R, so that
the variance of a cell's share is Σ w² p (1 - p) / R, and the reference is worth

    n = (Σ w)² / Σ R (w / R)² = 1 / Σ (w² / R)

rows that all stand for as much (Kish 1965, "Survey Sampling", section 11.7, effective sample size under unequal
weights; strata that are unlike make the variance smaller still, which is not relied on). Where the window has its
hours as the reference has them, w = R / ΣR, that is every row. So the mixture is written as counts that add up to n,
and whatever measures counts measures it with the right error.

Hours are of UTC; hour 0 of the week begins on Monday at midnight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distances import Name
from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.measures import Measure
from leeboard.stats.noise import Noise, Stretches, counts_of_lengths, noise_percentile, tails_of

Season = Literal["HourOfDay", "DayOfWeek", "HourOfWeek"]
SEASONS: tuple[Season, ...] = ("HourOfDay", "DayOfWeek", "HourOfWeek")
HOURS = 168
LEAST_ROWS = 50
"""A season of fewer rows is not held: what a few rows do not show may be usual in it."""
UNHELD_SHARE = 0.001
"""So small a part of a window's rows may lie in seasons that are not held. It moves no divergence by more."""
_HOUR, _DAY = 3600, 86_400
_WEEK = 7 * _DAY
_MONDAY = 3 * _DAY
"""1970 began on a Thursday, three days after a Monday."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_AT_ONCE = 4096
_MOST_NAMED = 5
_SEED, _LEAST_DRAWS = 0, 200
_MOST_STRETCHES = 256
"""Of one length: every one is counted by hour."""
_STEP = 4
"""From one length to the next: there are three seasons to tell of, and profiles are to stay small."""

Array = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeasonalCounts:
    """What was counted of one column in each hour of the week, the first axis of every array.

    `totals` and `totals_of_squares` are sums over the finite numbers; zeros for categories.
    """

    name: str
    bins: Bins
    counts: Array
    missing: Array
    infinite: Array
    totals: Floats
    totals_of_squares: Floats

    @property
    def rows(self) -> NDArray[np.int64]:
        """All rows of each hour."""
        counted: NDArray[np.int64] = self.counts.sum(axis=1, dtype=np.int64) + self.missing + self.infinite
        return counted

    def lacking(self, season: Season, observed: Floats) -> tuple[str, ...]:
        """The seasons that hold too few rows of this reference for the rows observed in each hour, five at most."""
        weights, rows = _weights(season, observed), by_season(season, self.rows)
        return tuple(name_of(season, int(i)) for i in np.flatnonzero(_unheld(weights, rows))[:_MOST_NAMED])

    def effective_rows(self, season: Season, observed: Floats) -> float:
        """How many rows of equal weight the mixture is worth; 0 where there is none."""
        return float(effective_rows(_weights(season, observed), by_season(season, self.rows)))

    def expected(self, season: Season, observed: Floats) -> Distribution | None:
        """The mixture for the rows observed in each hour; None where there are none, or a season of theirs lacks."""
        weights, rows = _weights(season, observed), by_season(season, self.rows)
        if not weights.sum() or _unheld(weights, rows).any():
            return None
        sums = [self.missing, self.infinite, self.totals, self.totals_of_squares]
        parts = np.column_stack([self.counts, *sums]).astype(np.float64)
        mixed = mixture(weights, rows, by_season(season, parts))
        counts, (missing, infinite, total, squares) = _whole(mixed[:-4]), mixed[-4:]
        # counts are whole, and means have to stay what they were
        scale = counts.sum() / mixed[:-4].sum() if counts.sum() else 0.0
        return Distribution(
            self.name, self.bins, counts, round(missing), round(infinite), float(total * scale), float(squares * scale)
        )


def hours_of_week(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """The hour of the week, 0 to 167, of moments in seconds since 1970."""
    hours: NDArray[np.int64] = (seconds + _MONDAY) % _WEEK // _HOUR
    return hours


def rows_by_hour(starts: Floats, ends: Floats, rows: Array) -> Floats:
    """How many rows of windows lie in each hour of the week; those of a window are spread evenly over its time.

    Moments are in seconds since 1970. A window that ends no later than it starts lies in the hour of its start.
    """
    starts, ends = np.asarray(starts, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    rows = np.asarray(rows, dtype=np.float64)
    within = ends <= (np.floor(starts / _HOUR) + 1) * _HOUR
    hours = hours_of_week(np.floor(starts[within]).astype(np.int64))
    found: Floats = np.bincount(hours, weights=rows[within], minlength=HOURS).astype(np.float64)
    longer = np.flatnonzero(~within)
    for first in range(0, len(longer), _AT_ONCE):
        part = longer[first : first + _AT_ONCE]
        spent = _time_by_hour(ends[part]) - _time_by_hour(starts[part])
        found += (spent * (rows[part] / (ends[part] - starts[part]))[:, None]).sum(axis=0)
    return found


def by_season(season: Season, by_hour: Array, axis: int = 0) -> Array:
    """Sums over the hours of the week that belong to each season."""
    if season == "HourOfWeek":
        return by_hour
    days = by_hour.reshape(*by_hour.shape[:axis], 7, 24, *by_hour.shape[axis + 1 :])
    sums: Array = days.sum(axis=axis if season == "HourOfDay" else axis + 1)
    return sums


def effective_rows(weights: Floats, rows: Array) -> Floats:
    """Kish's effective sample size of seasons that hold `rows` each, weighted so (last axis); 0 where none is held."""
    one = _of_one_row(weights, rows)
    total, unequal = (one * rows).sum(axis=-1), (np.square(one) * rows).sum(axis=-1)
    size: Floats = np.divide(np.square(total), unequal, out=np.zeros_like(unequal), where=unequal > 0)
    return size


def mixture(weights: Floats, rows: Array, values: Array) -> Floats:
    """What to expect of as many rows as the mixture is worth, of sums that each season holds.

    `weights` and `rows` have the seasons as their last axis, `values` as the last but one. A season that is not held
    counts for nothing.
    """
    one = _of_one_row(weights, rows)
    total = (one * rows).sum(axis=-1)
    each = np.divide(effective_rows(weights, rows), total, out=np.zeros_like(total), where=total > 0)
    mixed: Floats = each[..., None] * np.einsum("...s,...sc->...c", one, values)
    return mixed


@dataclass(frozen=True, eq=False)
class InOrder:
    """Rows in the order of time: the hour of the week of each, and in which of `size` cells its value lies, below 0 for
    none."""

    hours: NDArray[np.int64]
    cells: NDArray[np.int64]
    size: int

    def stretches(self, season: Season, count: int) -> tuple[Array, Array, int] | None:
        """What is to be expected of each of `count` stretches by what the others hold of its own hours, what it holds,
        and its rows. None where the others do not hold the seasons of half of the stretches; those whose seasons are
        not held are left out."""
        stretch = np.arange(len(self.hours)) * count // len(self.hours)
        place, shape = stretch * HOURS + self.hours, (count, HOURS)
        rows = np.bincount(place, minlength=count * HOURS).reshape(shape)
        known = self.cells >= 0
        flat = np.bincount(place[known] * self.size + self.cells[known], minlength=count * HOURS * self.size)
        own_rows = by_season(season, rows, axis=1)
        own = by_season(season, flat.reshape(*shape, self.size), axis=1)
        rest_rows, rest = own_rows.sum(axis=0) - own_rows, own.sum(axis=0) - own
        weights = own_rows / own_rows.sum(axis=1, keepdims=True)
        held = ~_unheld(weights, rest_rows).any(axis=1)
        if 2 * np.count_nonzero(held) < count:
            return None
        expected = np.rint(mixture(weights[held], rest_rows[held], rest[held])).astype(np.int64)
        return expected, own[held].sum(axis=1), len(self.hours) // count


def seasonal_noise(season: Season, rows: InOrder, *, blocks: int, measures: Mapping[Name, Measure]) -> Noise | None:
    """How far each of `blocks` stretches of consecutive rows lies from what the others say of its own hours, and the
    tails of several lengths.

    What comes back every day or week is no noise of a window that is compared with its own season. None where the
    others do not hold the seasons of half of the stretches: what varies from one week to the next is not known then.
    """
    if blocks < 2 or len(rows.hours) < blocks:
        return None
    known = rows.stretches(season, blocks)
    if known is None:
        return None
    expected, found, length = known
    most = {name: noise_percentile(one(expected, found)) for name, one in measures.items()}
    return Noise(length, most, _lengths(season, rows, measures))


def _lengths(season: Season, rows: InOrder, measures: Mapping[Name, Measure]) -> tuple[Stretches, ...]:
    generator, lengths = np.random.default_rng(_SEED), []
    for count in counts_of_lengths(len(rows.hours), _MOST_STRETCHES, _STEP):
        known = rows.stretches(season, count)
        if known is None:
            continue
        expected, found, length = known
        drawn = tuple(_drawn(generator, expected, one.sum(axis=1)) for one in (expected, found))
        tails = tails_of(measures, (expected, found), (drawn[0], drawn[1]))
        if tails:
            lengths.append(Stretches(length, count, tails))
    return tuple(lengths)


def _drawn(generator: np.random.Generator, expected: Array, rows: Array) -> Array:
    """So many rows each of what is expected, often enough to know their mean and variance."""
    often = -(-_LEAST_DRAWS // len(rows))
    shares = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1)
    known = shares.sum(axis=1) > 0
    return generator.multinomial(np.tile(rows[known], often), np.tile(shares[known], (often, 1)))


def name_of(season: Season, number: int) -> str:
    """Such as "Monday", "03:00" or "Monday 03:00"."""
    if season == "DayOfWeek":
        return _DAYS[number]
    hour = f"{number % 24:02}:00"
    return hour if season == "HourOfDay" else f"{_DAYS[number // 24]} {hour}"


def _weights(season: Season, observed: Floats) -> Floats:
    """The part of the rows in each season; zeros where there are none."""
    rows = by_season(season, np.asarray(observed, dtype=np.float64))
    weights: Floats = rows / max(float(rows.sum()), np.finfo(np.float64).tiny)
    return weights


def _unheld(weights: Floats, rows: Array) -> NDArray[np.bool_]:
    """The seasons that hold too few rows (last axis), where together they have more than a tiny weight."""
    few = (rows < LEAST_ROWS) & (weights > 0)
    share = np.where(few, weights, 0.0).sum(axis=-1, keepdims=True)
    unheld: NDArray[np.bool_] = few & (share > UNHELD_SHARE)
    return unheld


def _of_one_row(weights: Floats, rows: Array) -> Floats:
    """The part of the mixture that one row of each season stands for; nothing where a season is not held."""
    shape = np.broadcast_shapes(weights.shape, rows.shape)
    part: Floats = np.divide(weights, rows, out=np.zeros(shape), where=rows >= LEAST_ROWS)
    return part


def _whole(values: Floats) -> NDArray[np.int64]:
    """As whole numbers with the rounded sum: the largest remainders are rounded up."""
    lower = np.floor(values)
    more = round(float(values.sum())) - int(lower.sum())
    lower[np.argsort(lower - values, kind="stable")[: max(more, 0)]] += 1
    return lower.astype(np.int64)


def _time_by_hour(seconds: Floats) -> Floats:
    """For each moment the time that passed in each hour of the week, in seconds since a Monday."""
    weeks, within = np.divmod(seconds + _MONDAY, _WEEK)
    hours = np.arange(HOURS) * float(_HOUR)
    spent: Floats = weeks[:, None] * _HOUR + np.clip(within[:, None] - hours, 0, _HOUR)
    return spent
