"""The reference of the same hours: rows put into hours, mixtures worth what they are, nothing of what is not held."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.intervals import distance_interval
from leeboard.stats.measures import measure
from leeboard.stats.seasons import (
    HOURS,
    LEAST_ROWS,
    SEASONS,
    InOrder,
    SeasonalCounts,
    by_season,
    effective_rows,
    hours_of_week,
    mixture,
    name_of,
    rows_by_hour,
    seasonal_noise,
)

MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
BINS = Bins("Numeric", edges=(0.0, 1.0, 2.0))


def counts_of(rows, shares):
    """Each hour with so many rows, in these shares; numbers lie in the middle of their cells."""
    counts = np.rint(np.asarray(rows)[:, None] * np.asarray(shares)).astype(np.int64)
    middle = np.array([-0.5, 0.5, 1.5, 2.5])
    none = np.zeros(HOURS, dtype=np.int64)
    return SeasonalCounts("x", BINS, counts, none, none, counts @ middle, counts @ middle**2)


def only(*hours, rows=100.0):
    observed = np.zeros(HOURS)
    observed[list(hours)] = rows
    return observed


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        (datetime(2026, 1, 5, tzinfo=UTC), 0),
        (datetime(2026, 1, 11, 23, 59, 59, tzinfo=UTC), 167),
        (datetime(1970, 1, 1, 5, tzinfo=UTC), 77),
        (datetime(1969, 12, 31, 23, tzinfo=UTC), 71),
    ],
)
def test_the_hour_of_the_week_begins_on_monday_by_utc(moment, hour):
    assert hours_of_week(np.array([int(moment.timestamp())])).tolist() == [hour]
    assert moment.weekday() * 24 + moment.hour == hour
    day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[hour // 24]
    assert name_of("HourOfWeek", hour) == f"{day} {moment.hour:02}:00"


SPANS = st.lists(
    st.tuples(st.integers(-(10**6), 10**10), st.integers(-5, 30 * 86_400), st.integers(0, 10**6)), max_size=30
)


@given(SPANS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_no_row_is_lost_and_each_lies_in_an_hour_of_its_window(spans):
    starts, lengths, rows = np.array(spans, dtype=np.float64).reshape(-1, 3).T
    found = rows_by_hour(starts, starts + lengths, rows)
    assert found.shape == (HOURS,)
    assert (found >= -1e-6).all()
    assert found.sum() == pytest.approx(rows.sum(), rel=1e-6, abs=1e-6)
    for season in SEASONS:
        assert by_season(season, found).sum() == pytest.approx(found.sum())


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 3600, {0: 60}),
        (0, 0, {0: 60}),
        (3000, 4200, {0: 30, 1: 30}),
        (7 * 86_400 - 1800, 7 * 86_400 + 3600, {167: 20, 0: 40}),
        (3600, 3 * 3600, {1: 30, 2: 30}),
    ],
)
def test_rows_of_a_window_are_spread_over_its_time(start, end, expected):
    found = rows_by_hour(np.array([MONDAY + start]), np.array([MONDAY + end]), np.array([60]))
    assert {int(hour): pytest.approx(found[hour]) for hour in np.flatnonzero(found > 1e-9)} == expected


def test_many_windows_of_a_week_are_a_third_each_day_of_three_weeks():
    starts = MONDAY + np.arange(10_000) * 10.0
    found = rows_by_hour(starts, starts + 3600, np.ones(10_000))
    assert found.sum() == pytest.approx(10_000)


def test_a_season_puts_hours_together():
    by_hour = np.arange(HOURS)
    assert by_season("HourOfDay", by_hour)[3] == sum(range(3, HOURS, 24))
    assert by_season("DayOfWeek", by_hour)[1] == sum(range(24, 48))
    assert by_season("HourOfWeek", by_hour).tolist() == by_hour.tolist()
    table = np.arange(2 * HOURS).reshape(2, HOURS)
    assert by_season("HourOfDay", table, axis=1)[1].tolist() == by_season("HourOfDay", table[1]).tolist()


@given(st.lists(st.tuples(st.floats(0.01, 1), st.integers(LEAST_ROWS, 10**6)), min_size=1, max_size=24))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_mixture_is_worth_no_more_rows_than_there_are_and_all_where_weights_are_as_rows(seasons):
    weights, rows = (np.array(one, dtype=np.float64) for one in zip(*seasons, strict=True))
    weights /= weights.sum()
    assert effective_rows(weights, rows) <= rows.sum() * (1 + 1e-9)
    assert effective_rows(weights, rows) >= rows.min() * (1 - 1e-9)
    assert effective_rows(rows / rows.sum(), rows) == pytest.approx(rows.sum())
    together = mixture(weights, rows, np.ones((len(rows), 1)) * rows[:, None])
    assert together.tolist() == pytest.approx([float(effective_rows(weights, rows))])


def test_what_is_expected_are_the_shares_of_the_windows_own_hours():
    shares = np.tile([0.0, 0.5, 0.5, 0.0], (HOURS, 1))
    shares[3::24] = [0.0, 0.9, 0.1, 0.0]
    counts = counts_of([200] * HOURS, shares)
    night = counts.expected("HourOfDay", only(3))
    assert night.counts.tolist() == [0, 1260, 140, 0]
    assert night.mean == pytest.approx(0.6)
    both = counts.expected("HourOfDay", only(3) + only(4, rows=300.0))
    assert both.shares().tolist() == pytest.approx([0, 0.6, 0.4, 0], abs=0.001)
    assert both.count == round(1400 / (0.25**2 + 0.75**2))
    assert both.mean == pytest.approx(0.9)
    assert counts.effective_rows("HourOfWeek", only(3)) == pytest.approx(200)


def test_missing_and_infinite_values_are_parts_of_the_rows():
    counts = counts_of([100] * HOURS, np.tile([0.0, 1.0, 0.0, 0.0], (HOURS, 1)))
    missing = np.zeros(HOURS, dtype=np.int64)
    missing[5] = 100
    counts = SeasonalCounts("x", BINS, counts.counts, missing, missing, counts.totals, counts.totals_of_squares)
    found = counts.expected("HourOfWeek", only(5))
    assert (found.count, found.missing, found.infinite) == (100, 100, 100)
    # hour 6 has a third of the rows of hour 5, and values in all of them
    both = counts.expected("HourOfWeek", only(5, 6))
    assert both.missing_percent == pytest.approx(100 / 6, abs=0.5)


@pytest.mark.parametrize(
    ("rows", "observed", "lacking"),
    [
        (LEAST_ROWS, only(9), ()),
        (LEAST_ROWS - 1, only(9), ("Monday 09:00",)),
        (0, only(9) + only(10), ("Monday 09:00",)),
        (0, only(9, rows=0.5) + only(10, rows=1000.0), ()),
        (0, only(), ()),
    ],
)
def test_a_season_of_too_few_rows_is_named_and_nothing_is_expected(rows, observed, lacking):
    held = np.full(HOURS, 100)
    held[9] = rows
    counts = counts_of(held, np.tile([0.0, 0.5, 0.5, 0.0], (HOURS, 1)))
    assert counts.lacking("HourOfWeek", observed) == lacking
    expected = counts.expected("HourOfWeek", observed)
    assert (expected is None) == (bool(lacking) or not observed.any())
    if expected is not None and rows == 0:
        assert expected.counts.tolist() == [0, 50, 50, 0]


def test_the_lower_end_is_as_sure_beside_a_mixture_as_beside_rows_of_equal_weight():
    """Reference and window are samples of the same hours: a lower end above zero is wrong, with a chance of 5 %."""
    generator = np.random.default_rng(5)
    shares, held = generator.dirichlet(np.ones(4), size=HOURS), np.full(HOURS, 0)
    held[:4] = (80, 200, 500, 120)
    weights = np.array([0.4, 0.1, 0.2, 0.3])
    whole = Distribution("x", BINS, np.array([1, 1, 1, 1]))
    js, wrong, rounds = measure("JensenShannon", whole), 0, 400
    observed = np.zeros(HOURS)
    observed[:4] = 600 * weights
    for number in range(rounds):
        counts = np.zeros((HOURS, 4), dtype=np.int64)
        for hour in range(4):
            counts[hour] = generator.multinomial(held[hour], shares[hour])
        none = np.zeros(HOURS)
        reference = SeasonalCounts("x", BINS, counts, none, none, none, none).expected("HourOfWeek", observed)
        window = sum(generator.multinomial(int(600 * weights[hour]), shares[hour]) for hour in range(4))
        interval = distance_interval(js, reference.counts, window, alpha=0.1, seed=number)
        wrong += interval.low > 0
    assert wrong <= 0.08 * rounds


def noise_of(hours, cells, season="HourOfDay", blocks=8):
    whole = Distribution("x", BINS, np.bincount(cells, minlength=4))
    js = measure("JensenShannon", whole)
    return seasonal_noise(season, InOrder(hours, cells, 4), blocks=blocks, measures={"JensenShannon": js})


def test_what_comes_back_every_day_is_no_noise_and_what_does_not_is():
    generator = np.random.default_rng(6)
    hours = np.repeat(np.arange(HOURS), 100)
    daily = np.where(hours % 24 < 12, 1, 2)
    spells = np.where(np.arange(len(hours)) // 1500 % 2 == 0, 1, 2)
    calm = noise_of(hours, daily)
    assert calm.of("JensenShannon") == 0
    assert calm.rows == 2100
    assert noise_of(hours, spells).of("JensenShannon") > 0.2
    assert noise_of(hours, generator.permutation(daily)).of("JensenShannon") < 0.1


def test_one_week_knows_no_noise_of_its_hours():
    hours = np.repeat(np.arange(HOURS), 100)
    assert noise_of(hours, np.ones(len(hours), dtype=np.int64), "HourOfWeek") is None
    assert noise_of(np.tile(hours, 2), np.ones(2 * len(hours), dtype=np.int64), "HourOfWeek") is not None
    assert noise_of(hours[:1], np.ones(1, dtype=np.int64), blocks=2) is None
