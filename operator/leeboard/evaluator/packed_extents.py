"""How far the columns of a window reach, and their distinct values, in as few bytes as they need."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.hyper_log_log import REGISTERS

_HALF = REGISTERS // 2
_LOW, _HIGH = np.uint8(15), np.uint8(4)
Registers = NDArray[np.uint8]


class PackedExtents:
    """`minimum`, `maximum` and `hyperLogLog` of the distributions of a window, each as a mapping when it is asked for;
    empty for one that does not tell them.

    Registers come two to a byte where no rank is above 15, as in a window of less than some 10,000 distinct values.
    """

    __slots__ = ("_ends", "_known", "_registers")

    def __init__(self, known: NDArray[np.bool_], ends: NDArray[np.float64], registers: Registers) -> None:
        self._known, self._ends = known, ends
        small = int(registers.max(initial=0)) <= _LOW
        self._registers = registers[:, :_HALF] | registers[:, _HALF:] << _HIGH if small else registers

    @classmethod
    def of(cls, distributions: Sequence[Mapping[str, Any]]) -> Self | None:
        """Of distributions as a window has them, with registers as arrays; None where none of them tells."""
        known = np.array(["hyperLogLog" in one for one in distributions], dtype=np.bool_)
        if not known.any():
            return None
        told = [one for one in distributions if "hyperLogLog" in one]
        ends = [(one.get("minimum", math.inf), one.get("maximum", -math.inf)) for one in told]
        return cls(known, np.array(ends, dtype=np.float64), np.array([one["hyperLogLog"] for one in told]))

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        packed = self._registers
        whole = np.hstack([packed & _LOW, packed >> _HIGH]) if packed.shape[1] == _HALF else packed
        told = zip(self._ends.tolist(), whole, strict=True)
        for known in self._known.tolist():
            if not known:
                yield {}
                continue
            (minimum, maximum), registers = next(told)
            ends = {"minimum": minimum, "maximum": maximum} if minimum <= maximum else {}
            yield {**ends, "hyperLogLog": registers}

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        return self._known.nbytes + self._ends.nbytes + self._registers.nbytes
