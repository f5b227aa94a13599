"""Quantiles and their ratios from histograms: right at every look, and narrow enough to end a rollout."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sequential_quantiles import quantile_ratio_sequence, quantile_sequence
from leeboard_serving.exporter.latency import EDGES

STREAMS = 200


def latencies(generator, count, scale=0.02):
    return generator.lognormal(math.log(scale), 0.6, count)


def histogram(values):
    return np.bincount(np.searchsorted(EDGES, values), minlength=len(EDGES) + 1).tolist()


def looks(values, every):
    counts = np.zeros(len(EDGES) + 1, dtype=np.int64)
    for start in range(0, len(values), every):
        counts += np.array(histogram(values[start : start + every]))
        yield counts.tolist()


@pytest.mark.parametrize("q", [0.5, 0.99])
def test_the_true_quantile_leaves_the_interval_no_more_often_than_alpha(q):
    generator, alpha = np.random.default_rng(1), 0.1
    truth = float(np.quantile(latencies(generator, 400_000), q))
    missed = 0
    for _ in range(STREAMS):
        for counts in looks(latencies(generator, 2000), 250):
            _, low, high = quantile_sequence(EDGES, counts, q, alpha)
            if not low <= truth <= high:
                missed += 1
                break
    assert missed <= alpha * STREAMS


def test_the_ratio_of_equal_arms_leaves_the_interval_no_more_often_than_alpha():
    generator, alpha, missed = np.random.default_rng(2), 0.1, 0
    for _ in range(STREAMS):
        arms = zip(looks(latencies(generator, 1000), 200), looks(latencies(generator, 4000), 800), strict=True)
        missed += any(not low <= 1 <= high for _, low, high in (_ratio(a, b, alpha) for a, b in arms))
    assert missed <= alpha * STREAMS


def _ratio(a, b, alpha, q=0.95):
    return quantile_ratio_sequence(EDGES, a, b, q, alpha)


def test_three_times_the_latency_is_seen_within_a_few_hundred_requests():
    generator, seen = np.random.default_rng(3), 0
    for _ in range(STREAMS):
        a, b = histogram(latencies(generator, 700, 0.06)), histogram(latencies(generator, 6300))
        seen += quantile_ratio_sequence(EDGES, a, b, 0.99, 0.0125).low > 1.5
    assert seen >= 0.95 * STREAMS


def test_equal_latency_passes_a_ratio_of_twice():
    generator, passed = np.random.default_rng(4), 0
    for _ in range(STREAMS):
        a, b = histogram(latencies(generator, 6000)), histogram(latencies(generator, 54_000))
        passed += quantile_ratio_sequence(EDGES, a, b, 0.99, 0.0125).high <= 2
    assert passed >= 0.9 * STREAMS


def test_an_edge_is_refuted_by_one_bet_on_the_share_above_it():
    """90 of 100 above the edge, at the median: the wealth by hand, at the alpha at which it is just enough."""
    wealth = 0.0
    for target in (200, 700, 2500, 8000, 25000, 80000):
        stake = math.sqrt(2 * 4.4 / (target * 0.25))
        wealth += (1 + stake / 2) ** 90 * (1 - stake / 2) ** 10 / 6
    alpha = 2 / wealth
    assert quantile_sequence([1.0], [10, 90], 0.5, alpha * 1.001).low == 1
    assert quantile_sequence([1.0], [10, 90], 0.5, alpha * 0.999).low == 0


def test_the_value_is_interpolated_and_the_open_bin_has_no_end():
    value, low, high = quantile_sequence([1.0, 2.0], [100, 100, 0], 0.75, 0.05)
    assert value == pytest.approx(1.5)
    assert (low, high) == (1.0, 2.0)
    assert quantile_sequence([1.0, 2.0], [0, 0, 500], 0.5, 0.05) == (2.0, 2.0, math.inf)
    assert quantile_ratio_sequence([1.0, 2.0], [0, 0, 1], [1, 0, 0], 0.5, 0.05)[1:] == (0.0, math.inf)


COUNTS = st.lists(st.one_of(st.integers(0, 50), st.integers(0, 10**9)), min_size=4, max_size=4).filter(any)


@given(COUNTS, COUNTS, st.floats(0.01, 0.99), st.floats(1e-9, 0.9))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_every_histogram_has_intervals_that_nest_and_mirror(a, b, q, alpha):
    edges = [0.5, 1.0, 4.0]
    value, low, high = quantile_sequence(edges, a, q, alpha)
    assert 0 <= low <= value <= high
    wide = quantile_sequence(edges, a, q, alpha / 2)
    assert wide.low <= low <= high <= wide.high
    value, low, high = quantile_ratio_sequence(edges, a, b, q, alpha)
    assert 0 <= low <= value <= high
    mirrored = quantile_ratio_sequence(edges, b, a, q, alpha)
    assert mirrored.low == pytest.approx(1 / high if math.isfinite(high) else 0)
    wide = quantile_ratio_sequence(edges, a, b, q, alpha / 2)
    assert wide.low <= low <= high <= wide.high


@pytest.mark.parametrize(
    ("edges", "counts", "q", "alpha"),
    [
        ([1.0], [1], 0.5, 0.05),
        ([], [1], 0.5, 0.05),
        ([2.0, 1.0], [1, 1, 1], 0.5, 0.05),
        ([0.0, 1.0], [1, 1, 1], 0.5, 0.05),
        ([1.0, math.inf], [1, 1, 1], 0.5, 0.05),
        ([1.0], [0, 0], 0.5, 0.05),
        ([1.0], [-1, 2], 0.5, 0.05),
        ([1.0], [1, 1], 1.0, 0.05),
        ([1.0], [1, 1], 0.5, 0.0),
    ],
)
def test_impossible_arguments_are_refused(edges, counts, q, alpha):
    with pytest.raises(ValueError):
        quantile_sequence(edges, counts, q, alpha)
