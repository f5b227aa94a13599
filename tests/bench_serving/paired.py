"""Two figures that were measured in turns: how the second compares with the first, on a machine whose speed varies."""

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


def paired(first: Sequence[float], second: Sequence[float]) -> Paired:
    """The interval is that of the sign test: two of the sorted ratios (Conover 1999, section 3.2), whatever their law.

    Raises ValueError where there are not as many of both, or none.
    """
    ratios = sorted(after / before for before, after in zip(first, second, strict=True))
    if not ratios:
        raise ValueError("nothing was measured")
    skipped = max(0, int(binom.ppf(0.025, len(ratios), 0.5)) - 1)
    return Paired(
        statistics.median(first), statistics.median(second),
        statistics.median(ratios), ratios[skipped], ratios[-1 - skipped],
    )  # fmt: skip
