"""Latencies of one process: taken one by one on the way of a request, counted many at once from time to time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from leeboard.observability import native

SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the classic buckets, in seconds."""
CLASSIC = len(SECONDS) + 1
SIZE = CLASSIC + native.SIZE + 1
"""Of what is told of them: the classic buckets, those of the native histogram, and the sum."""
_BOUNDS, _NATIVE_BOUNDS = np.array(SECONDS), np.array(native.BOUNDS)


class Latencies:
    """`add` takes seconds, and does nothing else: it is called for every request."""

    __slots__ = ("_figures", "_waiting", "add")

    def __init__(self) -> None:
        self._figures = np.zeros(SIZE)
        self._waiting: list[float] = []
        self.add: Callable[[float], None] = self._waiting.append

    def figures(self) -> NDArray[np.float64]:
        """All that was added: counts of shape [SIZE - 1], and the sum in seconds behind them."""
        if self._waiting:
            seconds = np.array(self._waiting)
            self._waiting.clear()
            figures = self._figures
            figures[:CLASSIC] += _counts(_BOUNDS, seconds)
            figures[CLASSIC:-1] += _counts(_NATIVE_BOUNDS, seconds)
            figures[-1] += seconds.sum()
        return self._figures


def _counts(bounds: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many lie in the bin of each bound, its own value included, and in the open one behind the last."""
    counts: NDArray[np.intp] = np.bincount(np.searchsorted(bounds, values), minlength=len(bounds) + 1)
    return counts
