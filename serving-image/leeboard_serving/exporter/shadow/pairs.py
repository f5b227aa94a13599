"""What is counted of the copies that one challenger got, and of the pairs of its scores and the champion's."""

from collections import Counter
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard_serving.exporter.latency import EDGES as SECONDS
from leeboard_serving.exporter.latency import bins_of
from leeboard_serving.exporter.shadow import differences
from leeboard_serving.exporter.shadow.copies import Copy
from leeboard_serving.exporter.tally import LARGEST_SUM, LARGEST_SUM_OF_SQUARES

POSITIVE = 0.5
"""The score from which on a label is the positive class."""


class Failure(StrEnum):
    """Why there is no pair, although a copy was sent."""

    UNREACHABLE = "Unreachable"
    TIMEOUT = "Timeout"
    STATUS = "Status"
    ANSWER = "Answer"
    OTHER_VERSION = "OtherVersion"


class Dropped(StrEnum):
    """Why no copy was sent of a request that was drawn."""

    RATE = "Rate"
    QUEUE = "Queue"
    TOO_LARGE = "TooLarge"
    NO_ID = "NoId"


class PairTally:
    """Of one challenger. `labels` says that scores are probabilities, of which labels follow."""

    def __init__(self, *, labels: bool) -> None:
        self._labels = labels
        self.failures: Counter[Failure] = Counter()
        self.dropped: Counter[Dropped] = Counter()
        self.answered = self.pairs = 0
        self._flips = np.zeros((2, 2), dtype=np.int64)
        self._differences = np.zeros(len(differences.EDGES) + 1, dtype=np.int64)
        self._sum = self._squares = 0.0
        self._latencies = [0] * (len(SECONDS) + 1)
        self._champions = [0] * (len(SECONDS) + 1)

    @property
    def copies(self) -> int:
        """How many were sent."""
        return self.answered + self.failures.total()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was drawn."""
        return not self.copies and not self.dropped

    def add(self, copy: Copy, scores: NDArray[np.float64], seconds: float) -> None:
        """The challenger gave a finite score for every row, within so many seconds."""
        self.answered += 1
        self.pairs += copy.rows
        self._latencies[bins_of([seconds])[0]] += 1
        self._champions[bins_of([copy.seconds])[0]] += 1
        with np.errstate(over="ignore", invalid="ignore"):
            moved = np.nan_to_num(scores - copy.scores)
            squares = float((moved**2).sum())
            total = float(moved.sum())
        if self._labels:
            before, after = copy.scores >= POSITIVE, scores >= POSITIVE
            np.add.at(self._flips, (before.astype(np.int64), after.astype(np.int64)), 1)
        places = np.searchsorted(differences.EDGES, moved, side="right")
        self._differences += np.bincount(places, minlength=len(self._differences))
        self._sum = float(np.clip(self._sum + total, -LARGEST_SUM, LARGEST_SUM))
        self._squares = min(self._squares + squares, LARGEST_SUM_OF_SQUARES)

    def document(self) -> dict[str, Any]:
        """Its entry in a window: docs/reference/contracts.md, "Window"."""
        document: dict[str, Any] = {
            "copies": self.copies,
            "pairs": self.pairs,
            "failures": dict(self.failures),
            "dropped": dict(self.dropped),
            "difference": {
                "edges": differences.EDGES,
                "counts": self._differences.tolist(),
                "sum": self._sum,
                "sumOfSquares": self._squares,
            },
            "latency": {"edges": SECONDS, "counts": self._latencies},
            "championLatency": {"edges": SECONDS, "counts": self._champions},
        }
        if self._labels:
            (negative, to_positive), (to_negative, positive) = self._flips.tolist()
            flips = {"bothNegative": negative, "toPositive": to_positive}
            document["flips"] = flips | {"toNegative": to_negative, "bothPositive": positive}
        return document
