"""How many requests a margin needs, known before a rollout begins.

An equal candidate passes once the wealth bet on it (`leeboard.stats.sequential_blocks`) reaches 2/alpha. With each
request the logarithm of that wealth grows by the Kullback-Leibler divergence of the rates from those at the margin, in
the mean, and with a known variance: after n requests it is near a normal number. Simulations are within a quarter of
what follows.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from leeboard.stats.betting import LARGEST_LOSS, TARGETS, check_alpha

_SHARED = math.log(len(TARGETS) / 2)
"""What it costs that the wealth is spread over stakes, where the best two share the gain."""
MOST = 10**12


@dataclass(frozen=True)
class Needed:
    """Numbers of requests: to the candidate, and to both versions together."""

    candidate: int
    both: int

    def seconds(self, requests_per_second: float) -> float:
        """How long that takes; infinite without traffic."""
        return self.both / requests_per_second if requests_per_second > 0 else math.inf


def requests_needed(rate: float, margin: float, alpha: float, share: float, power: float = 0.5) -> Needed:
    """How many requests until a candidate that is as good as the champion passes, with probability `power`.

    `rate` is the failure rate of both, `margin` by how much the candidate may be worse, `alpha` that of the guard's
    interval, `share` the candidate's part of the requests. A power of 0.5 gives the median. At most MOST. Raises
    ValueError for rates outside [0, 1), or margin, alpha, share or power outside (0, 1).
    """
    check_alpha(alpha)
    if not 0 <= rate < 1 or not all(0 < one < 1 for one in (margin, share, power)):
        raise ValueError(f"rate {rate}, margin {margin}, share {share}, power {power}")
    growth, variance = _growth(rate, min(margin, 1 - rate), share)
    budget, quantile = math.log(2 / alpha) + _SHARED, NormalDist().inv_cdf(power)
    # budget = growth n - quantile sqrt(variance n): a quadratic equation for the root of n
    spread = quantile * math.sqrt(variance)
    root = (spread + math.sqrt(spread * spread + 4 * growth * budget)) / (2 * growth)
    both = min(math.ceil(root * root), MOST)
    return Needed(min(math.ceil(both * share), MOST), both)


def margin_reachable(rate: float, requests: int, alpha: float, share: float, power: float = 0.5) -> float:
    """The smallest margin for which so many requests to both versions are enough; 1 where none is. Raises as above."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if requests_needed(rate, middle, alpha, share, power).both <= requests:
            high = middle
        else:
            low = middle
    return high


def _growth(rate: float, margin: float, share: float) -> tuple[float, float]:
    """Mean and variance of what one request adds to the logarithm of the wealth of the best stake."""
    best = (0.0, 1.0)
    # the rates that are bet against, as in sequential_blocks: apart by the margin, weighted by the other's share
    of_a = min(max(rate + (1 - share) * margin, margin), 1.0)
    of_b = of_a - margin
    bound = LARGEST_LOSS / max((1 - share) * (1 - of_a), share * of_b)
    for step in range(400):
        stake = bound * 0.97**step
        on_a, on_b = stake * (1 - share), stake * share
        outcomes = (
            (share * rate, math.log1p(-on_a * (1 - of_a))),
            (share * (1 - rate), math.log1p(on_a * of_a)),
            ((1 - share) * rate, math.log1p(on_b * (1 - of_b))),
            ((1 - share) * (1 - rate), math.log1p(-on_b * of_b)),
        )
        mean = sum(chance * log for chance, log in outcomes)
        if mean > best[0]:
            best = mean, sum(chance * log * log for chance, log in outcomes) - mean * mean
    return best
