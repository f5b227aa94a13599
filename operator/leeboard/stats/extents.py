"""How far a column's values reach, and how many distinct ones there are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.hyper_log_log import NOTHING, HyperLogLog


@dataclass(frozen=True, eq=False)
class Extent:
    """The smallest and the largest finite number (+∞ and -∞ where there is none, as in every column of texts), and the
    distinct values: finite numbers, or texts."""

    distinct: HyperLogLog = NOTHING
    minimum: float = math.inf
    maximum: float = -math.inf

    @classmethod
    def of_sorted(cls, numbers: NDArray[np.float64]) -> Self:
        """Of finite numbers that rise."""
        if not len(numbers):
            return cls()
        # which of 0 and -0 is taken must not hang on the order in which they came
        return cls(HyperLogLog.of_numbers(numbers), float(numbers[0]) + 0.0, float(numbers[-1]) + 0.0)

    @classmethod
    def parse(cls, raw: Mapping[str, Any], counted: int) -> "Extent | None":
        """Of a distribution in a file that counted so many values; None where it does not tell it of them.

        Raises ValueError for what cannot be one.
        """
        text, ends = raw.get("hyperLogLog"), (raw.get("minimum"), raw.get("maximum"))
        if text is None:
            return None if counted else cls()
        distinct = HyperLogLog.parse(text)
        if ends == (None, None):
            return cls(distinct)
        minimum, maximum = (_finite(end) for end in ends)
        if minimum > maximum:
            raise ValueError(f"a minimum of {minimum} and a maximum of {maximum}")
        return cls(distinct, minimum, maximum)

    @property
    def has_numbers(self) -> bool:
        """Whether there is a smallest one."""
        return self.minimum <= self.maximum

    def merge(self, other: "Extent") -> "Extent":
        """Of the values of both, as if they had been counted together."""
        lower, upper = min(self.minimum, other.minimum), max(self.maximum, other.maximum)
        return Extent(self.distinct.merge(other.distinct), lower, upper)

    def figures(self) -> dict[str, Any]:
        """As profile.json and windows have it, with registers as an array."""
        ends = {"minimum": self.minimum, "maximum": self.maximum} if self.has_numbers else {}
        return ends | {"hyperLogLog": self.distinct.registers}

    def document(self) -> dict[str, Any]:
        """As profile.json and windows have it."""
        return self.figures() | {"hyperLogLog": self.distinct.text}


class ExtentSum:
    """Extents of windows, merged in place: there may be a hundred thousand of them."""

    def __init__(self) -> None:
        self.registers = NOTHING.registers.copy()
        self.minimum, self.maximum = math.inf, -math.inf
        self.known = True

    def add(self, raw: Mapping[str, Any]) -> None:
        """Add that of a distribution as a window has it, with counts and registers as arrays."""
        registers = raw.get("hyperLogLog")
        if registers is None:
            self.known = self.known and not raw["counts"].any()
            return
        np.maximum(self.registers, registers, out=self.registers)
        self.minimum = min(self.minimum, raw.get("minimum", math.inf))
        self.maximum = max(self.maximum, raw.get("maximum", -math.inf))

    def whole(self) -> Extent | None:
        """All of them; None where one that counted something did not tell it."""
        return Extent(HyperLogLog(self.registers), self.minimum, self.maximum) if self.known else None


def merged(one: Extent | None, other: Extent | None) -> Extent | None:
    """Of both together; what one of them does not tell is not known of both."""
    return None if one is None or other is None else one.merge(other)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"an end that is {type(value).__name__}, not a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("an end that no float64 holds") from error
    if not math.isfinite(number):
        raise ValueError("an end that is not finite")
    return number + 0.0
