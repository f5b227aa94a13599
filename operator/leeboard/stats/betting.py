"""Bets on the mean of numbers between 0 and 1: what the sequential tests have in common.

Who holds "the mean is at most m" for true is offered bets: a stake of c gains c (x - m) a unit of wealth on each number
x. Under that hypothesis no wealth is expected to grow, so that by Ville's inequality it ever reaches 1/alpha with a
probability of at most alpha: wealth is an e-value that may be looked at after every number (Waudby-Smith and Ramdas
2024, "Estimating means of bounded random variables by betting"). The best stake depends on how far off the hypothesis
is. Therefore equal parts of the wealth follow stakes that are best at different numbers of requests.
"""

import math
from collections.abc import Sequence

TARGETS = (200, 700, 2500, 8000, 25000, 80000)
"""Numbers of requests at which the stakes are best: the sizes of rollouts. A stake still does well at a third of its
number and at three times it."""
_NATS = 4.4
"""log(1/alpha) that stakes are made for; for another alpha they are best at another number of requests."""
LARGEST_LOSS = 0.9
"""The largest part of the wealth that a single number may cost."""
LARGEST_LOG = 700.0


def stakes(variance: float) -> list[float]:
    """The stakes for numbers of this variance, each best at one of TARGETS: sqrt(2 log(1/alpha) / (n variance))."""
    return [math.sqrt(2 * _NATS / (target * variance)) for target in TARGETS]


def log_wealth(ones: float, zeros: float, mean: float, stake: float) -> float:
    """Log of the wealth after so many ones and zeros, for a stake on means above `mean` (negative: below).

    For numbers between, `ones` is their sum and `zeros` what it lacks to their count: by concavity that is no more than
    the wealth from each of them. -inf where all is lost.
    """
    return _times_log(ones, 1 + stake * (1 - mean)) + _times_log(zeros, 1 - stake * mean)


def log_mean(logs: Sequence[float]) -> float:
    """Log of the mean of what has these logs; e-values may be averaged."""
    top = max(logs)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(one - top) for one in logs) / len(logs))


def from_log(log: float) -> float:
    """The e-value, bounded so that it is a finite number."""
    return math.exp(min(log, LARGEST_LOG))


def check_alpha(alpha: float) -> None:
    """Raises ValueError for an alpha outside (0, 1)."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha has to lie between 0 and 1: {alpha}")


def _times_log(count: float, factor: float) -> float:
    if count == 0:
        return 0.0
    return count * math.log(factor) if factor > 0 else -math.inf
