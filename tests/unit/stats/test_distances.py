"""Distances against scipy, closed forms and the properties they are known for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from leeboard.stats.distances import (
    ON_COUNTS,
    chi_square,
    distance,
    hellinger,
    jensen_shannon,
    l_infinity,
    population_stability_index,
    total_variation,
)
from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.intervals import _least_divergence, distance_interval
from leeboard.stats.measures import measure
from leeboard.stats.noise import block_noise


def categories(counts):
    """A reference of categories with these counts."""
    names = tuple(f"c{number:03}" for number in range(len(counts) - 1))
    return Distribution("x", Bins("Categorical", categories=names), np.array(counts))


def interval_of(name, reference, window, **options):
    one = measure(name, categories(reference))
    return distance_interval(one, np.asarray(reference), np.asarray(window), **options)


COUNTS = st.lists(st.integers(0, 1000), min_size=5, max_size=5).filter(any).map(np.array)


@given(COUNTS, COUNTS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_jensen_shannon_is_scipys(a, b):
    assert float(jensen_shannon(a, b)) == pytest.approx(jensenshannon(a, b, base=2), abs=1e-7)
    assert float(jensen_shannon(a, b, base=math.e)) == pytest.approx(jensenshannon(a, b), abs=1e-7)
    assert float(jensen_shannon(a, b, root=False)) == pytest.approx(jensenshannon(a, b, base=2) ** 2, abs=1e-7)


@pytest.mark.parametrize("name", ON_COUNTS)
@given(a=COUNTS, b=COUNTS)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_symmetric_and_zero_only_on_equal_shares(name, a, b):
    assert float(distance(name, a, b)) == pytest.approx(float(distance(name, b, a)), abs=1e-9)
    assert float(distance(name, a, a)) == pytest.approx(0, abs=1e-7)
    assert float(distance(name, a, b)) >= 0


@given(COUNTS, COUNTS, COUNTS)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_jensen_shannon_obeys_the_triangle_inequality(a, b, c):
    assert jensen_shannon(a, c) <= jensen_shannon(a, b) + jensen_shannon(b, c) + 1e-7


@given(COUNTS, COUNTS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_distances_stand_in_their_known_order(a, b):
    """Gibbs and Su 2002, "On choosing and bounding probability metrics": H² <= TV <= √2 H, and L-infinity <= TV."""
    variation, distance_of_roots = float(total_variation(a, b)), float(hellinger(a, b))
    assert 0 <= distance_of_roots**2 <= variation + 1e-12
    assert variation <= min(1, math.sqrt(2) * distance_of_roots) + 1e-12
    assert float(l_infinity(a, b)) <= variation + 1e-12
    assert float(jensen_shannon(a, b, root=False)) <= variation + 1e-12  # Lin 1991, in bits


@given(COUNTS, COUNTS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_chi_square_is_scipys(a, b):
    statistic, p_value = chi_square(a, b)
    used = a + b > 0
    if used.sum() < 2:
        assert math.isnan(statistic)
        return
    expected = chi2_contingency(np.array([a[used], b[used]]), correction=False)
    assert float(statistic) == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert float(p_value) == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)


def test_known_values():
    assert float(jensen_shannon([5, 0], [0, 9])) == 1
    psi = (0.5 - 0.25) * math.log(2) + (0.5 - 0.75) * math.log(0.5 / 0.75)
    assert float(population_stability_index([50, 50], [25, 75], pseudo_count=0)) == pytest.approx(psi)
    assert math.isfinite(float(population_stability_index([50, 0], [0, 50])))
    assert math.isnan(float(jensen_shannon([0, 0], [1, 2])))
    assert math.isnan(float(population_stability_index([0, 0], [1, 2])))


@pytest.mark.parametrize("name", ["JensenShannon", "PSI"])
def test_a_larger_shift_is_further_away(name):
    generator = np.random.default_rng(3)
    edges = Bins("Numeric", edges=tuple(np.linspace(-2, 2, 15).tolist()))
    base = np.bincount(edges.codes(generator.normal(size=20_000)), minlength=16)
    shifts = [generator.normal(loc=shift, size=20_000) for shift in (0, 0.3, 0.8, 2)]
    found = [float(distance(name, base, np.bincount(edges.codes(values), minlength=16))) for values in shifts]
    assert found == sorted(found)


@pytest.mark.parametrize("of", [jensen_shannon, total_variation, l_infinity, hellinger, lambda *x: chi_square(*x)[1]])
def test_leading_axes_are_many_pairs_at_once(of):
    generator = np.random.default_rng(4)
    a, b = generator.integers(0, 50, (7, 6)), generator.integers(0, 50, (7, 6))
    rows = [float(of(x, y)) for x, y in zip(a, b, strict=True)]
    assert of(a, b).tolist() == pytest.approx(rows)
    assert of(a, b[0]).tolist() == pytest.approx([float(of(x, b[0])) for x in a])


@pytest.mark.parametrize("of", [jensen_shannon, total_variation, l_infinity, hellinger, lambda *x: chi_square(*x)[0]])
def test_nothing_is_known_of_a_side_without_counts(of):
    assert math.isnan(float(of(np.array([0, 0]), np.array([3, 4]))))
    assert np.isnan(of(np.array([[1, 2], [0, 0]]), np.array([3, 4]))).tolist() == [False, True]


@pytest.mark.parametrize("name", ON_COUNTS)
@pytest.mark.parametrize("other", [(0.25, 0.25, 0.25, 0.25), (0.4, 0.3, 0.2, 0.1), (0.7, 0.1, 0.1, 0.1)])
def test_the_interval_covers_the_true_distance(name, other):
    generator = np.random.default_rng(5)
    p, q = np.full(4, 0.25), np.array(other)
    truth = float(distance(name, p * 1e9, q * 1e9))
    hits = 0
    for seed in range(200):
        reference, window = generator.multinomial(5000, p), generator.multinomial(1000, q)
        interval = interval_of(name, reference, window, alpha=0.05, seed=seed)
        assert interval.low <= interval.value <= interval.high
        hits += interval.low - 1e-4 <= truth <= interval.high + 1e-4
    assert hits >= 184


def test_the_interval_narrows_with_rows_and_is_the_same_for_the_same_seed():
    few = interval_of("JensenShannon", [500, 500], [70, 30], alpha=0.05, seed=1)
    many = interval_of("JensenShannon", [5000, 5000], [7000, 3000], alpha=0.05, seed=1)
    assert many.high - many.low < few.high - few.low
    assert few == interval_of("JensenShannon", [500, 500], [70, 30], alpha=0.05, seed=1)


@pytest.mark.parametrize(("reference", "window"), [([0, 0], [1, 1]), ([1, 1], [0, 0])])
def test_no_interval_without_counts(reference, window):
    with pytest.raises(ValueError, match="both sides"):
        interval_of("PSI", reference, window, alpha=0.05, seed=0)


def autocorrelated(generator, rows, memory=0.99):
    noise = generator.normal(size=rows) * math.sqrt(1 - memory**2)
    values = np.empty(rows)
    values[0] = generator.normal()
    for row in range(1, rows):
        values[row] = memory * values[row - 1] + noise[row]
    return values


def test_weather_that_comes_in_spells_is_not_called_drift():
    """Sampling error alone would call most of these windows drift; the reference's own noise keeps them quiet."""
    generator = np.random.default_rng(6)
    bins = Bins("Numeric", edges=tuple(np.linspace(-1.5, 1.5, 9).tolist()))
    alarms = naive = 0
    for seed in range(60):
        reference = bins.codes(autocorrelated(generator, 20_000))
        window = bins.codes(autocorrelated(generator, 2000))
        counts = [np.bincount(codes, minlength=bins.size) for codes in (reference, window)]
        one = measure("JensenShannon", Distribution("x", bins, counts[0]))
        noise = block_noise(reference, bins.size, 20, {"JensenShannon": one}).scaled("JensenShannon", 2000, 0.05)
        widened = distance_interval(one, *counts, alpha=0.05, seed=seed, noise=noise)
        plain = distance_interval(one, *counts, alpha=0.05, seed=seed)
        assert widened.low <= plain.low
        assert widened.high == plain.high
        alarms += widened.low > 0
        naive += plain.low > 0
    assert alarms <= 6
    assert naive >= 50


@pytest.mark.parametrize(
    ("name", "rows"), [("JensenShannon", 100), ("JensenShannon", 20_000), ("PSI", 500), ("Hellinger", 500)]
)
def test_how_often_the_lower_end_is_wrong_is_what_was_asked(name, rows):
    """Two samples of one distribution: the lower end is above 0 in as many as one half of `drift_alpha` says."""
    generator, shares, wrong = np.random.default_rng(9), np.full(20, 0.05), 0
    for _ in range(600):
        reference, window = generator.multinomial(20_000, shares), generator.multinomial(rows, shares)
        wrong += _low(measure(name, categories(reference)), reference, window, 0.2) > 0
    assert 45 <= wrong <= 75  # 60, with a standard deviation of 7


@pytest.mark.parametrize("name", ["JensenShannon", "Hellinger"])
@pytest.mark.parametrize("rows", [1000])
def test_how_often_the_lower_end_is_wrong_at_a_threshold(name, rows):
    """A window that is as far away as the threshold is called drift as often as was asked."""
    generator, shares = np.random.default_rng(10), np.full(20, 0.05)
    moved = shares * np.linspace(0.6, 1.4, 20)
    truth, wrong = float(distance(name, shares * 1e9, moved * 1e9)), 0
    for _ in range(600):
        reference, window = generator.multinomial(50_000, shares), generator.multinomial(rows, moved)
        wrong += _low(measure(name, categories(reference)), reference, window, 0.2) > truth
    assert 45 <= wrong <= 75


def _low(one, reference, window, alpha):
    divergence = _least_divergence(one, reference, window, alpha, np.random.default_rng(1))
    assert divergence is not None
    return math.sqrt(divergence)


@pytest.mark.parametrize("name", ON_COUNTS)
@given(a=COUNTS, b=COUNTS, rare=st.integers(0, 10**9))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_an_interval_is_one_whatever_the_counts(name, a, b, rare):
    """Also where nearly all lie in one cell, or a side has a single row."""
    a, b = a.copy(), b.copy()
    b[0] += rare
    found = interval_of(name, a, b, alpha=0.05, seed=0, drift_alpha=1e-7)
    assert 0 <= found.low <= found.value <= found.high
    assert math.isfinite(found.high)
