"""How much two streams of counts say against "a fails at most by the margin more often than b": an e-value.

It is the least of the products of both martingales (`leeboard.stats.sequential`) over all pairs of probabilities whose
difference is at most the margin. Under that hypothesis it ever reaches 1/alpha with a probability of at most alpha. It
agrees with `difference_interval`: the interval's lower end lies above the margin exactly when this is at least 1/alpha.

Each stream is assumed to have one probability throughout. Where that changes over time, and the shares of traffic do
too, sums mislead; `leeboard.stats.sequential_blocks` does not, and needs fewer requests.
"""

import math

from leeboard.stats.betting import from_log
from leeboard.stats.sequential import log_martingale, points_of_slope

_BISECTIONS = 60
_LOG_SLOPE = 60.0


def difference_evidence(failures_a: int, trials_a: int, failures_b: int, trials_b: int, margin: float) -> float:
    """The e-value against "the failure probability of a minus that of b is at most the margin".

    Raises ValueError for counts that cannot be, or a margin outside [-1, 1].
    """
    for failures, trials in ((failures_a, trials_a), (failures_b, trials_b)):
        if not 0 <= failures <= trials:
            raise ValueError(f"{failures} failures of {trials} trials")
    if not -1 <= margin <= 1:
        raise ValueError(f"a difference of rates lies between -1 and 1: {margin}")
    p_a, p_b = _nearest(failures_a, trials_a, failures_b, trials_b, margin)
    return from_log(log_martingale(p_a, failures_a, trials_a) + log_martingale(p_b, failures_b, trials_b))


def _nearest(failures_a: int, trials_a: int, failures_b: int, trials_b: int, margin: float) -> tuple[float, float]:
    """The pair of probabilities, of those the hypothesis allows, that the counts speak against least."""
    counts = (failures_a, trials_a, failures_b, trials_b)
    low, high = -_LOG_SLOPE, _LOG_SLOPE
    p_a, p_b = points_of_slope(*counts, math.exp(low))
    if p_a - p_b <= margin:
        return p_a, p_b
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        p_a, p_b = points_of_slope(*counts, math.exp(middle))
        low, high = (middle, high) if p_a - p_b > margin else (low, middle)
    return points_of_slope(*counts, math.exp(low))
