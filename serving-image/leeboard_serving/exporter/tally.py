"""What was counted of the observations of a span of time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leeboard.observability.native import SIZE, bucket_of
from leeboard.stats.distributions import Distribution, count_values
from leeboard_serving.exporter.latency import EDGES, bins_of
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.segments import SegmentTally
from leeboard_serving.observation import Column, Observations

MOST_WAITING, MOST_WAITING_BYTES = 512, 4 << 20
"""Observations that wait to be counted together. Counting a column costs the same for one row as for some hundred."""
LARGEST_SUM, LARGEST_SUM_OF_SQUARES = 1e150, 1e300
"""What sums are cut to: those of many windows still add up to a number, and the square of their mean is one."""


class Tally:
    """Counts by HTTP status class (`2xx`), latencies on `latency.EDGES`, and distributions on the profile's bins.

    `native` has the latencies once more, on the buckets of native histograms: for Prometheus, in no window. `seconds`
    is the sum of the latencies; `dropped` counts the requests that the server could not tell of, `unread` by
    reason those among all that were answered and whose rows are not known, `undecoded` the frames that were none.
    """

    def __init__(self, references: References) -> None:
        self.statuses: Counter[str] = Counter()
        self.latencies = [0] * (len(EDGES) + 1)
        self.native = [0] * SIZE
        self.seconds = 0.0
        self.rows = self.dropped = self.undecoded = 0
        self.unread: Counter[str] = Counter()
        self.features = dict(references.features)
        self.prediction = references.prediction
        self.segments = SegmentTally(references.segments)
        self._waiting: list[Observations] = []
        self._waiting_bytes = 0

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.statuses.values())

    @property
    def errors(self) -> int:
        """Requests whose status is 500 or above."""
        return self.statuses["5xx"]

    def add(self, observations: Observations) -> None:
        """Count observations that `check` found nothing wrong with."""
        requests = observations.requests
        self.statuses.update(f"{told.status // 100}xx" for told in requests)
        seconds = [told.seconds for told in requests]
        for position in bins_of(seconds):
            self.latencies[position] += 1
        for one in seconds:
            self.native[bucket_of(one)] += 1
        self.seconds += sum(seconds)
        self.dropped += observations.dropped
        self.unread.update(observations.unread)
        if rows := observations.rows:
            self.rows += rows
            self._waiting.append(observations)
            self._waiting_bytes += observations.bytes
        if len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES:
            self.settle()

    def settle(self) -> None:
        """Count the columns that wait. Distributions are complete after it."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if not waiting:
            return
        for name, before in self.features.items():
            self.features[name] = _counted(before, [one.inputs[name] for one in waiting if name in one.inputs])
        self.prediction = _counted(self.prediction, [one.scores for one in waiting])
        self.segments.add(waiting)

    def merge(self, other: "Tally") -> None:
        """Add what another one counted on the same bins. Both are settled by it."""
        self.settle()
        other.settle()
        self.statuses += other.statuses
        self.latencies = [a + b for a, b in zip(self.latencies, other.latencies, strict=True)]
        self.native = [a + b for a, b in zip(self.native, other.native, strict=True)]
        self.seconds += other.seconds
        self.rows += other.rows
        self.dropped += other.dropped
        self.undecoded += other.undecoded
        self.unread += other.unread
        self.features = {name: _cut(one.merge(other.features[name])) for name, one in self.features.items()}
        self.prediction = _cut(self.prediction.merge(other.prediction))
        self.segments.merge(other.segments)


def _counted(before: Distribution, columns: Sequence[Column]) -> Distribution:
    if not columns:
        return before
    # numbers near the largest there are may add up to infinity: what is then kept is cut
    with np.errstate(over="ignore", invalid="ignore"):
        return _cut(before.merge(count_values(before.name, before.bins, np.concatenate(columns))))


def _cut(distribution: Distribution) -> Distribution:
    """Sums that stay numbers: one absurd value would otherwise make a whole window unreadable."""
    total, squares = distribution.total, distribution.total_of_squares
    if abs(total) <= LARGEST_SUM and squares <= LARGEST_SUM_OF_SQUARES:
        return distribution
    bounded = float(np.clip(np.nan_to_num(total, nan=0.0), -LARGEST_SUM, LARGEST_SUM))
    return replace(distribution, total=bounded, total_of_squares=min(squares, LARGEST_SUM_OF_SQUARES))
