"""The bins of differences of scores, the same in every release and for every model, so that those of pods add up."""

BINS_OF_A_DECADE = 4
SMALLEST, LARGEST = -6, 6
"""Powers of ten."""


def _edges() -> tuple[float, ...]:
    """Evenly spaced in the logarithm on both sides of zero, to three significant digits."""
    steps = (LARGEST - SMALLEST) * BINS_OF_A_DECADE + 1
    above = [float(f"{10 ** (SMALLEST + step / BINS_OF_A_DECADE):.3g}") for step in range(steps)]
    return (*(-edge for edge in reversed(above)), *above)


EDGES = _edges()
"""In the unit of the score. The middle bin is of scores that are as good as equal."""
