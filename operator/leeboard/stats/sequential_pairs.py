"""Rates of two models that answered the same requests: a confidence sequence of their difference from pairs.

Of a pair it matters which of the two failed alone: the difference of the rates is the mean of +1 (only a failed), -1
(only b did) and 0. Requests that both get wrong cost nothing, so that far fewer are needed than for two samples. On
"the mean is at most delta" stakes are bet (`leeboard.stats.betting`); as they never change, counts are all there is to
know, and the interval is about the mean of all pairs so far, however rates change over time. The stakes are powers of
two, because how often two models disagree is not known beforehand. (McNemar 1947 has the test for one look.)

Assumed is that pairs are independent.
"""

import math

from leeboard.stats.betting import check_alpha, from_log, log_mean
from leeboard.stats.estimate import Estimate

_STAKES = tuple(2.0**-power for power in range(1, 10))
"""Largest: 1/2, for few disagreements; smallest: for rates known to a hundredth where half of the pairs disagree."""
_BISECTIONS = 45


def paired_difference(only_a_wrong: int, only_b_wrong: int, pairs: int, alpha: float) -> Estimate:
    """The rate of a's failures minus that of b's, with coverage 1 - alpha at all times together; alpha/2 at each end.

    (0, -1, 1) without pairs. Raises ValueError for counts that cannot be, or alpha outside (0, 1).
    """
    check_alpha(alpha)
    _check(only_a_wrong, only_b_wrong, pairs)
    if not pairs:
        return Estimate(0.0, -1.0, 1.0)
    budget = math.log(2 / alpha)
    low = _least(only_a_wrong, only_b_wrong, pairs, budget)
    high = -_least(only_b_wrong, only_a_wrong, pairs, budget)
    return Estimate(min(max((only_a_wrong - only_b_wrong) / pairs, low), high), low, high)


def paired_evidence(only_a_wrong: int, only_b_wrong: int, pairs: int, margin: float) -> float:
    """The e-value against "a fails at most by the margin more often than b". Raises ValueError for what cannot be."""
    _check(only_a_wrong, only_b_wrong, pairs)
    if not -1 <= margin <= 1:
        raise ValueError(f"a difference of rates lies between -1 and 1: {margin}")
    return from_log(_log_evidence(only_a_wrong, only_b_wrong, pairs, margin))


def _check(only_a_wrong: int, only_b_wrong: int, pairs: int) -> None:
    if min(only_a_wrong, only_b_wrong) < 0 or only_a_wrong + only_b_wrong > pairs:
        raise ValueError(f"{only_a_wrong} and {only_b_wrong} disagreements in {pairs} pairs")


def _log_evidence(plus: int, minus: int, pairs: int, delta: float) -> float:
    same = pairs - plus - minus
    return log_mean(
        [
            plus * math.log1p(stake * (1 - delta))
            + (minus * math.log1p(-stake * (1 + delta)) if minus and stake * (1 + delta) < 1 else _ruin(minus))
            + same * math.log1p(-stake * delta)
            for stake in _STAKES
        ]
    )


def _ruin(count: int) -> float:
    return -math.inf if count else 0.0


def _least(plus: int, minus: int, pairs: int, budget: float) -> float:
    """The lower end of the mean: the evidence falls with delta, and the end errs towards the outside."""
    outside, inside = -1.0, 1.0
    if _log_evidence(plus, minus, pairs, outside) < budget:
        return outside
    for _ in range(_BISECTIONS):
        middle = (outside + inside) / 2
        if _log_evidence(plus, minus, pairs, middle) < budget:
            inside = middle
        else:
            outside = middle
    return outside
