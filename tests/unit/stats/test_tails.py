"""Tails of divergences of stretches: what is exceeded how rarely."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.tails import Tail, autocorrelation_time, tail_of

NUMBERS = st.floats(min_value=1e-6, max_value=1e3)
TAILS = st.builds(
    Tail, mean=NUMBERS, shape=NUMBERS, start=NUMBERS, excess=NUMBERS,
    beyond=st.floats(min_value=1, max_value=100), independent=st.floats(min_value=2, max_value=2000),
)  # fmt: skip


def gamma(generator, size, spread=1.0):
    return spread * generator.gamma(9.5, 0.001, size=size)


@settings(max_examples=200, deadline=None)
@given(
    tail=TAILS,
    chances=st.lists(st.floats(min_value=1e-40, max_value=0.5), min_size=2, max_size=5),
    bounded=st.booleans(),
)
def test_what_is_exceeded_more_rarely_is_no_less_surprising_than_it_was(tail, chances, bounded):
    for chance in chances:
        found = tail.quantile(chance, bounded=bounded)
        assert found >= 0 and not math.isnan(found)
        assert not bounded or found <= 1


@pytest.mark.parametrize("chance", [0, 1, -1, 2])
def test_a_chance_lies_between_0_and_1(chance):
    with pytest.raises(ValueError, match="chance"):
        Tail(1, 1, 1, 1, 1, 2).quantile(chance, bounded=False)


def test_independent_rows_have_the_tail_that_their_number_explains():
    generator = np.random.default_rng(1)
    tail = tail_of(gamma(generator, 1000), gamma(generator, 400), bounded=False)
    assert 0.7 < tail.excess < 1.4
    assert tail.quantile(1e-4, bounded=False) < 0.5 * tail.mean


@pytest.mark.parametrize("bounded", [True, False])
def test_as_rarely_as_was_asked_a_new_stretch_lies_beyond(bounded):
    """Twenty-four stretches at a time, of an exponential variation: of new ones one in fifty lies beyond."""
    generator, beyond, tried = np.random.default_rng(2), 0, 0
    usual = gamma(generator, 400)
    for _ in range(300):
        found = usual.mean() + generator.exponential(0.05, size=24)
        tail = tail_of(found, usual, bounded=bounded)
        least = tail.quantile(0.02, bounded=bounded) + np.quantile(usual, 0.98)
        new = usual.mean() + generator.exponential(0.05, size=50)
        beyond, tried = beyond + np.count_nonzero(new > least), tried + len(new)
    assert 0.004 < beyond / tried < 0.025


def test_stretches_that_are_alike_count_for_fewer():
    generator = np.random.default_rng(3)
    independent = np.abs(generator.normal(size=400))
    alike = np.repeat(independent[:40], 10)
    assert autocorrelation_time(independent) < 2
    assert 6 < autocorrelation_time(alike) < 20
    assert autocorrelation_time(np.ones(20)) == 1
    few, many = (tail_of(one, gamma(generator, 400), bounded=False) for one in (alike, independent))
    assert few.independent < many.independent / 4
    assert few.quantile(1e-4, bounded=False) > many.quantile(1e-4, bounded=False)


def test_nothing_that_varies_has_no_tail():
    assert tail_of(np.zeros(10), np.zeros(10), bounded=True).quantile(1e-6, bounded=True) == 0
    with pytest.raises(ValueError, match="3 stretches"):
        tail_of(np.zeros(3), np.zeros(10), bounded=True)
