"""Whether a stream of errors changed: what the same rows mean is another thing than before.

Both detectors take one number after the other, in the order of time, and keep no more than a few dozen of them.
"""

import math
from collections import deque
from collections.abc import Iterable
from typing import Protocol

CLOCK, GRACE = 32, 10
"""How often a cut is looked for, and numbers before the first."""
LEAST_WINDOW = 5
"""Numbers on both sides of a cut."""
BUCKETS = 5
"""Of each size; memory and time grow with it, and so does how well places of cuts are known."""


class Detector(Protocol):
    """Takes numbers and says when they changed."""

    def update(self, value: float) -> bool:
        """Whether with this number a change was found."""


class _Row:
    """Buckets of one size, the oldest first: sums, and sums of squared deviations from the bucket's own mean."""

    __slots__ = ("deviations", "totals")

    def __init__(self) -> None:
        self.totals: deque[float] = deque()
        self.deviations: deque[float] = deque()


class AdaptiveWindow:
    """ADWIN, a window that drops its older part where that has surely another mean (Bifet and Gavaldà 2007).

    Its false alarms are bounded by `delta` for each look at numbers of a bounded range. The window is kept as buckets
    of 1, 2, 4, … numbers, so that n of them take O(log n). The bound is the one with the variance, section 3.3 of the
    paper; clock, grace and bucket sizes are those of MOA and river, and as in river the number after a change begins a
    new window, because the rest of the old one is cut again and again by the same change.
    """

    def __init__(self, delta: float = 0.002) -> None:
        if not 0 < delta < 1:
            raise ValueError(f"delta has to lie between 0 and 1: {delta}")
        self.delta = delta
        self._begin()

    def _begin(self) -> None:
        self.width = 0
        self._seen = 0
        self._total = self._deviation = 0.0
        self._rows = [_Row()]
        self._changed = False

    @property
    def mean(self) -> float:
        """Of the window; 0 while it is empty."""
        return self._total / self.width if self.width else 0.0

    def update(self, value: float) -> bool:
        """See Detector. Raises ValueError for a number that is not finite."""
        if not math.isfinite(value):
            raise ValueError(f"{value} is no error")
        if self._changed:
            self._begin()
        self._insert(value)
        self._seen += 1
        if self._seen % CLOCK or self.width <= GRACE:
            return False
        while self._is_cut():
            self._drop()
            self._changed = True
        return self._changed

    def _insert(self, value: float) -> None:
        if self.width:
            self._deviation += self.width * (value - self.mean) ** 2 / (self.width + 1)
        self.width += 1
        self._total += value
        self._rows[0].totals.append(value)
        self._rows[0].deviations.append(0.0)
        size = 1
        for level, row in enumerate(self._rows):
            if len(row.totals) <= BUCKETS:
                return
            if level + 1 == len(self._rows):
                self._rows.append(_Row())
            a, b = row.totals.popleft(), row.totals.popleft()
            apart = size * ((a - b) / size) ** 2 / 2
            self._rows[level + 1].totals.append(a + b)
            self._rows[level + 1].deviations.append(row.deviations.popleft() + row.deviations.popleft() + apart)
            size *= 2

    def _is_cut(self) -> bool:
        """Whether somewhere between two buckets the numbers before and after have another mean."""
        logarithm = math.log(2 * math.log(self.width) / self.delta)
        variance = self._deviation / self.width
        before, total = 0, 0.0
        for level in range(len(self._rows) - 1, -1, -1):
            size = 1 << level
            for part in self._rows[level].totals:
                before += size
                total += part
                after = self.width - before
                if after < LEAST_WINDOW:
                    return False
                if before < LEAST_WINDOW:
                    continue
                inverse = 1 / (before - LEAST_WINDOW + 1) + 1 / (after - LEAST_WINDOW + 1)
                bound = math.sqrt(2 * inverse * variance * logarithm) + 2 / 3 * inverse * logarithm
                if abs(total / before - (self._total - total) / after) > bound:
                    return True
        return False

    def _drop(self) -> None:
        """Forget the oldest bucket."""
        row = self._rows[-1]
        size = 1 << (len(self._rows) - 1)
        total, deviation = row.totals.popleft(), row.deviations.popleft()
        self.width -= size
        self._total -= total
        apart = total / size - self.mean
        self._deviation = max(0.0, self._deviation - deviation - size * self.width * apart**2 / (size + self.width))
        if not row.totals and len(self._rows) > 1:
            self._rows.pop()


class PageHinkley:
    """The sum of deviations from the running mean, against its least and its largest (Page 1954, Hinkley 1971).

    It alarms where the sum is more than `threshold` away, and begins anew. `delta` is the change that does not matter,
    `forgetting` how much of the sum stays with each number. The defaults are river's.
    """

    def __init__(
        self, threshold: float = 50.0, delta: float = 0.005, forgetting: float = 0.9999, least_numbers: int = 30
    ) -> None:
        if threshold <= 0 or not 0 < forgetting <= 1:
            raise ValueError(f"threshold {threshold}, forgetting {forgetting}")
        self._threshold, self._delta, self._forgetting, self._least = threshold, delta, forgetting, least_numbers
        self._begin()

    def _begin(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._rising = self._falling = 0.0
        self._low, self._high = math.inf, -math.inf

    def update(self, value: float) -> bool:
        """See Detector. Raises ValueError for a number that is not finite."""
        if not math.isfinite(value):
            raise ValueError(f"{value} is no error")
        self._count += 1
        self._mean += (value - self._mean) / self._count
        deviation = value - self._mean
        self._rising = self._forgetting * self._rising + deviation - self._delta
        self._falling = self._forgetting * self._falling + deviation + self._delta
        self._low, self._high = min(self._low, self._rising), max(self._high, self._falling)
        far = max(self._rising - self._low, self._high - self._falling) > self._threshold
        if far and self._count >= self._least:
            self._begin()
            return True
        return False


def changes(detector: Detector, values: Iterable[float]) -> list[int]:
    """The places at which a detector found a change."""
    return [place for place, value in enumerate(values) if detector.update(value)]
