"""Bounds from counts against the exact distances of the numbers that were counted."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leeboard.stats.distributions import Bins, count_values, numeric_bins
from leeboard.stats.ordered import kolmogorov_smirnov, mean_shift, wasserstein

NUMBERS = st.lists(st.sampled_from([-3.0, -1.5, 0.0, 0.0, 0.25, 1.0, 2.0, 7.0, 7.5]), min_size=1, max_size=40)
EDGES = st.lists(st.sampled_from([-2.0, -1.5, 0.0, 0.1, 1.0, 5.0, 7.0]), unique=True, max_size=6).map(sorted)


def counted(edges, numbers):
    return count_values("x", Bins("Numeric", edges=tuple(edges)), numbers).counts


def exact_kolmogorov_smirnov(a, b):
    numbers = np.concatenate([a, b])
    shares = [np.searchsorted(np.sort(one), numbers, side="right") / len(one) for one in (a, b)]
    return float(np.abs(shares[0] - shares[1]).max())


@given(NUMBERS, NUMBERS, EDGES)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_the_exact_distances_lie_within_their_bounds(a, b, edges):
    counts = counted(edges, a), counted(edges, b)
    bounds = kolmogorov_smirnov(edges, *counts)
    assert bounds.low - 1e-12 <= exact_kolmogorov_smirnov(a, b) <= bounds.high + 1e-12
    least, largest = min(a + b), max(a + b)
    bounds = wasserstein(edges, *counts, least, largest)
    assert bounds.low - 1e-9 <= stats.wasserstein_distance(a, b) <= bounds.high + 1e-9


def test_bins_of_single_numbers_leave_nothing_open():
    values = np.array([0.0, 1.0, 999.0])
    edges = np.sort(np.concatenate([values, np.nextafter(values, np.inf)]))
    a, b = np.array([0.0] * 5 + [999.0] * 5), np.array([0.0] * 2 + [1.0] * 8)
    bounds = kolmogorov_smirnov(edges, counted(edges, a), counted(edges, b))
    assert bounds.low == bounds.high == pytest.approx(exact_kolmogorov_smirnov(a, b))


@pytest.mark.parametrize(
    ("draw", "width"),
    [
        (lambda g, n: g.normal(size=n), 0.008),
        (lambda g, n: g.lognormal(sigma=3, size=n), 0.008),
        (lambda g, n: np.maximum(g.normal(size=n), 0), 0.008),  # half of it one number
        (lambda g, n: g.integers(0, 30, n).astype(float), 0.05),  # a bin from one number to the next may hold others
    ],
)
def test_256_bins_leave_little_open(draw, width):
    generator = np.random.default_rng(2)
    a, b = draw(generator, 50_000), draw(generator, 20_000)
    bins = numeric_bins(a, 256)
    bounds = kolmogorov_smirnov(bins.edges, *(count_values("x", bins, one).counts for one in (a, b)))
    exact = exact_kolmogorov_smirnov(a, b)
    assert bounds.low - 1e-12 <= exact <= bounds.high + 1e-12
    assert exact - bounds.low < 0.001
    assert bounds.high - bounds.low <= width


def test_a_shift_is_told_in_standard_deviations():
    bins = Bins("Numeric", edges=(0.0,))
    reference, window = (count_values("x", bins, values) for values in ([1.0, 3.0], [4.0, 6.0, math.nan, math.inf]))
    assert mean_shift(reference, window) == 3.0
    assert mean_shift(window, reference) == -3.0
    constant, same = (count_values("x", bins, [2.0, 2.0]) for _ in range(2))
    assert mean_shift(constant, same) == 0
    assert mean_shift(constant, reference) == 0
    assert mean_shift(constant, window) == math.inf
    assert math.isnan(mean_shift(reference, count_values("x", bins, [math.nan])))


@pytest.mark.parametrize("function", [kolmogorov_smirnov, lambda *given: wasserstein(*given, 0.0, 1.0)])
@pytest.mark.parametrize(("a", "text"), [([1, 2, 3], "3 counts for 1 edges"), ([0, 0], "nothing was counted")])
def test_counts_that_are_none(function, a, text):
    with pytest.raises(ValueError, match=text):
        function([0.5], np.array(a), np.array([1, 1]))
    with pytest.raises(ValueError, match=text):
        function([0.5], np.array([1, 1]), np.array(a))
