"""When a share left its season: found where it did, however that swings, and told of no change where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from leeboard.stats.onset import onset
from leeboard.stats.seasonal_onset import seasonal_onset

HOURS = 72
EXPECTED = 0.5 - 0.45 * np.cos(2 * np.pi * np.arange(HOURS) / 24)
"""From one in twenty at night to nearly all at noon, three days of it."""


def drawn(excess, rows, seed, expected=EXPECTED):
    generator = np.random.default_rng(seed)
    counts = np.full(len(expected), rows, dtype=np.int64)
    return generator.binomial(counts, expit(logit(expected) + excess)).astype(np.int64), counts


@pytest.mark.parametrize("cut", [9, 30, 60])
@pytest.mark.parametrize("excess", [0.6, -0.6])
def test_a_change_is_found_where_it_is_though_the_season_swings_by_far_more(cut, excess):
    for seed in range(20):
        hits, rows = drawn(np.where(np.arange(HOURS) < cut, 0.0, excess), 400, seed)
        found = seasonal_onset(hits, rows, EXPECTED)
        assert found is not None
        assert abs(found.slice - cut) <= 3
        assert found.before == pytest.approx(0, abs=0.15)
        assert found.after == pytest.approx(excess, abs=0.15)


def test_the_season_itself_is_no_change():
    for seed in range(100):
        hits, rows = drawn(0.0, 400, seed)
        assert seasonal_onset(hits, rows, EXPECTED) is None
        assert onset(hits, rows) is not None  # without the season it is


def test_drift_that_was_there_all_the_while_has_no_beginning():
    for seed in range(50):
        assert seasonal_onset(*drawn(0.8, 400, seed), EXPECTED) is None


@given(st.lists(st.integers(0, 300), min_size=2, max_size=30), st.floats(0.02, 0.98), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_where_all_slices_expect_the_same_it_is_the_plain_one(rows, share, seed):
    generator = np.random.default_rng(seed)
    shares = np.where(np.arange(len(rows)) < len(rows) // 2, 0.2, 0.6)
    counts = np.array(rows, dtype=np.int64)
    hits = generator.binomial(counts, shares).astype(np.int64)
    plain, beside = onset(hits, counts), seasonal_onset(hits, counts, np.full(len(rows), share))
    assert (plain is None) == (beside is None)
    if plain is not None:
        assert beside.slice == plain.slice
        assert (beside.after > beside.before) == (plain.after > plain.before)


@pytest.mark.parametrize(
    ("hits", "rows", "expected"),
    [
        ([], [], []),
        ([3], [9], [0.5]),
        ([0, 0], [0, 0], [0.5, 0.5]),
        ([100, 100], [100, 100], [1.0, 1.0]),
        ([0, 0], [100, 100], [0.0, 0.0]),
        ([0, 30], [30, 40], [0.1, 0.9]),
    ],
)
def test_what_cannot_tell_tells_nothing(hits, rows, expected):
    assert seasonal_onset(*(np.array(one, dtype=np.int64) for one in (hits, rows)), np.array(expected)) is None


def test_shares_of_nothing_and_of_all_are_numbers():
    found = seasonal_onset(np.array([0, 1000]), np.array([1000, 1000]), np.array([0.3, 0.5]))
    assert found is not None
    assert np.isfinite([found.before, found.after]).all()
    assert found.before < -5 < 5 < found.after


@pytest.mark.parametrize(
    ("hits", "rows", "expected", "why"),
    [
        ([2], [1], [0.5], "no part"),
        ([-1, 0], [1, 1], [0.5, 0.5], "no part"),
        ([1, 1], [2, 2], [0.5], "none"),
        ([1, 1], [2, 2], [0.5, 1.5], "none"),
        ([1, 1], [2, 2], [0.5, float("nan")], "none"),
    ],
)
def test_what_is_none_is_refused(hits, rows, expected, why):
    with pytest.raises(ValueError, match=why):
        seasonal_onset(np.array(hits), np.array(rows), np.array(expected))
