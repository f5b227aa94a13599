"""Latencies are counted in the bins of both kinds of histogram, however they come together."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leeboard.observability import native
from leeboard_serving.server.latencies import CLASSIC, SECONDS, SIZE, Latencies

BOUNDS = sorted({*SECONDS, *native.BOUNDS})
VALUES = st.one_of(st.floats(0, 1e4), st.sampled_from(BOUNDS))


@given(st.lists(st.lists(VALUES, max_size=20), max_size=5))
def test_every_latency_is_counted_once_in_each_histogram(batches: list[list[float]]) -> None:
    latencies, classic, exponential = Latencies(), [0] * CLASSIC, [0] * native.SIZE
    for batch in batches:
        for value in batch:
            latencies.add(value)
            classic[bisect_left(SECONDS, value)] += 1
            exponential[native.bucket_of(value)] += 1
        latencies.figures()
    figures = latencies.figures()
    assert figures.shape == (SIZE,)
    assert figures[:-1].tolist() == [*classic, *exponential]
    np.testing.assert_allclose(figures[-1], sum(sum(batch) for batch in batches))


def test_looking_twice_counts_once() -> None:
    latencies = Latencies()
    latencies.add(0.003)
    assert latencies.figures().sum() == latencies.figures().sum() == 2.003
