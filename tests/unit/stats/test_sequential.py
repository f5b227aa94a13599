"""The intervals of the rollout analysis: always valid, and narrow enough to be of use."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sequential import difference_interval, rate_interval


def test_many_looks_miss_the_truth_no_more_often_than_alpha():
    generator = random.Random(7)  # noqa: S311
    misses = 0
    for _ in range(60):
        a = b = 0
        for n in range(1, 401):
            a += generator.random() < 0.05
            b += generator.random() < 0.05
            if n % 50 == 0:
                low, high = difference_interval(a, n, b, n, 0.1)
                if not low <= 0 <= high:
                    misses += 1
                    break
    assert misses <= 6


@pytest.mark.parametrize(
    ("counts", "low_above", "high_below"),
    [
        ((0, 2000, 0, 2000), -0.011, 0.011),
        ((120, 600, 0, 600), 0.13, 0.28),
        ((10, 1000, 10, 1000), -0.03, 0.03),
    ],
)
def test_widths(counts, low_above, high_below):
    low, high = difference_interval(*counts, 0.05)
    assert low_above < low < high < high_below


def test_without_trials_nothing_is_known():
    assert difference_interval(0, 0, 0, 0, 0.05) == pytest.approx((-1, 1), abs=1e-3)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_the_interval_is_mirrored_and_holds_the_estimate(fa, sa, fb, sb):
    na, nb = fa + sa, fb + sb
    low, high = difference_interval(fa, na, fb, nb, 0.05)
    mirrored = difference_interval(fb, nb, fa, na, 0.05)
    assert (-high, -low) == pytest.approx(mirrored)
    if na and nb:
        assert low - 1e-9 <= fa / na - fb / nb <= high + 1e-9


@pytest.mark.parametrize(("failures", "trials"), [(0, 50), (5, 50), (50, 50), (3, 1000)])
def test_more_doubt_allowed_makes_one_rate_narrower(failures, trials):
    low, high = rate_interval(failures, trials, 0.01)
    narrow_low, narrow_high = rate_interval(failures, trials, 0.2)
    assert low <= narrow_low <= failures / trials <= narrow_high <= high
    assert narrow_high - narrow_low < high - low


@pytest.mark.parametrize("arguments", [(2, 1, 0, 1, 0.05), (-1, 1, 0, 1, 0.05), (0, 1, 0, 1, 0.0), (0, 1, 0, 1, 1.0)])
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(ValueError):
        difference_interval(*arguments)
