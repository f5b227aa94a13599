"""A quantile of a histogram, at every look."""

import math
import random

import pytest

from leeboard.stats.quantiles import quantile_interval

EDGES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


def test_the_interval_closes_around_the_bin_of_the_quantile():
    counts = [0, 500, 400, 80, 30, 5, 0, 0]  # 99 % of 1,015 lie below 0.02, more than 97 % below 0.01
    interval = quantile_interval(EDGES, counts, 0.99, 0.05)
    assert 0.005 <= interval.low < interval.value < interval.high <= 0.05
    wider = quantile_interval(EDGES, [count // 10 for count in counts], 0.99, 0.05)
    assert wider.low <= interval.low
    assert wider.high >= interval.high


def test_few_counts_leave_it_open():
    assert quantile_interval(EDGES, [0, 50, 0, 0, 0, 0, 0, 0], 0.99, 0.05).high == math.inf
    assert quantile_interval(EDGES, [0, 5000, 0, 0, 0, 0, 0, 0], 0.99, 0.05).high == 0.002


def test_what_lies_above_the_last_edge_has_no_upper_end():
    interval = quantile_interval(EDGES, [0] * 7 + [4000], 0.99, 0.05)
    assert (interval.low, interval.value, interval.high) == (0.1, 0.1, math.inf)


def test_many_looks_miss_the_quantile_no_more_often_than_alpha():
    generator = random.Random(3)  # noqa: S311
    edges = tuple(step / 10 for step in range(1, 80))
    truth, misses = -math.log(0.1), 0  # the 90th percentile of the exponential distribution
    for _ in range(40):
        counts = [0] * 80
        for n in range(1, 801):
            counts[min(79, int(generator.expovariate(1) * 10))] += 1
            if n % 100 == 0:
                interval = quantile_interval(edges, counts, 0.9, 0.1)
                if not interval.low <= truth <= interval.high:
                    misses += 1
                    break
    assert misses <= 4


@pytest.mark.parametrize("counts", [[0] * 8, [1, 2]])
def test_nothing_or_another_number_of_bins_is_refused(counts):
    with pytest.raises(ValueError, match=r"counted|edges"):
        quantile_interval(EDGES, counts, 0.99, 0.05)
