"""Means of bounded numbers: right at every look, and as narrow as their variance allows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sequential_means import Batch, Bounds, difference_of_means, mean_sequence

STREAMS = 200
UNIT = Bounds(0.0, 1.0)
ALPHA = 0.1


def batch(values):
    return Batch(len(values), float(np.sum(values)), float(np.sum(np.square(values))))


def batches(values, every):
    return [batch(values[start : start + every]) for start in range(0, len(values), every)]


def prefixes(stream, step):
    return (stream[:end] for end in range(step, len(stream) + 1, step))


@pytest.mark.parametrize("draw", [lambda g: g.beta(2, 20, 600), lambda g: (g.random(600) < 0.1).astype(float)])
def test_the_true_mean_leaves_the_interval_no_more_often_than_alpha(draw):
    generator, missed = np.random.default_rng(1), 0
    truth = {True: 1 / 11, False: 0.1}[draw(generator).max() < 1]
    for _ in range(STREAMS):
        looks = prefixes(batches(draw(generator), 20), 5)
        missed += any(not low <= truth <= high for _, low, high in (mean_sequence(one, UNIT, ALPHA) for one in looks))
    assert missed <= ALPHA * STREAMS


def test_equal_arms_are_told_apart_no_more_often_than_alpha_though_share_and_mean_change():
    generator, missed = np.random.default_rng(2), 0
    for _ in range(STREAMS):
        a, b = [], []
        for place in np.linspace(0, 1, 30):
            mine = generator.binomial(60, 0.05 + 0.45 * place)
            level = 2 + 12 * place
            a.append(batch(generator.beta(level, 20, mine)))
            b.append(batch(generator.beta(level, 20, 60 - mine)))
        looks = (difference_of_means(a[:end], b[:end], UNIT, ALPHA) for end in range(5, 31, 5))
        missed += any(not low <= 0 <= high for _, low, high in looks)
    assert missed <= ALPHA * STREAMS


def test_a_mean_worse_by_twice_the_margin_is_told():
    """Beta(2, 20) has a standard deviation of 0.06: a margin of 0.01, 4,000 requests of 40,000."""
    generator, told = np.random.default_rng(3), 0
    for _ in range(STREAMS):
        a = batches(np.minimum(generator.beta(2, 20, 4000) + 0.02, 1), 100)
        b = batches(generator.beta(2, 20, 36_000), 900)
        told += difference_of_means(a, b, UNIT, 0.0125).low > 0.01
    assert told >= 0.95 * STREAMS


def test_little_variance_makes_narrow_intervals():
    generator = np.random.default_rng(4)
    wide = mean_sequence(batches(generator.random(4000), 100), UNIT, 0.05)
    narrow = mean_sequence(batches(0.5 + 0.02 * generator.random(4000), 100), UNIT, 0.05)
    assert narrow.high - narrow.low < (wide.high - wide.low) / 7
    assert wide.high - wide.low < 0.07


def test_wealth_is_what_the_formula_says():
    """Two batches by hand; of the second the mean is expected to be (0.5 + 3) / (1 + 10)."""
    values = [[0.1, 0.5] * 5, [0.2, 0.9] * 10]
    expected = [0.5, 3.5 / 11]
    spread = sum((x - e) ** 2 for xs, e in zip(values, expected, strict=True) for x in xs)
    low = mean_sequence([batch(one) for one in values], UNIT, 0.2).low
    total = sum(map(sum, values))
    stakes = [0.7 * 2.0**-power for power in range(10)]
    wealth = [math.exp(c * (total - 30 * low) - (-math.log(1 - c) - c) * spread) for c in stakes]
    assert sum(wealth) / 10 == pytest.approx(10, rel=1e-6)


def test_the_difference_is_the_one_within_blocks():
    """The mean of both doubles while a's share grows: b is higher by 0.1 at all times, though its sum is lower."""
    a = [Batch(10, 2.0, 0.4), Batch(90, 36.0, 14.4)]
    b = [Batch(90, 27.0, 8.1), Batch(10, 5.0, 2.5)]
    assert difference_of_means(a, b, UNIT, 0.05).value == pytest.approx(-0.1)


BATCH = st.builds(
    lambda count, mean, part: Batch(count, count * mean, count * (mean**2 + part * (mean - mean**2))),
    st.integers(0, 10**9),
    st.floats(0, 1),
    st.floats(0, 1),
)


@given(st.lists(st.tuples(BATCH, BATCH), max_size=5), st.floats(1e-12, 0.99))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_every_batch_has_intervals_that_nest_and_mirror(pairs, alpha):
    a, b = [one for one, _ in pairs], [other for _, other in pairs]
    value, low, high = mean_sequence(a, UNIT, alpha)
    assert 0 <= low <= value <= high <= 1
    wide, narrow = difference_of_means(a, b, UNIT, alpha / 2), difference_of_means(a, b, UNIT, alpha)
    assert -1 <= wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high <= 1
    mirrored = difference_of_means(b, a, UNIT, alpha)
    assert (-narrow.value, -narrow.high, -narrow.low) == pytest.approx(tuple(mirrored), abs=1e-9)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 1e6))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_units_do_not_matter(least, size):
    generator = np.random.default_rng(5)
    values = generator.random(500)
    other = least + size * values
    unit = mean_sequence(batches(values, 100), UNIT, 0.05)
    moved = mean_sequence(batches(other, 100), Bounds(least, least + size), 0.05)
    tolerance = 1e-6 * (abs(least) + size) ** 2 / size
    assert moved == pytest.approx([least + size * one for one in unit], abs=tolerance)


def test_without_numbers_nothing_is_known():
    assert mean_sequence([], Bounds(2.0, 4.0), 0.05) == (3.0, 2.0, 4.0)
    assert difference_of_means([], [], Bounds(2.0, 4.0), 0.05) == (0.0, -2.0, 2.0)
    assert difference_of_means([Batch(0, 0.0, 0.0)], [Batch(1, 0.5, 0.25)], UNIT, 0.05) == (0.0, -1.0, 1.0)


@pytest.mark.parametrize(
    ("stream", "bounds", "alpha"),
    [
        ([Batch(1, 2.0, 4.0)], UNIT, 0.05),
        ([Batch(-1, 0.0, 0.0)], UNIT, 0.05),
        ([Batch(1, math.nan, 0.0)], UNIT, 0.05),
        ([], Bounds(1.0, 1.0), 0.05),
        ([], UNIT, 1.0),
    ],
)
def test_impossible_arguments_are_refused(stream, bounds, alpha):
    with pytest.raises(ValueError):
        mean_sequence(stream, bounds, alpha)
    with pytest.raises(ValueError):
        difference_of_means(stream, [*stream, Batch(1, 0.5, 0.25)], bounds, alpha)
