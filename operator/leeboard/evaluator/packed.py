"""The distributions of a window, kept in as few bytes as they need: a day of windows of many pods is in memory."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.packed_extents import PackedExtents

Raw = Mapping[str, Any]
_NARROW: tuple[type[np.unsignedinteger[Any]], ...] = (np.uint8, np.uint16, np.uint32)


class Packed(Sequence[Raw]):
    """Distributions as `parse_window` reads them, one after the other; each is made anew when it is asked for.

    Counts come in the narrowest type that holds them: add them to something wider.
    """

    __slots__ = ("_absent", "_counts", "_ends", "_extents", "_names", "_sums")

    def __init__(self, distributions: Sequence[Raw]) -> None:
        # all windows of a version have the same names
        self._names = tuple(sys.intern(one["name"]) for one in distributions)
        self._ends = np.cumsum([len(one["counts"]) for one in distributions], dtype=np.int32)
        whole = [one["counts"] for one in distributions]
        self._counts = _narrowed(np.concatenate(whole) if whole else np.empty(0, dtype=np.int64))
        self._absent = _narrowed(np.array([(one["missing"], one["infinite"]) for one in distributions], dtype=np.int64))
        self._sums = np.array([(one["sum"], one["sumOfSquares"]) for one in distributions], dtype=np.float64)
        self._extents = PackedExtents.of(distributions)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, position: int) -> Raw: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Raw]: ...
    def __getitem__(self, position: int | slice) -> Raw | Sequence[Raw]:
        return list(self)[position]

    def __iter__(self) -> Iterator[Raw]:
        # numbers of one array at once: a day of windows has hundreds of thousands of distributions
        ends, figures = self._ends.tolist(), zip(self._absent.tolist(), self._sums.tolist(), strict=True)
        start, counts = 0, self._counts
        extents = repeat({}, len(self)) if self._extents is None else iter(self._extents)
        columns = zip(self._names, ends, figures, extents, strict=True)
        for name, end, ((missing, infinite), (total, total_of_squares)), extent in columns:
            yield {
                "name": name,
                "counts": counts[start:end],
                "missing": missing,
                "infinite": infinite,
                "sum": total,
                "sumOfSquares": total_of_squares,
                **extent,
            }
            start = end

    @property
    def bytes(self) -> int:
        """What the figures take in memory."""
        extents = 0 if self._extents is None else self._extents.bytes
        return self._ends.nbytes + self._counts.nbytes + self._absent.nbytes + self._sums.nbytes + extents


def _narrowed(counts: NDArray[np.int64]) -> NDArray[Any]:
    """None of them is negative."""
    most = int(counts.max(initial=0))
    return counts.astype(next((one for one in _NARROW if most <= np.iinfo(one).max), np.int64))
