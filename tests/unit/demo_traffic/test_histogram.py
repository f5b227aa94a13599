"""Percentiles of durations."""

import numpy as np
import pytest

from e2e.demo.traffic.histogram import LEAST, Histogram


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 1.0])
def test_percentiles_are_within_five_percent(share) -> None:
    seconds = np.random.default_rng(3).lognormal(-3.5, 0.8, 5000)
    histogram = Histogram()
    for one in seconds:
        histogram.add(one)
    exact = np.quantile(seconds, share, method="inverted_cdf")
    assert histogram.count == 5000
    assert histogram.quantile(share) == pytest.approx(exact, rel=0.05)


def test_the_ends_are_counted_too() -> None:
    histogram = Histogram()
    assert histogram.quantile(0.5) is None
    histogram.add(0.0)
    assert histogram.quantile(0.99) == LEAST
    histogram.add(1e9)
    assert histogram.quantile(0.5) == LEAST
    assert 25 < histogram.quantile(1.0) < 40
