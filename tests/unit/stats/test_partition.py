"""Segments counted together are what they are counted one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.distributions import Bins, count_values
from leeboard.stats.partition import Partition

NUMBER = st.one_of(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 2.0, 1.7e308, -1.7e308]), st.floats(-5, 5))
ROWS = st.lists(st.tuples(st.integers(0, 3), NUMBER, st.sampled_from(["a", "b", "z", None])), max_size=120)
EDGES = st.lists(st.floats(-5, 5), max_size=8, unique=True).map(sorted)


@given(ROWS, EDGES)
@settings(max_examples=200, deadline=None)
def test_counts_of_every_segment(rows, edges):
    codes = np.array([code for code, _, _ in rows], dtype=np.int64)
    numbers = np.array([number for _, number, _ in rows], dtype=np.float64)
    texts = np.array([text for _, _, text in rows], dtype=object)
    partition = Partition.of(codes, 5)
    assert partition.rows.tolist() == np.bincount(codes, minlength=5).tolist()
    for bins, values in ((Bins("Numeric", tuple(edges)), numbers), (Bins("Categorical", categories=("a", "b")), texts)):
        counts, missing = partition.count(bins, values)
        assert (counts.dtype, missing.dtype) == (np.int64, np.int64)
        for segment in range(5):
            alone = count_values("x", bins, values[codes == segment])
            assert counts[segment].tolist() == alone.counts.tolist()
            assert missing[segment] == alone.missing


def test_columns_are_not_changed():
    numbers = np.array([3.0, 1.0, 2.0])
    Partition.of(np.array([0, 1, 0]), 2).count(Bins("Numeric", (1.5,)), numbers)
    assert numbers.tolist() == [3.0, 1.0, 2.0]
