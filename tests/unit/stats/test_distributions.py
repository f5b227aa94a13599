"""Counting columns on bins fixed by a reference."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.distributions import (
    INFINITE,
    MISSING,
    Bins,
    categorical_bins,
    count_codes,
    count_values,
    empty,
    from_profile,
    from_window,
    numeric_bins,
    to_profile,
)

NUMBERS = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=0, max_size=80)
EDGES = st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=12, unique=True).map(lambda edges: tuple(sorted(edges)))


@given(NUMBERS, EDGES)
@settings(derandomize=True, deadline=None, max_examples=80)
def test_every_number_is_counted_exactly_once(values, edges):
    distribution = count_values("x", Bins("Numeric", edges=edges), np.array(values, dtype=np.float64))
    assert distribution.rows == len(values)
    for position in range(len(edges) + 1):
        low = edges[position - 1] if position else -math.inf
        high = edges[position] if position < len(edges) else math.inf
        assert distribution.counts[position] == sum(low <= value < high for value in values if math.isfinite(value))


@given(NUMBERS, NUMBERS, EDGES)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_merging_is_counting_together(first, second, edges):
    bins = Bins("Numeric", edges=edges)
    whole = count_values("x", bins, np.array(first + second, dtype=np.float64))
    parts = count_values("x", bins, np.array(first)).merge(count_values("x", bins, np.array(second)))
    assert parts.counts.tolist() == whole.counts.tolist()
    assert (parts.missing, parts.infinite) == (whole.missing, whole.infinite)
    assert parts.total == pytest.approx(whole.total, abs=1e-6, rel=1e-6)


def test_distributions_on_different_bins_do_not_merge():
    with pytest.raises(ValueError, match="different bins"):
        count_values("x", Bins("Numeric", edges=(1.0,)), [1]).merge(count_values("x", Bins("Numeric"), [1]))


def test_what_has_no_bin_is_told_apart():
    codes = Bins("Numeric", edges=(0.0, 10.0)).codes([math.nan, math.inf, -math.inf, -1, 0, 9.99, 10, 1e300])
    assert codes.tolist() == [MISSING, INFINITE, INFINITE, 0, 1, 1, 2, 2]
    assert Bins("Categorical", categories=("AA", "UA")).codes(["UA", None, "??", "AA"]).tolist() == [1, MISSING, 2, 0]


def test_quantile_bins_hold_equal_shares():
    values = np.random.default_rng(1).normal(size=10_000)
    shares = count_values("x", numeric_bins(values), values).shares()
    assert len(shares) == 122
    assert shares == pytest.approx([0, *np.full(120, 1 / 120), 0], abs=1e-3)


def test_many_values_that_stand_alone_give_no_more_than_256_bins():
    values = np.repeat(np.arange(119.0), 1000)
    assert numeric_bins(np.concatenate([values, np.linspace(200, 300, 5000)])).size <= 256
    assert numeric_bins(values).size == 239


@pytest.mark.parametrize("moved", [6.0, 4.0, 5.0 + 1e-9])
def test_a_constant_that_changes_leaves_its_bin(moved):
    bins = numeric_bins([5.0] * 100)
    counts = count_values("x", bins, [5.0] * 7 + [moved] * 3).counts
    assert sorted(counts.tolist()) == [0, 3, 7]


def test_a_value_that_dominates_gets_its_own_bin():
    rain = np.concatenate([np.zeros(950), np.linspace(0.01, 2, 50)])
    bins = numeric_bins(rain)
    dry, all_wet = count_values("rain", bins, np.zeros(100)), count_values("rain", bins, np.full(100, 0.001))
    assert int(np.argmax(dry.counts)) != int(np.argmax(all_wet.counts))


@pytest.mark.parametrize("values", [[], [math.nan, math.inf], [3.0] * 5, [0, 1, 1, 0], list(range(24))])
def test_odd_references_give_bins_that_count(values):
    bins = numeric_bins(values)
    assert list(bins.edges) == sorted(set(bins.edges))
    assert count_values("x", bins, values).count == sum(map(math.isfinite, values))


def test_categories_are_the_most_frequent_ones_in_a_fixed_order():
    bins = categorical_bins(["b", "a", "c", "c", None, "b"], limit=2)
    assert bins.categories == ("b", "c")
    assert count_values("x", bins, ["a", "b", None, "new"]).counts.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    "distribution",
    [
        count_values("x", numeric_bins(np.arange(100.0)), [*range(50), math.nan, math.inf]),
        count_values("carrier", categorical_bins(["UA", "AA"]), ["UA", "B6", None]),
        empty(count_values("x", numeric_bins([1.0, 2.0]), [])),
    ],
    ids=["numeric", "categorical", "empty"],
)
def test_a_profile_is_read_as_it_was_written(distribution):
    again = from_profile(to_profile(distribution))
    assert again.bins == distribution.bins
    assert again.counts.tolist() == distribution.counts.tolist()
    assert (again.rows, again.missing_percent) == (distribution.rows, distribution.missing_percent)
    assert again.mean == (None if distribution.mean is None else pytest.approx(distribution.mean))
    assert again.std == (None if distribution.std is None else pytest.approx(distribution.std))


@pytest.mark.parametrize("counts", [[1, 2], [1, 2, 3, 4], [1, -1, 0]])
def test_a_window_that_does_not_fit_its_reference_is_refused(counts):
    reference = count_values("x", Bins("Numeric", edges=(0.0, 1.0)), [0.5])
    with pytest.raises(ValueError, match="x: "):
        from_window({"name": "x", "counts": counts}, reference)


@given(
    st.lists(st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 5.0, math.nan, math.inf, -math.inf])), max_size=60),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=12, unique=True).map(sorted),
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_numbers_are_counted_in_the_bins_that_they_have(values, edges):
    bins = Bins("Numeric", edges=tuple(edges))
    with np.errstate(over="ignore", invalid="ignore"):
        found = count_values("x", bins, values)
    codes = bins.codes(values)
    assert found.counts.tolist() == count_codes(codes, bins.size).tolist()
    assert found.missing == (codes == MISSING).sum()
    assert found.infinite == (codes == INFINITE).sum()
    assert found.rows == len(values)
