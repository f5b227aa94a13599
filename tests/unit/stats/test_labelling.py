"""Which rows are chosen for labels: each once, within bounds, near the boundary or brought by drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeboard.stats.distributions import INFINITE, MISSING, categorical_bins, count_values, numeric_bins
from leeboard.stats.labelling import choose, gained
from leeboard.stats.sampling import id_hashes, sampled, uniform

RANDOM = np.random.default_rng(5)


def hashes_of(rows):
    return id_hashes(np.array([f"r{n}" for n in range(rows)], dtype=object))


@st.composite
def tables(draw):
    rows = draw(st.integers(0, 60))
    scores = draw(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=rows, max_size=rows))
    gains = draw(st.lists(st.sampled_from([0.0, 0.0, 0.01, 0.5]), min_size=rows, max_size=rows))
    return np.array(scores, dtype=float), np.array(gains, dtype=float)


@given(table=tables(), most=st.integers(1, 40), boundary=st.sampled_from([0.5, None]))
def test_as_many_as_there_are_each_once_and_for_a_reason(table, most, boundary):
    scores, gains = table
    chosen = choose(scores, gains, hashes_of(len(scores)), most, boundary=boundary)
    positions, unsure = chosen.positions, chosen.is_uncertain
    assert (np.diff(positions) > 0).all()
    assert np.isfinite(scores[positions[unsure]]).all()
    assert (gains[positions[~unsure]] > 0).all()
    eligible = (gains > 0) | (np.isfinite(scores) & (boundary is not None))
    assert len(positions) == min(most, eligible.sum())
    if boundary is None:
        assert not unsure.any()
        return
    distances = np.abs(scores - boundary)
    left = np.setdiff1d(np.flatnonzero(np.isfinite(scores)), positions)
    if unsure.any() and len(left):
        assert distances[positions[unsure]].max() <= distances[left].min()
    brought = (~unsure).sum()
    assert unsure.sum() >= min(most // 2, np.isfinite(scores).sum())
    assert brought <= most - min(most // 2, np.isfinite(scores).sum())


def test_half_of_each_and_the_drift_in_proportion_to_what_its_bins_gained():
    rows = 40_000
    scores, gains = RANDOM.random(rows), np.repeat([0.0, 0.1, 0.3, 0.0], rows // 4)
    chosen = choose(scores, gains, hashes_of(rows), 4000, boundary=0.5)
    assert chosen.is_uncertain.sum() == 2000
    assert np.abs(scores[chosen.positions[chosen.is_uncertain]] - 0.5).max() < 0.03
    brought = gains[chosen.positions[~chosen.is_uncertain]]
    assert (brought == 0.3).mean() == pytest.approx(0.75, abs=0.03)


def test_the_same_rows_are_chosen_wherever_it_is_done():
    scores, gains, hashes = RANDOM.random(500), RANDOM.random(500), hashes_of(500)
    order = RANDOM.permutation(500)
    first = choose(scores, gains, hashes, 50, boundary=0.5)
    other = choose(scores[order], gains[order], hashes[order], 50, boundary=0.5)
    assert set(order[other.positions]) == set(first.positions)


def test_what_a_small_sample_holds_is_drawn_from_evenly():
    hashes = hashes_of(50_000)
    numbers = uniform(hashes[sampled(hashes, 0.1)])
    assert numbers.mean() == pytest.approx(0.5, abs=0.02)
    assert 0 < numbers.min() < 0.01
    assert 0.99 < numbers.max() < 1
    assert (uniform(np.array([0, 2**64 - 1, 2**63], dtype=np.uint64)) > 0).all()


def test_numbers_that_moved_gain_and_the_others_do_not():
    reference = RANDOM.normal(0, 1, 20_000)
    bins = numeric_bins(reference)
    moved = np.concatenate([RANDOM.normal(0, 1, 3000), RANDOM.normal(3, 0.2, 1000), [np.nan] * 200, [9.0] * 100])
    values = np.array([-1.0, 0.0, 3.0, 9.0, np.nan, np.inf])
    codes = bins.codes(values)
    gains = gained(count_values("x", bins, reference), count_values("x", bins, moved), codes)
    assert gains[:2].tolist() == [0.0, 0.0]
    assert gains[2] > 0.15
    assert gains[3:5] == pytest.approx([100 / 4300, 200 / 4300], rel=0.01)
    assert gains[5] == 0.0
    assert codes[4:].tolist() == [MISSING, INFINITE]


def test_texts_and_windows_without_drift():
    bins = categorical_bins(["AA", "B6", "UA"])
    known = count_values("c", bins, np.array(["AA", "B6", "UA"] * 1000, dtype=object))
    window = count_values("c", bins, np.array(["AA"] * 500 + ["B6"] * 500 + ["ZZ"] * 200 + [None] * 50, dtype=object))
    gains = gained(known, window, bins.codes(["AA", "B6", "UA", "ZZ", None]))
    assert gains.tolist() == pytest.approx([0.0667, 0.0667, 0, 0.16, 0.04], abs=0.001)
    assert gained(known, known, bins.codes(["AA", None])).tolist() == [0, 0]
    nothing = count_values("c", bins, np.empty(0, dtype=object))
    assert gained(known, nothing, bins.codes(["AA"])).tolist() == [0]
    assert gained(nothing, window, bins.codes([])).tolist() == []
