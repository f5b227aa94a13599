"""The e-value of two streams of counts: it says what the interval says."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sequential import difference_interval
from leeboard.stats.sequential_evidence import difference_evidence

SMALL = st.integers(0, 400)
LARGE = st.integers(0, 10**9)


def brute_force(failures_a, trials_a, failures_b, trials_b, margin):
    """The least product of both mixture martingales where the probabilities differ by at most the margin."""

    def log_martingale(failures, trials, p):
        mixture = math.lgamma(failures + 0.5) + math.lgamma(trials - failures + 0.5) - math.lgamma(trials + 1)
        return mixture - math.log(math.pi) - failures * math.log(p) - (trials - failures) * math.log(1 - p)

    grid = [(step + 0.5) / 600 for step in range(600)]
    at_a = [log_martingale(failures_a, trials_a, p) for p in grid]
    at_b = [log_martingale(failures_b, trials_b, p) for p in grid]
    pairs = (
        (one + other, p - q) for one, p in zip(at_a, grid, strict=True) for other, q in zip(at_b, grid, strict=True)
    )
    return math.exp(min(log for log, difference in pairs if difference <= margin + 1e-9))


@pytest.mark.parametrize(
    ("counts", "margin"), [((30, 100, 10, 100), 0.05), ((20, 50, 5, 200), 0.0), ((1, 40, 9, 40), 0.1)]
)
def test_it_is_the_least_over_all_probabilities_that_the_hypothesis_allows(counts, margin):
    assert difference_evidence(*counts, margin) == pytest.approx(brute_force(*counts, margin), rel=0.02)


@given(SMALL, SMALL, SMALL, SMALL)
@settings(derandomize=True, max_examples=100, deadline=None)
def test_at_the_lower_end_of_the_interval_it_is_one_over_alpha(fa, sa, fb, sb):
    low, _ = difference_interval(fa, fa + sa, fb, fb + sb, 0.05)
    if low > -1:
        assert difference_evidence(fa, fa + sa, fb, fb + sb, low) == pytest.approx(20, rel=1e-3)


@given(st.tuples(LARGE, LARGE, LARGE, LARGE), st.floats(-1, 1), st.floats(-1, 1))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_it_is_finite_and_falls_with_the_margin(counts, one, other):
    fa, sa, fb, sb = counts
    less, more = sorted((one, other))
    at_less, at_more = (difference_evidence(fa, fa + sa, fb, fb + sb, margin) for margin in (less, more))
    assert 0 <= at_more <= at_less * (1 + 1e-6) < math.inf


def test_without_trials_it_says_nothing():
    assert difference_evidence(0, 0, 0, 0, 0.0) == pytest.approx(1)


@pytest.mark.parametrize("arguments", [(2, 1, 0, 1, 0.0), (-1, 1, 0, 1, 0.0), (0, 1, 0, 1, 1.5)])
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(ValueError):
        difference_evidence(*arguments)
