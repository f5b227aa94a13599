"""The bins of latencies: ten a decade, so that a percentile is known to within a quarter."""

from bisect import bisect_left
from collections.abc import Iterable

BINS_OF_A_DECADE = 10
SHORTEST, LONGEST = 0.0005, 60.0
"""Seconds."""


def _edges() -> tuple[float, ...]:
    """From the shortest to the longest, evenly spaced in the logarithm, to three significant digits."""
    edges, power = [], 0
    while (edge := float(f"{SHORTEST * 10 ** (power / BINS_OF_A_DECADE):.3g}")) < LONGEST:
        edges.append(edge)
        power += 1
    return (*edges, LONGEST)


EDGES = _edges()
"""Seconds. The same in every release and for every model, so that the histograms of pods add up."""


def bins_of(seconds: Iterable[float]) -> list[int]:
    """For each, the position of the first edge that is not below, as Prometheus has it; the last bin is open."""
    return [bisect_left(EDGES, one) for one in seconds]
