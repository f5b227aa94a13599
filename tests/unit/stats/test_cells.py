"""Few cells of a reference: some of its own edges, exact, and finer where an hour may have all of its numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.cells import MOST_CATEGORIES, MOST_CELLS, OTHERS, SHARES, cells_of, of_categories, of_edges
from leeboard.stats.distributions import Bins, categorical_bins, count_values, numeric_bins

NUMBERS = st.lists(st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, np.nan, np.inf])), max_size=300)


@given(NUMBERS, NUMBERS)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_fine_counts_go_into_cells_exactly(values, others):
    reference = count_values("x", numeric_bins(values), values)
    cells = cells_of(reference)
    assert set(cells.bins.edges) <= set(reference.bins.edges)
    assert cells.bins.size <= MOST_CELLS
    fine = count_values("x", reference.bins, others)
    assert cells.counted(fine.counts).tolist() == count_values("x", cells.bins, others).counts.tolist()
    codes = reference.bins.codes(others)
    assert cells.codes(codes).tolist() == cells.bins.codes(others).tolist()
    again = of_edges(reference.bins, cells.bins.edges)
    assert again.of.tolist() == cells.of.tolist()


def test_numbers_without_ties_are_cut_at_the_shares_and_at_the_ends():
    values = np.random.default_rng(1).lognormal(size=12_000)
    reference = count_values("x", numeric_bins(values), values)
    cells = cells_of(reference)
    below = np.cumsum(cells.counted(reference.counts))[:-1] / 12_000
    assert below.tolist() == pytest.approx([0, *SHARES, 1], abs=0.001)


def test_a_number_that_stands_alone_has_its_cell():
    values = np.concatenate([np.zeros(4000), np.random.default_rng(2).exponential(size=6000)])
    reference = count_values("rain", numeric_bins(values), values)
    assert 4000 in cells_of(reference).counted(reference.counts).tolist()


@pytest.mark.parametrize("number", [3, MOST_CATEGORIES, 40])
def test_the_most_frequent_categories_have_cells_and_all_others_one(number):
    words = [f"w{rank:02}" for rank in range(number) for _ in range(number + 5 - rank)]
    reference = count_values("w", categorical_bins(words), words)
    cells = cells_of(reference)
    names, counts = cells.bins.categories, cells.counted(reference.counts)
    assert len(names) == min(number, MOST_CATEGORIES + 1)
    assert (OTHERS in names) == (number > MOST_CATEGORIES)
    assert counts.sum() == len(words)
    assert cells.counted(count_values("w", reference.bins, ["new", "w00"]).counts).tolist()[-1] == 1
    own = [name for name in names if name != OTHERS]
    assert of_categories(reference.bins, own).of.tolist() == cells.of.tolist()


@pytest.mark.parametrize("edges", [[0.5], [2.0, 1.0], [1.0, 1.0], [float("nan")]])
def test_edges_that_are_not_the_profiles_are_refused(edges):
    with pytest.raises(ValueError, match="edges of cells"):
        of_edges(Bins("Numeric", edges=(1.0, 2.0, 3.0)), edges)


@pytest.mark.parametrize("names", [["c"], ["a", "a"]])
def test_categories_that_are_not_the_profiles_are_refused(names):
    with pytest.raises(ValueError, match="categories of cells"):
        of_categories(Bins("Categorical", categories=("a", "b")), names)


def test_too_many_cells_are_refused():
    edges = tuple(float(number) for number in range(100))
    with pytest.raises(ValueError, match="edges of cells"):
        of_edges(Bins("Numeric", edges=edges), edges[:MOST_CELLS])
