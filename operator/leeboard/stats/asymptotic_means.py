"""An interval for the mean of numbers of which no bound is known, at all times together, as their number grows.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024, "Time-uniform central limit
theory and asymptotic confidence sequences", theorem 2.2): what the law of large numbers is to a normal interval, made
valid at every look. It holds for independent numbers with a variance, approximately, from some tens of them on; numbers
that follow each other closely are worth fewer than they are.
"""

import math

LEAST = 20
"""Numbers, before there is an interval at all."""
TUNED_FOR = 50
"""The number of numbers at which the interval is about as narrow as any of its kind."""


def asymptotic_mean(n: int, total: float, squares: float, alpha: float) -> tuple[float, float]:
    """Both ends of the interval of the mean of `n` numbers with this sum and sum of squares, with coverage 1 - alpha.

    Without an end with fewer than `LEAST`. Raises ValueError for alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha has to lie between 0 and 1: {alpha}")
    if n < LEAST:
        return -math.inf, math.inf
    mean = total / n
    deviation = math.sqrt(max(0.0, squares / n - mean**2))
    weight = n * _tuning(alpha) + 1
    reach = deviation * math.sqrt(2 * weight / (n**2 * _tuning(alpha)) * math.log(math.sqrt(weight) / alpha))
    return mean - reach, mean + reach


def _tuning(alpha: float) -> float:
    """rho squared, by their equation for the time at which the interval is to be tightest."""
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / TUNED_FOR
