"""How far answers lie apart: right at every look, and equal models pass."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sequential_blocks import Block, difference_sequence
from leeboard.stats.sequential_categories import categories_evidence, total_variation_sequence

STREAMS = 200
ALPHA = 0.1
SCORES = np.array([0.9, 0.03, 0.02, 0.01, 0.01, 0.01, 0.02])


def stream(generator, share, of_a, of_b, size=100):
    """Blocks of `size` requests: `of_a[i]` and `of_b[i]` are the shares of the categories in block i."""
    a, b = [], []
    for part, one, other in zip(share, of_a, of_b, strict=True):
        mine = generator.binomial(size, part)
        a.append(generator.multinomial(mine, one).tolist())
        b.append(generator.multinomial(size - mine, other).tolist())
    return a, b


def drifting(start, end, count):
    places = np.linspace(0, 1, count)[:, None]
    return (1 - places) * np.array(start) + places * np.array(end)


COMMON = {
    "classes": drifting([0.7, 0.2, 0.1], [0.3, 0.3, 0.4], 30),
    "scores": drifting(SCORES, SCORES[::-1], 30),
}


@pytest.mark.parametrize("of_both", COMMON.values(), ids=COMMON)
def test_equal_models_are_told_apart_no_more_often_than_alpha_though_share_and_answers_change(of_both):
    generator, told, refuted = np.random.default_rng(1), 0, 0
    share = np.linspace(0.05, 0.5, 30)
    for _ in range(STREAMS):
        a, b = stream(generator, share, of_both, of_both)
        told += any(total_variation_sequence(a[:end], b[:end], ALPHA).low > 0 for end in (15, 30))
        refuted += any(categories_evidence(a[:end], b[:end]) >= 1 / ALPHA for end in (5, 15, 30))
    assert told <= ALPHA * STREAMS
    assert refuted <= ALPHA * STREAMS


@pytest.mark.parametrize("of_a", [[0.6, 0.3, 0.1], [0.85, 0.05, 0.02, 0.02, 0.02, 0.02, 0.02]])
def test_the_true_distance_leaves_the_interval_no_more_often_than_alpha(of_a):
    of_b = [0.5, 0.3, 0.2] if len(of_a) == 3 else SCORES
    truth, missed = float(np.abs(np.array(of_a) - of_b).sum() / 2), 0
    generator = np.random.default_rng(2)
    for _ in range(STREAMS):
        a, b = stream(generator, [0.3] * 12, [of_a] * 12, [of_b] * 12)
        ends = (total_variation_sequence(a[:end], b[:end], ALPHA) for end in (4, 8, 12))
        missed += any(not low <= truth <= high for _, low, high in ends)
    assert missed <= ALPHA * STREAMS


@pytest.mark.parametrize(("of_both", "maximum"), [([0.5, 0.5], 0.05), (SCORES, 0.05), ([0.1] * 10, 0.1)])
def test_an_equal_model_passes_with_3000_requests_of_30000(of_both, maximum):
    generator = np.random.default_rng(3)
    passed = sum(
        total_variation_sequence(*stream(generator, [0.1] * 10, [of_both] * 10, [of_both] * 10, 3000), 0.0125).high
        <= maximum
        for _ in range(STREAMS)
    )
    assert passed >= 0.9 * STREAMS


@pytest.mark.parametrize("size", [3, 10])
def test_answers_off_by_twice_the_maximum_are_told(size):
    generator = np.random.default_rng(4)
    of_b = np.full(size, 1 / size)
    of_a = of_b + 0.1 * np.eye(size)[0] - 0.1 / (size - 1) * (1 - np.eye(size)[0])
    streams = (stream(generator, [0.1] * 8, [of_a] * 8, [of_b] * 8, 5000) for _ in range(STREAMS))
    assert sum(total_variation_sequence(a, b, 0.0125).low > 0.05 for a, b in streams) >= 0.95 * STREAMS


def test_of_two_categories_it_is_the_difference_of_one():
    a, b = stream(np.random.default_rng(5), [0.4] * 5, [[0.7, 0.3]] * 5, [[0.4, 0.6]] * 5)
    blocks = [Block(one[0], sum(one), other[0], sum(other)) for one, other in zip(a, b, strict=True)]
    assert total_variation_sequence(a, b, 0.05) == pytest.approx(tuple(difference_sequence(blocks, 0.05)))


def test_evidence_is_the_product_of_scores():
    """The first block says nothing, as both arms are expected to answer alike; the second is scored by the first."""
    a, b, total = [[9, 1], [8, 2]], [[10, 20], [10, 20]], 0.0
    pooled = [(19 + 0.5) / 41, (21 + 0.5) / 41]
    for strength in (30, 300, 3000):
        of_a = [(x + strength * p) / (10 + strength) for x, p in zip(a[0], pooled, strict=True)]
        of_b = [(x + strength * p) / (30 + strength) for x, p in zip(b[0], pooled, strict=True)]
        both = [0.25 * x + 0.75 * y for x, y in zip(of_a, of_b, strict=True)]
        total += math.prod((x / m) ** n for x, m, n in zip(of_a, both, a[1], strict=True)) * math.prod(
            (y / m) ** n for y, m, n in zip(of_b, both, b[1], strict=True)
        )
    assert categories_evidence(a, b) == pytest.approx(total / 3)
    assert categories_evidence(a[:1], b[:1]) == pytest.approx(1)


COUNT = st.one_of(st.integers(0, 30), st.integers(0, 10**9))


@given(st.integers(2, 6).flatmap(lambda k: st.lists(st.lists(COUNT, min_size=2 * k, max_size=2 * k), max_size=3)))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_every_table_has_an_interval_that_nests_and_is_symmetric(rows):
    a, b = [row[: len(row) // 2] for row in rows], [row[len(row) // 2 :] for row in rows]
    value, low, high = total_variation_sequence(a, b, 0.1)
    assert 0 <= low <= value <= high <= 1
    assert math.isfinite(categories_evidence(a, b))
    a, b = a[:1], b[:1]
    value, low, high = total_variation_sequence(a, b, 0.1)
    wide = total_variation_sequence(a, b, 0.01)
    assert wide.low <= low + 1e-6
    assert wide.high >= high - 1e-6
    assert total_variation_sequence(b, a, 0.1) == pytest.approx((value, low, high), abs=1e-6)


def test_without_one_arm_nothing_is_known():
    assert total_variation_sequence([], [], 0.05) == (0, 0, 1)
    assert total_variation_sequence([[1, 2]], [[0, 0]], 0.05) == (0, 0, 1)
    assert categories_evidence([[1, 2]], [[0, 0]]) == 1


@pytest.mark.parametrize(("a", "b"), [([[1]], [[1]]), ([[1, 2]], [[1, 2, 3]]), ([[1, 2]], []), ([[-1, 2]], [[1, 2]])])
def test_impossible_counts_are_refused(a, b):
    with pytest.raises(ValueError):
        total_variation_sequence(a, b, 0.05)
    with pytest.raises(ValueError):
        categories_evidence(a, b)
