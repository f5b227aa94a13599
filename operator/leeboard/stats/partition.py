"""Rows put together by the segment they belong to, so that every segment is counted by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import Bins, Counts


@dataclass(frozen=True, eq=False)
class Partition:
    """`order` are the rows, segment after segment; those of segment s stand from `bounds[s]` to `bounds[s + 1]`."""

    codes: NDArray[np.int64]
    order: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, codes: NDArray[np.int64], segments: int) -> Self:
        """`codes` are the segment of every row, 0 to `segments` - 1."""
        # the smaller the type, the faster the sort
        order = np.argsort(codes.astype(np.uint8) if segments <= 256 else codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=segments))
        return cls(codes, order, np.concatenate([[0], ends]))

    @property
    def rows(self) -> Counts:
        """How many rows each segment has."""
        return np.diff(self.bounds)

    def count(self, bins: Bins, values: Sequence[Any] | NDArray[Any]) -> tuple[Counts, Counts]:
        """A column's counts (segments, bins), and its missing values (segments). Infinite numbers are in neither."""
        if bins.kind == "Categorical":
            return self._categories(bins, values)
        return self._numbers(np.asarray(bins.edges, dtype=np.float64), np.asarray(values, dtype=np.float64))

    def _categories(self, bins: Bins, values: Sequence[Any] | NDArray[Any]) -> tuple[Counts, Counts]:
        """A missing value has the code -1 and becomes the first of a segment's places."""
        places = bins.size + 1
        joint = self.codes * places + bins.codes(values) + 1
        table = np.bincount(joint, minlength=len(self.rows) * places).reshape(-1, places).astype(np.int64)
        return table[:, 1:], table[:, 0]

    def _numbers(self, edges: NDArray[np.float64], numbers: NDArray[np.float64]) -> tuple[Counts, Counts]:
        """Every segment is sorted and the edges looked up in it: several times as fast as to look up each number."""
        ordered, bounds = numbers[self.order], self.bounds
        missing = np.zeros(len(bounds) - 1, dtype=np.int64)
        finite = np.isfinite(ordered)
        if not finite.all():
            missing = np.diff(_running(np.isnan(ordered))[bounds])
            ordered, bounds = ordered[finite], _running(finite)[bounds]
        below = np.zeros((len(bounds) - 1, len(edges) + 2), dtype=np.int64)
        below[:, -1] = np.diff(bounds)
        places = bounds.tolist()
        for segment, start in enumerate(places[:-1]):
            part = ordered[start : places[segment + 1]]
            part.sort()
            below[segment, 1:-1] = part.searchsorted(edges)
        return np.diff(below, axis=1), missing


def _running(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(flags)])
