"""Intervals that may be looked at after every request: their error probability holds over all looks together.

For one stream of independent trials with success probability p, the mixture martingale of Robbins (1970) with a
Beta(1/2, 1/2) prior is `M(p) = B(k + 1/2, n - k + 1/2) / B(1/2, 1/2) / (p^k (1 - p)^(n - k))`. By Ville's inequality it
exceeds 1/alpha with probability at most alpha, at any time, so that `{p: M(p) < 1/alpha}` is a confidence sequence
(Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences").
The product of the martingales of two streams is a martingale too, which gives a joint region for both probabilities.
"""

import math
from functools import lru_cache

_BISECTIONS = 40
_HALVINGS = 32
_LOG_SLOPE = 40.0
"""Beyond this slope of a log-martingale, as a logarithm, an end is at 0 or 1."""


def rate_interval(failures: int, trials: int, alpha: float) -> tuple[float, float]:
    """The probability of a failure, with coverage 1 - alpha at all times together.

    Raises ValueError for counts that cannot be, or alpha outside (0, 1).
    """
    _check(failures, trials, alpha)
    budget = -math.log(alpha)
    return _lower(failures, trials, budget), _upper(failures, trials, budget)


@lru_cache(maxsize=4096)  # a plan asks several times, and the same figures stay for many plans
def difference_interval(
    failures_a: int, trials_a: int, failures_b: int, trials_b: int, alpha: float
) -> tuple[float, float]:
    """The failure probability of a minus that of b, with coverage 1 - alpha at all times together.

    Raises ValueError for counts that cannot be, or alpha outside (0, 1).
    """
    _check(failures_a, trials_a, alpha)
    _check(failures_b, trials_b, alpha)
    low = _least_difference(failures_a, trials_a, failures_b, trials_b, -math.log(alpha))
    high = -_least_difference(failures_b, trials_b, failures_a, trials_a, -math.log(alpha))
    return low, high


def _check(failures: int, trials: int, alpha: float) -> None:
    if not 0 <= failures <= trials:
        raise ValueError(f"{failures} failures of {trials} trials")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha has to lie between 0 and 1: {alpha}")


def _least_difference(failures_a: int, trials_a: int, failures_b: int, trials_b: int, budget: float) -> float:
    """The least p_a - p_b in the joint region, from outside.

    Both log-martingales are convex, so that the region is, and where the difference is least their slopes are opposite.
    For each slope the two points follow from a quadratic equation; the slope is found by halving.
    """

    counts = (failures_a, trials_a, failures_b, trials_b)
    left, mixtures = trials_b - failures_b, _log_mixture(failures_a, trials_a) + _log_mixture(failures_b, trials_b)

    def spent(slope: float) -> float:
        p_a, p_b = points_of_slope(*counts, slope)
        on_a = _times_log(failures_a, p_a) + _times_log(trials_a - failures_a, 1 - p_a)
        return mixtures - on_a - _times_log(failures_b, p_b) - _times_log(left, 1 - p_b)

    low, high = -_LOG_SLOPE, _LOG_SLOPE
    if spent(math.exp(high)) < budget:
        return -1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(math.exp(middle)) < budget else (low, middle)
    p_a, p_b = points_of_slope(*counts, math.exp(high))
    return p_a - p_b


def points_of_slope(
    failures_a: int, trials_a: int, failures_b: int, trials_b: int, slope: float
) -> tuple[float, float]:
    """The p_a below and the p_b above the observed rates where the log-martingales have this slope, down and up."""
    return _point(failures_a, trials_a, slope), 1 - _point(trials_b - failures_b, trials_b, slope)


def _point(failures: int, trials: int, slope: float) -> float:
    """The p below the observed rate where the log-martingale falls so steeply: trials (rate - p) = slope p (1 - p)."""
    if failures == 0:
        return 0.0
    half = slope + trials
    return 2 * failures / (half + math.sqrt(max(0.0, half * half - 4 * slope * failures)))


def _rate(failures: int, trials: int) -> float:
    return failures / trials if trials else 0.5


def log_martingale(p: float, failures: int, trials: int) -> float:
    """The log of the mixture martingale of one stream at the probability p."""
    return _log_mixture(failures, trials) - _times_log(failures, p) - _times_log(trials - failures, 1 - p)


def _log_mixture(failures: int, trials: int) -> float:
    """log(B(k + 1/2, n - k + 1/2) / B(1/2, 1/2)); B(1/2, 1/2) is pi."""
    successes = trials - failures
    return math.lgamma(failures + 0.5) + math.lgamma(successes + 0.5) - math.lgamma(trials + 1) - math.log(math.pi)


def _times_log(count: int, p: float) -> float:
    if count == 0:
        return 0.0
    return count * math.log(p) if p > 0 else -math.inf


def _lower(failures: int, trials: int, budget: float) -> float:
    if failures == 0:
        return 0.0
    outside, inside = 0.0, _rate(failures, trials)
    return _boundary(outside, inside, failures, trials, budget)


def _upper(failures: int, trials: int, budget: float) -> float:
    if failures == trials:
        return 1.0
    outside, inside = 1.0, _rate(failures, trials)
    return _boundary(outside, inside, failures, trials, budget)


def _boundary(outside: float, inside: float, failures: int, trials: int, budget: float) -> float:
    """Where the log-martingale crosses the budget; the end that is still outside, so that the interval errs wide."""
    mixture, successes = _log_mixture(failures, trials), trials - failures
    for _ in range(_BISECTIONS):
        middle = (outside + inside) / 2
        if mixture - _times_log(failures, middle) - _times_log(successes, 1 - middle) < budget:
            inside = middle
        else:
            outside = middle
    return outside
