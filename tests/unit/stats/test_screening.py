"""A quick look at many pairs: what it says beside an interval of each."""

import numpy as np
import pytest

from leeboard.stats.distances import NAMES
from leeboard.stats.distributions import count_values, numeric_bins
from leeboard.stats.intervals import distance_interval
from leeboard.stats.measures import measure
from leeboard.stats.screening import screened

GENERATOR = np.random.default_rng(4)
VALUES = GENERATOR.normal(size=20_000)
KNOWN = count_values("x", numeric_bins(VALUES, 20), VALUES)


def counts(shift, rows):
    return count_values("x", KNOWN.bins, GENERATOR.normal(shift, 1, rows)).counts


@pytest.mark.parametrize("name", NAMES)
def test_chance_is_taken_off_and_no_more_than_an_interval_takes(name):
    one = measure(name, KNOWN)
    window = np.stack([counts(0, 150), counts(1, 5000), counts(0, 5000), np.zeros(KNOWN.bins.size, dtype=np.int64)])
    reference = np.stack([counts(0, 400), KNOWN.counts, KNOWN.counts, KNOWN.counts])
    left = screened(one, reference, window, 0)
    intervals = [distance_interval(one, reference[place], window[place], alpha=0.01, seed=0) for place in range(3)]
    assert all(interval.low <= found <= interval.value for interval, found in zip(intervals, left[:3], strict=True))
    assert left[1] > 0.9 * intervals[1].value
    assert left[0] < 0.9 * intervals[0].value
    assert np.isnan(left[3])
    assert screened(one, reference, window, 0)[:3].tolist() == left[:3].tolist()
