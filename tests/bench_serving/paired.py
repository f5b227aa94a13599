"""Two figures that were measured in turns: how the second compares with the first, on a machine whose speed varies.

Intervals are those of the sign test: two of the sorted ratios or differences (Conover 1999, section 3.2), whatever
their law.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binom


@dataclass(frozen=True)
class Paired:
    """Medians of both, in one unit, and the median of the ratios of what was measured one after the other, with its
    interval of 95 %."""

    first: float
    second: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Added:
    """Medians of both, and the median of the differences of what was measured one after the other, with its interval
    of 95 %, all in one unit."""

    first: float
    second: float
    difference: float
    low: float
    high: float


def paired(first: Sequence[float], second: Sequence[float]) -> Paired:
    """Raises ValueError where there are not as many of both, or none."""
    ratios = [after / before for before, after in zip(first, second, strict=True)]
    ends = _median(ratios)
    return Paired(statistics.median(first), statistics.median(second), *ends)


def added(first: Sequence[float], second: Sequence[float]) -> Added:
    """Raises ValueError where there are not as many of both, or none."""
    differences = [after - before for before, after in zip(first, second, strict=True)]
    ends = _median(differences)
    return Added(statistics.median(first), statistics.median(second), *ends)


def _median(figures: Sequence[float]) -> tuple[float, float, float]:
    """With the ends of its interval of 95 %."""
    if not figures:
        raise ValueError("nothing was measured")
    ordered = sorted(figures)
    skipped = max(0, int(binom.ppf(0.025, len(ordered), 0.5)) - 1)
    return statistics.median(ordered), ordered[skipped], ordered[-1 - skipped]
