"""Distances by name on the bins of a reference: what they find, what they cannot be misled by, what they leave open."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from leeboard.stats.distances import NAMES
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins
from leeboard.stats.intervals import distance_interval
from leeboard.stats.measures import measure
from leeboard.stats.ordered import spread

NORMAL = np.random.default_rng(1).normal(size=20_000)
REFERENCE = count_values("x", numeric_bins(NORMAL), NORMAL)


def found(name, values, reference=REFERENCE, **options):
    window = count_values("x", reference.bins, values)
    options = {"alpha": 0.05, "seed": 0} | options
    return distance_interval(measure(name, reference), reference.counts, window.counts, **options)


@pytest.mark.parametrize("name", NAMES)
def test_one_number_far_away_hides_no_shift(name):
    """Evidently's PSI and Wasserstein distance miss a shift of one standard deviation beside a single 10⁶."""
    shifted = np.random.default_rng(2).normal(loc=1, size=5000)
    with_one, without = found(name, np.append(shifted, 1e6)), found(name, shifted)
    assert with_one.value == pytest.approx(without.value, rel=0.01)
    beside = np.append(NORMAL, 1e6)
    reference = count_values("x", numeric_bins(beside), beside)
    assert found(name, shifted, reference).value == pytest.approx(without.value, rel=0.02)
    assert found(name, shifted, reference).low > 0.15


@pytest.mark.parametrize("name", NAMES)
def test_more_of_the_same_is_near_and_surely_near(name):
    calm = found(name, np.random.default_rng(3).normal(size=20_000), drift_alpha=1e-6)
    assert calm.low == 0
    assert calm.low <= calm.value <= calm.high < 0.1


def test_the_interval_of_an_ordered_distance_holds_the_exact_one():
    for seed in range(40):
        values = np.random.default_rng(seed).normal(loc=0.2, scale=1.2, size=3000)
        exact = float(ks_2samp(NORMAL, values).statistic)
        found_here = found("KolmogorovSmirnov", values)
        assert found_here.low <= exact <= found_here.high
        edges = REFERENCE.bins.edges[1:-1]
        clipped = [np.clip(one, edges[0], edges[-1]) for one in (NORMAL, values)]
        exact = wasserstein_distance(*clipped) / spread(REFERENCE)
        found_here = found("Wasserstein", values)
        assert found_here.value == pytest.approx(exact, abs=0.02)
        assert found_here.low <= exact <= found_here.high


def test_the_unit_of_wasserstein_is_a_standard_deviation_that_one_number_does_not_change():
    assert spread(REFERENCE) == pytest.approx(1, rel=0.03)
    with_one = np.append(NORMAL, 1e9)
    assert spread(count_values("x", numeric_bins(with_one), with_one)) == pytest.approx(spread(REFERENCE), rel=0.01)
    rain = np.concatenate([np.zeros(9000), np.linspace(1, 2, 1000)])
    assert spread(count_values("x", numeric_bins(rain), rain)) == pytest.approx(rain.std())


def test_what_is_not_of_numbers_has_no_distance_of_numbers():
    words = ["a", "b", "a"]
    of_words = count_values("w", categorical_bins(words), words)
    assert measure("KolmogorovSmirnov", of_words) is None
    assert measure("Wasserstein", of_words) is None
    assert measure("Hellinger", of_words) is not None
    constant = count_values("c", numeric_bins([5.0] * 9), [5.0] * 9)
    assert measure("Wasserstein", constant) is None
    assert spread(constant) == spread(of_words) == 0


@pytest.mark.parametrize("name", ["JensenShannon", "KolmogorovSmirnov", "TotalVariation", "LInfinity"])
def test_a_constant_that_changed_is_as_far_away_as_can_be(name):
    constant = count_values("c", numeric_bins([5.0] * 900), [5.0] * 900)
    assert found(name, [7.0] * 900, constant).value == pytest.approx(1)
