"""The buckets of our native histograms, and such a histogram made of counts on them.

Prometheus' exponential buckets of schema 3: bucket i ends at 2^(i/8) and begins, open, where the one before ends; so a
quantile is known to within 9 %, or 4.5 % to either side. They are the same in every process and release, so that
histograms of pods add up.
https://prometheus.io/docs/specs/native_histograms/
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from prometheus_client.samples import BucketSpan, NativeHistogram

SCHEMA = 3
_BUCKETS_OF_A_DOUBLING = 1 << SCHEMA
SHORTEST, LONGEST = 2.0**-15, 2.0**7
"""Seconds. What is at most the shortest counts as none, what is above the longest is in the last bucket."""
_FIRST, _LAST = -15 * _BUCKETS_OF_A_DOUBLING + 1, 7 * _BUCKETS_OF_A_DOUBLING
BOUNDS = tuple(2.0 ** (index / _BUCKETS_OF_A_DOUBLING) for index in range(_FIRST - 1, _LAST))
"""Upper bounds in seconds, that of the zero bucket first; the last bucket is open and has none."""
SIZE = len(BOUNDS) + 1
"""How many counts there are: the zero bucket's first, then those of the buckets _FIRST to _LAST."""
_LONGEST_GAP = 2
"""Empty buckets that a span goes on over, as they take less room than another span."""


def bucket_of(seconds: float) -> int:
    """The position of its count, in BOUNDS and behind them."""
    return bisect_left(BOUNDS, seconds)


def native_histogram(counts: Sequence[int], total: float) -> NativeHistogram:
    """The histogram of so many observations in each bucket, and of their sum in seconds.

    Raises ValueError where the counts are not SIZE.
    """
    if len(counts) != SIZE:
        raise ValueError(f"{len(counts)} counts, and there are {SIZE} buckets")
    buckets = counts[1:]
    runs = list(_runs(buckets))
    ends = [0, *(stop for _, stop in runs)]
    spans = [
        BucketSpan(start - end + (_FIRST if number == 0 else 0), stop - start)
        for number, ((start, stop), end) in enumerate(zip(runs, ends, strict=False))
    ]
    shown = [buckets[position] for start, stop in runs for position in range(start, stop)]
    deltas = [after - before for before, after in pairwise([0, *shown])]
    return NativeHistogram(
        count_value=sum(counts),
        sum_value=total,
        schema=SCHEMA,
        zero_threshold=SHORTEST,
        zero_count=counts[0],
        pos_spans=spans,
        pos_deltas=deltas,
    )


def _runs(buckets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Positions from and to which (excluded) buckets are filled, gaps of _LONGEST_GAP at most included."""
    filled = [position for position, count in enumerate(buckets) if count]
    if not filled:
        return
    start = last = filled[0]
    for position in filled[1:]:
        if position - last - 1 > _LONGEST_GAP:
            yield start, last + 1
            start = position
        last = position
    yield start, last + 1
