"""Another unit is told from drift; what the reference has not is counted."""

import numpy as np
import pytest

from leeboard.stats.distributions import (
    Bins,
    Distribution,
    categorical_bins,
    count_values,
    empty,
    numeric_bins,
    unlike,
)
from leeboard.stats.intervals import share_interval
from leeboard.stats.units import unit_factor

GENERATOR = np.random.default_rng(1)
PRICES = GENERATOR.lognormal(3, 0.5, 5000)
REFERENCE = count_values("price", numeric_bins(PRICES), PRICES)


def window(values):
    return count_values("price", REFERENCE.bins, values)


@pytest.mark.parametrize("factor", [100, 0.01, 1000, 60])
def test_a_unit_that_changed_is_named(factor):
    found = unit_factor(REFERENCE, window(factor * GENERATOR.lognormal(3, 0.5, 2000)))
    assert found == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize(
    "values",
    [
        GENERATOR.lognormal(3, 0.5, 2000),
        GENERATOR.lognormal(3, 0.5, 2000) + 500,
        np.append(GENERATOR.lognormal(3, 0.5, 2000), 1e6),
        GENERATOR.lognormal(3, 0.8, 2000),
        3 * GENERATOR.lognormal(3, 0.5, 2000),
        -GENERATOR.lognormal(3, 0.5, 2000),
        np.full(100, 7.0),
    ],
    ids=["the same", "shifted", "an outlier", "wider", "tripled", "negative", "constant"],
)
def test_drift_is_no_other_unit(values):
    assert unit_factor(REFERENCE, window(values)) == 1


def test_of_few_rows_and_of_texts_nothing_is_known():
    assert unit_factor(REFERENCE, window(100 * PRICES[:29])) is None
    assert unit_factor(REFERENCE, window([])) is None
    words = count_values("w", categorical_bins(["a", "b"]), ["a"] * 50)
    assert unit_factor(words, words) is None


def test_a_constant_in_another_unit():
    constant = count_values("c", numeric_bins([5.0] * 100), [5.0] * 100)
    assert unit_factor(constant, count_values("c", constant.bins, [500.0] * 100)) == 100


def test_numbers_beyond_the_reference_and_infinite_ones_are_unlike_it():
    least, largest = PRICES.min(), PRICES.max()
    values = [least, largest, least - 1e-9, largest * 1.001, np.inf, np.nan]
    assert unlike(REFERENCE, window(values)) == (3, 5)
    assert unlike(REFERENCE, window(PRICES)) == (0, 5000)
    assert unlike(REFERENCE, empty(REFERENCE)) == (0, 0)


def test_other_categories_are_unlike_the_reference():
    reference = count_values("w", categorical_bins(["a", "b"]), ["a", "b"])
    assert unlike(reference, count_values("w", reference.bins, ["a", "c", "d", None])) == (2, 3)


def test_a_profile_without_ends_does_not_tell():
    older = Distribution("x", Bins("Numeric", edges=(0.0, 1.0)), np.array([3, 4, 5]))
    assert unlike(older, older) is None


@pytest.mark.parametrize(("truth", "rows"), [(0.01, 300), (0.2, 80), (0.0, 500)])
def test_the_interval_of_a_share_covers_it(truth, rows):
    generator = np.random.default_rng(2)
    found = [
        share_interval(int(generator.binomial(rows, truth)), rows, alpha=0.1, drift_alpha=0.02) for _ in range(500)
    ]
    assert sum(one.low > truth for one in found) <= 0.02 * 500
    assert sum(one.high < truth for one in found) <= 0.07 * 500
    assert all(one.low <= one.value <= one.high for one in found)


@pytest.mark.parametrize(("count", "rows"), [(0, 0), (3, 2), (-1, 2)])
def test_no_share_without_rows(count, rows):
    with pytest.raises(ValueError, match="rows"):
        share_interval(count, rows, alpha=0.05, drift_alpha=0.05)
