"""What the workers of one server counted, in memory that they share, so that any of them can tell of all."""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leeboard_serving.server import latencies
from leeboard_serving.server.latencies import Latencies

ROWS = tuple(float(1 << power) for power in range(14))
"""Upper bounds of the rows of a batch."""
ROUTES = ("infer", "grpc", "metadata", "health", "repository", "other", "shadow")
INFERRING = ("infer", "grpc", "shadow")
"""Routes by which the model is asked; `shadow` has copies of requests that another version answered."""
STATUSES = ("2xx", "4xx", "5xx")


class Histogram:
    """Counts on bounds, and the sum; of one process."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> int:
        """Count a value in the bin of the first bound that is not below it; returns the bin's position."""
        position = bisect_left(self.bounds, value)
        self.counts[position] += 1
        self.total += value
        return position


class Layout:
    """Where each count lies in a worker's row."""

    def __init__(self) -> None:
        self.size = 0
        self.requests = self._take(len(ROUTES) * len(STATUSES))
        self.seconds = {route: self._take(latencies.SIZE) for route in INFERRING}
        self.predict = self._take(latencies.SIZE)
        self.batch = self._take(len(ROWS) + 2)
        self.batch_seconds = self._take(len(ROWS) + 1)
        self.singles = {name: self._take(1) for name in SINGLES}

    def _take(self, number: int) -> slice:
        start, self.size = self.size, self.size + number
        return slice(start, self.size)


SINGLES = (
    *("waiting", "refused", "late", "failed_checks", "untold", "dropped", "connections"),
    *("answered_seconds", "failed_seconds", "last_answer"),
)
LAYOUT = Layout()


class SharedCounts:
    """A row of float64 for each worker, and one state of all; made before the workers are forked."""

    def __init__(self, workers: int) -> None:
        self._unloaded = mmap.mmap(-1, 1)
        memory = mmap.mmap(-1, max(1, workers) * LAYOUT.size * 8)
        self._rows: NDArray[np.float64] = np.frombuffer(memory, dtype=np.float64).reshape(max(1, workers), LAYOUT.size)

    @property
    def loaded(self) -> bool:
        """Whether the workers answer; what one of them is told, all do."""
        return not self._unloaded[0]

    @loaded.setter
    def loaded(self, value: bool) -> None:
        self._unloaded[0] = not value

    def row(self, worker: int) -> NDArray[np.float64]:
        """What one worker writes."""
        own: NDArray[np.float64] = self._rows[worker]
        return own

    def newest(self, single: str) -> float:
        """The greatest of what the workers say."""
        return float(self._rows[:, LAYOUT.singles[single]].max())

    def total(self) -> NDArray[np.float64]:
        """Of all workers."""
        total: NDArray[np.float64] = self._rows.sum(axis=0)
        return total


class Counts:
    """What one worker counts: in plain numbers on the way of a request, published from time to time."""

    def __init__(self, row: NDArray[np.float64]) -> None:
        self._row = row
        self._requests = [0] * (len(ROUTES) * len(STATUSES))
        self.seconds = {route: Latencies() for route in INFERRING}
        self.predict, self.batch = Latencies(), Histogram(ROWS)
        self._batch_seconds = [0.0] * (len(ROWS) + 1)
        self._answered_seconds = self._failed_seconds = self._last_answer = 0.0

    def answered(self, route: str, status: int) -> None:
        """A request of a route (one of ROUTES) was answered."""
        self._requests[3 * ROUTES.index(route) + (0 if status < 400 else 1 if status < 500 else 2)] += 1

    def inferred(self, route: str, seconds: float) -> None:
        """An inference request of a route (one of INFERRING) was answered as it should be."""
        self.seconds[route].add(seconds)
        self._answered_seconds += seconds
        self._requests[3 * ROUTES.index(route)] += 1

    def failed(self, route: str, seconds: float, status: int) -> None:
        """An inference request of a route (one of INFERRING) was answered with a failure."""
        self.seconds[route].add(seconds)
        self._failed_seconds += seconds
        self.answered(route, status)

    def computed(self, rows: int, seconds: float, now: float) -> None:
        """The model was called; `now` is in seconds since 1970."""
        self.predict.add(seconds)
        self._batch_seconds[self.batch.add(rows)] += seconds
        self._last_answer = now

    def publish(self, singles: dict[str, float]) -> None:
        """Show the others what was counted, and the present figures by name."""
        row = self._row
        row[LAYOUT.requests] = self._requests
        for route, seconds in self.seconds.items():
            row[LAYOUT.seconds[route]] = seconds.figures()
        row[LAYOUT.predict] = self.predict.figures()
        row[LAYOUT.batch] = [*self.batch.counts, self.batch.total]
        row[LAYOUT.batch_seconds] = self._batch_seconds
        own = {
            "answered_seconds": self._answered_seconds,
            "failed_seconds": self._failed_seconds,
            "last_answer": self._last_answer,
        }
        for name, value in (singles | own).items():
            row[LAYOUT.singles[name]] = value
