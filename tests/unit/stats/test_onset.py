"""When a share changed: found where it did, and told of no change where there is none."""

import numpy as np
import pytest

from leeboard.stats.onset import onset


def drawn(shares, rows, seed):
    generator = np.random.default_rng(seed)
    counts = np.full(len(shares), rows, dtype=np.int64)
    return generator.binomial(counts, shares).astype(np.int64), counts


@pytest.mark.parametrize("cut", [7, 30, 53])
@pytest.mark.parametrize(("before", "after"), [(0.05, 0.2), (0.5, 0.3)])
def test_a_change_is_found_where_it_is(cut, before, after):
    shares = np.where(np.arange(60) < cut, before, after)
    for seed in range(20):
        found = onset(*drawn(shares, 200, seed))
        assert found is not None
        assert abs(found.slice - cut) <= 1
        assert found.after == pytest.approx(after, abs=0.06)


def test_slices_that_are_alike_tell_of_none():
    told = [onset(*drawn(np.full(360, 0.2), 100, seed)) for seed in range(300)]
    assert told == [None] * 300


def test_a_share_that_wanders_from_hour_to_hour_tells_of_none():
    """Real traffic is no coin: slices differ more than chance would have it."""
    for seed in range(50):
        generator = np.random.default_rng(seed)
        shares = np.clip(0.2 + generator.normal(0, 0.02, 60), 0, 1)
        assert onset(*drawn(shares, 100, seed)) is None


@pytest.mark.parametrize(
    ("hits", "rows"),
    [([], []), ([3], [9]), ([0, 30], [30, 40]), ([0, 0], [100, 100]), ([100, 100], [100, 100]), ([0, 0], [0, 0])],
)
def test_what_cannot_tell_tells_nothing(hits, rows):
    assert onset(np.array(hits, dtype=np.int64), np.array(rows, dtype=np.int64)) is None


@pytest.mark.parametrize(("hits", "rows"), [([2], [1]), ([-1, 0], [1, 1]), ([1], [1, 2])])
def test_hits_that_are_no_part_are_refused(hits, rows):
    with pytest.raises(ValueError, match="no part"):
        onset(np.array(hits), np.array(rows))
