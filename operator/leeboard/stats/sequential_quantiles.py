"""Quantiles of histograms, and ratios of them, by intervals that may be looked at after every request.

Whether a number lies above its distribution's q-quantile is a coin of probability 1 - q, which is known. So an edge of
the histogram is refuted as the quantile by one bet on its share of numbers above, and as only the true quantile must
not be refuted, nothing is lost to the number of edges (Howard and Ramdas 2022, "Sequential estimation of quantiles with
applications to A/B testing and best-arm identification"). Ends lie on edges, so that a ratio is never known better than
the bins are wide.

Assumed are independent numbers of one distribution a stream. While a distribution changes, the ends are about the mix
of all so far; of two streams whose shares of the traffic change meanwhile, mixes differ.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from leeboard.stats.betting import LARGEST_LOSS, check_alpha, log_mean, log_wealth, stakes
from leeboard.stats.estimate import Estimate


def quantile_sequence(edges: Sequence[float], counts: Sequence[int], q: float, alpha: float) -> Estimate:
    """The q-quantile of what was counted, with coverage 1 - alpha at all times together; alpha/2 at each end.

    Bin i lies between edge i - 1 and edge i, the first begins at 0, the last is open. The value is interpolated. While
    there are too few counts the ends are 0 and infinite. Raises ValueError where the lengths do not fit, counts are
    negative, edges do not rise from 0 upwards, q or alpha lies outside (0, 1), or nothing was counted.
    """
    _check(edges, counts, q, alpha)
    budget, bounds = math.log(2 / alpha), (0.0, *edges, math.inf)
    low = max((bounds[i + 1] for i, log in enumerate(_above(counts, q)) if log >= budget), default=0.0)
    high = min((bounds[i + 1] for i, log in enumerate(_below(counts, q)) if log >= budget), default=math.inf)
    return Estimate(min(max(_interpolated(bounds, counts, q), low), high), low, high)


def quantile_ratio_sequence(
    edges: Sequence[float], a: Sequence[int], b: Sequence[int], q: float, alpha: float
) -> Estimate:
    """The q-quantile of a over that of b, with coverage 1 - alpha at all times together; alpha/2 at each end.

    A pair of bins is refuted when the product of the evidence of both streams is 2/alpha. The lower end is 0 and the
    upper infinite while there are too few counts. Raises ValueError as `quantile_sequence` does.
    """
    _check(edges, a, q, alpha)
    _check(edges, b, q, alpha)
    budget, bounds = math.log(2 / alpha), (0.0, *edges, math.inf)
    low = _least_ratio(bounds, _above(a, q), _below(b, q), budget)
    most = _least_ratio(bounds, _above(b, q), _below(a, q), budget)
    high = 1 / most if most > 0 else math.inf
    divisor = _interpolated(bounds, b, q)
    value = _interpolated(bounds, a, q) / divisor if divisor > 0 else 1.0
    return Estimate(min(max(value, low), high), low, high)


def _check(edges: Sequence[float], counts: Sequence[int], q: float, alpha: float) -> None:
    check_alpha(alpha)
    if len(counts) != len(edges) + 1 or not edges or not 0 < q < 1:
        raise ValueError(f"{len(counts)} counts for {len(edges)} edges, quantile {q}")
    rising = all(one < other for one, other in pairwise(edges))
    if not rising or edges[0] <= 0 or not math.isfinite(edges[-1]):
        raise ValueError("edges have to be finite and to rise from above 0")
    if min(counts) < 0 or not sum(counts):
        raise ValueError("nothing was counted")


def _above(counts: Sequence[int], q: float) -> list[float]:
    """For each edge, the log evidence against "the quantile is at most this edge"."""
    mean = 1 - q
    sizes = [min(stake, LARGEST_LOSS / mean) for stake in stakes(mean * q)]
    return [_log_evidence(over, under, mean, sizes) for over, under in _split(counts)]


def _below(counts: Sequence[int], q: float) -> list[float]:
    """For each edge, the log evidence against "the quantile is above this edge"."""
    mean = 1 - q
    sizes = [-min(stake, LARGEST_LOSS / q) for stake in stakes(mean * q)]
    return [_log_evidence(over, under, mean, sizes) for over, under in _split(counts)]


def _split(counts: Sequence[int]) -> list[tuple[int, int]]:
    """For each edge, how many lie above it, and how many not."""
    under, total, parts = 0, sum(counts), []
    for count in counts[:-1]:
        under += count
        parts.append((total - under, under))
    return parts


def _log_evidence(over: int, under: int, mean: float, sizes: Sequence[float]) -> float:
    return log_mean([log_wealth(over, under, mean, stake) for stake in sizes])


def _least_ratio(bounds: Sequence[float], above: Sequence[float], below: Sequence[float], budget: float) -> float:
    """The least ratio of two quantiles of which no pair of bins is refuted; bin i lies between bounds i and i + 1.

    That the first quantile lies in bin i speaks `above[i]` against, that the second lies in bin j `below[j - 1]`. Half
    of the wealth of each is never bet, so that a stream without anything to say does not hide what the other says.
    """
    against = [*(log_mean((one, 0.0)) for one in above), 0.0]  # of the open bin: no edge is above it
    evidence = [0.0, *(log_mean((one, 0.0)) for one in below)]  # of the first bin: no edge is below it
    least = math.inf
    for i, one in enumerate(against):
        possible = bisect_left(evidence, budget - one)  # evidence rises from bin to bin
        if possible:
            least = min(least, bounds[i] / bounds[possible])
    return 0.0 if math.isinf(least) else least


def _interpolated(bounds: Sequence[float], counts: Sequence[int], q: float) -> float:
    rank, below = q * sum(counts), 0
    for position, count in enumerate(counts):
        if count and below + count >= rank:
            lower, upper = bounds[position], bounds[position + 1]
            return lower + (upper - lower) * (rank - below) / count if math.isfinite(upper) else lower
        below += count
    return bounds[-2]
