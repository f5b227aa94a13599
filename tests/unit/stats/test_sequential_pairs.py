"""Paired answers: right at every look, and with fewer requests than two samples need."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sequential import difference_interval
from leeboard.stats.sequential_pairs import paired_difference, paired_evidence

STREAMS = 200


def looks(generator, only_a, only_b, every, count):
    """Cumulative counts of disagreements; the rates are arrays of `count` places, or numbers."""
    drawn = generator.random((count, every))
    only_a, only_b = np.broadcast_to(only_a, count)[:, None], np.broadcast_to(only_b, count)[:, None]
    a = np.cumsum((drawn < only_a).sum(axis=1))
    b = np.cumsum(((drawn >= only_a) & (drawn < only_a + only_b)).sum(axis=1))
    return [(int(one), int(other), every * (place + 1)) for place, (one, other) in enumerate(zip(a, b, strict=True))]


DRIFT = 0.05 + 0.04 * np.sin(np.linspace(0, 9, 200))


@pytest.mark.parametrize(("every", "rate"), [(1, 0.1), (50, 0.01), (20, DRIFT)])
def test_equal_models_are_told_apart_no_more_often_than_alpha(every, rate):
    generator, alpha = np.random.default_rng(1), 0.1
    wrong = sum(
        any(paired_evidence(*one, 0.0) >= 1 / alpha for one in looks(generator, rate, rate, every, 200))
        for _ in range(STREAMS)
    )
    assert wrong <= alpha * STREAMS


@pytest.mark.parametrize(("disagree", "margin"), [(0.02, 0.01), (0.1, 0.02), (0.0, 0.01)])
def test_a_model_worse_by_twice_the_margin_is_told(disagree, margin):
    generator = np.random.default_rng(2)
    rates = disagree / 2 + 2 * margin, disagree / 2
    told = sum(paired_evidence(*looks(generator, *rates, 12_000, 1)[0], margin) >= 80 for _ in range(STREAMS))
    assert told >= 0.95 * STREAMS


def test_fewer_requests_than_two_samples_need():
    """Both fail at a tenth, and disagree on one of a hundred."""
    _, low, high = paired_difference(10, 10, 2000, 0.05)
    independent = difference_interval(200, 2000, 200, 2000, 0.05)
    assert high - low < (independent[1] - independent[0]) / 2
    assert high <= 0.012


def test_wealth_is_what_the_bets_say():
    plus, minus, same, delta = 12, 3, 85, 0.02
    stakes = [2.0**-power for power in range(1, 10)]
    wealth = [(1 + s * (1 - delta)) ** plus * (1 - s * (1 + delta)) ** minus * (1 - s * delta) ** same for s in stakes]
    assert paired_evidence(12, 3, 100, delta) == pytest.approx(sum(wealth) / len(wealth))


COUNT = st.integers(0, 10**9)


@given(COUNT, COUNT, COUNT, st.floats(1e-12, 0.99))
@settings(derandomize=True, max_examples=150, deadline=None)
def test_every_count_has_an_interval_that_nests_and_mirrors(plus, minus, same, alpha):
    pairs = plus + minus + same
    value, low, high = paired_difference(plus, minus, pairs, alpha)
    assert -1 <= low <= value <= high <= 1
    mirrored = paired_difference(minus, plus, pairs, alpha)
    assert (-value, -high, -low) == pytest.approx(tuple(mirrored), abs=1e-12)
    wide = paired_difference(plus, minus, pairs, alpha / 3)
    assert wide.low <= low <= high <= wide.high
    assert math.isfinite(paired_evidence(plus, minus, pairs, 0.01))


def test_without_pairs_nothing_is_known():
    assert paired_difference(0, 0, 0, 0.05) == (0, -1, 1)
    assert paired_evidence(0, 0, 0, 0.0) == 1


@pytest.mark.parametrize("arguments", [(2, 1, 2, 0.05), (-1, 0, 3, 0.05), (0, 0, 3, 1.0)])
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(ValueError):
        paired_difference(*arguments)
    with pytest.raises(ValueError):
        paired_evidence(2, 2, 3, 0.0)
    with pytest.raises(ValueError):
        paired_evidence(1, 1, 3, 2.0)
