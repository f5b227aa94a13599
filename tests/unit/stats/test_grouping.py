"""Large bins out of small ones: alike for reference and window, of equal shares, nothing lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.distributions import Bins, Distribution, categorical_bins, count_values, numeric_bins
from leeboard.stats.grouping import grouped, grouping


def of_counts(counts):
    return Distribution("x", Bins("Numeric", edges=tuple(np.arange(len(counts) - 1.0))), np.array(counts))


@given(st.lists(st.integers(0, 500), min_size=1, max_size=250))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_groups_cover_every_bin_once_and_rise(counts):
    starts = grouping(of_counts(counts))
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert starts[-1] < len(counts)
    assert grouped(np.array(counts), starts).sum() == sum(counts)
    expected = grouped(np.array(counts), starts)
    group = np.searchsorted(starts, np.arange(len(counts)), side="right") - 1
    found = np.bincount(group, weights=counts, minlength=len(starts))
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("groups", [10, 20])
def test_numbers_without_ties_fall_into_equal_shares(groups):
    values = np.random.default_rng(1).lognormal(size=12_000)
    reference = count_values("x", numeric_bins(values), values)
    counts = grouped(reference.counts, grouping(reference, groups))
    assert counts.tolist() == pytest.approx([12_000 / groups] * groups, abs=2)


def test_a_number_that_stands_alone_stays_alone():
    values = np.concatenate([np.zeros(4000), np.random.default_rng(2).exponential(size=6000)])
    reference = count_values("rain", numeric_bins(values), values)
    assert 4000 in grouped(reference.counts, grouping(reference)).tolist()


def test_categories_and_few_bins_stay_as_they_are():
    words = [f"w{number % 60:02}" for number in range(600)]
    assert len(grouping(count_values("w", categorical_bins(words), words))) == 61
    assert grouping(of_counts([1, 0, 5])).tolist() == [0, 1, 2]
    assert grouping(of_counts([0] * 40)).tolist() == list(range(40))
