"""Rewards of arms as if all had had the same mix of hours, so that shares and traffic may change together.

Sums over hours mislead where an arm gets more of the requests in the evening, when everybody earns more: it looks
better, and is not (Simpson's paradox). Here each stretch of time counts alike for all arms, by the weights of Cochran
(1954) and Mantel and Haenszel (1959), 1 / (1/n_1 + ... + 1/n_k): where shares stay the same that is the plain sum.
"""

import math
from collections.abc import Sequence

from leeboard.stats.bandit import NO_REWARDS, Rewards


def stratified(arms: Sequence[Sequence[Rewards]]) -> list[Rewards]:
    """For each arm one sum of rewards, as many trials as its weighted mean is worth; none without a common stretch.

    Every arm has its stretches in the same order. A stretch in which any arm had no trial compares nothing, and counts
    for nothing. With weights w and trials n the mean is worth (sum of w)^2 / (sum of w^2 / n) trials. Raises ValueError
    where arms have not the same stretches.
    """
    common = [rows for rows in zip(*arms, strict=True) if all(one.trials > 0 for one in rows)]
    if not common:
        return [NO_REWARDS] * len(arms)
    weights = [1 / math.fsum(1 / one.trials for one in rows) for rows in common]
    return [_weighted(weights, [rows[arm] for rows in common]) for arm in range(len(arms))]


def _weighted(weights: Sequence[float], rewards: Sequence[Rewards]) -> Rewards:
    pairs = list(zip(weights, rewards, strict=True))
    whole = math.fsum(weights)
    trials = whole**2 / math.fsum(weight**2 / one.trials for weight, one in pairs)
    total, squares = (
        trials * math.fsum(weight * number / one.trials for (weight, one), number in zip(pairs, numbers, strict=True))
        for numbers in ([one.total for one in rewards], [one.squares for one in rewards])
    )
    return Rewards(trials, total / whole, squares / whole)
