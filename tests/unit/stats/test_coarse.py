"""Coarse bins: few, and such that fine counts add up to them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.coarse import LONGEST_CATEGORY, MOST_BINS, MOST_CATEGORIES, coarse_bins
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins

NUMBERS = st.lists(
    st.one_of(st.integers(-3, 3), st.floats(-1e6, 1e6), st.floats(0, 1)), min_size=1, max_size=400
)  # fmt: skip


@given(NUMBERS, st.lists(st.floats(-2e6, 2e6), max_size=100))
@settings(max_examples=150, deadline=None)
def test_every_coarse_edge_is_a_fine_one_and_counts_add_up(reference, window):
    known = count_values("x", numeric_bins(reference), reference)
    coarse = coarse_bins(known)
    assert set(coarse.edges) <= set(known.bins.edges)
    assert coarse.size <= MOST_BINS
    starts = [0, *(known.bins.edges.index(edge) + 1 for edge in coarse.edges)]
    for values in (reference, window):
        fine, few = (count_values("x", bins, values).counts for bins in (known.bins, coarse))
        assert np.add.reduceat(fine, starts).tolist() == few.tolist()


def test_what_lies_beyond_the_reference_stays_apart():
    values = np.random.default_rng(1).normal(size=5000)
    known = count_values("x", numeric_bins(values), values)
    coarse = count_values("x", coarse_bins(known), values)
    assert coarse.has_ends
    assert coarse.bins.size == 22
    assert coarse.counts[1:-1].min() > 200


def test_numbers_that_stand_alone_do_not_break_the_bound():
    generator = np.random.default_rng(2)
    values = np.concatenate([np.repeat(np.arange(19.0) * 1000, 525), generator.normal(size=25)])
    known = count_values("x", numeric_bins(values), values)
    assert 35 < coarse_bins(known).size <= MOST_BINS


@pytest.mark.parametrize("values", [[], [np.nan, np.inf], [3.0], [0.0, 1.0]])
def test_of_little_there_are_bins_too(values):
    known = count_values("x", numeric_bins(values), values)
    assert coarse_bins(known) == known.bins


def test_the_most_frequent_categories_are_kept_and_no_long_ones():
    values = [f"c{number:03}" for number in range(100) for _ in range(number + 1)] + [
        "x" * (LONGEST_CATEGORY + 1)
    ] * 900
    known = count_values("c", categorical_bins(values), values)
    coarse = coarse_bins(known)
    assert coarse.categories == tuple(f"c{number:03}" for number in range(100 - MOST_CATEGORIES, 100))
    assert count_values("c", coarse, values).counts[-1] == 900 + sum(range(1, 101 - MOST_CATEGORIES))
