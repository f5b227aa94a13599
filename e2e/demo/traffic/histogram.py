"""Durations counted in bins whose width grows with them: percentiles to within 5 % in constant memory."""

import math

LEAST = 0.0005
"""Seconds: what is shorter lies in the first bin."""
STEPS_OF_AN_OCTAVE = 8
BINS = 16 * STEPS_OF_AN_OCTAVE


class Histogram:
    """Bin 0 ends at LEAST; each other one is 2^(1/8) times as long as the one before; the last is open."""

    def __init__(self) -> None:
        self._counts = [0] * BINS
        self.count = 0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        octaves = math.log2(max(seconds, LEAST) / LEAST)
        self._counts[min(math.ceil(octaves * STEPS_OF_AN_OCTAVE), BINS - 1)] += 1
        self.count += 1

    def quantile(self, share: float) -> float | None:
        """Seconds below which that share of the durations lies (nearest rank), as its bin's middle; None of nothing.

        The middle is the geometric one, at most 2^(1/16) (4.4 %) off.
        """
        rank = max(1, math.ceil(share * self.count))
        below = 0
        for position, count in enumerate(self._counts):
            below += count
            if count and below >= rank:
                return float(LEAST * 2 ** ((position - 0.5) / STEPS_OF_AN_OCTAVE)) if position else LEAST
        return None
