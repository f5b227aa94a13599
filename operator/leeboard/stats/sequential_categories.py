"""How far the answers of two models lie apart: classes, or scores in bins, by an interval valid at every look.

The total variation of two distributions is the largest difference of the share of any set of categories: how many of
the answers would have to change. Blocks of time are compared as in `leeboard.stats.sequential_blocks`, so that what
both arms have in common may change, and their shares of the traffic too; the interval is about the mean difference over
blocks, each weighted by the requests that it compares.

Both ends hold for all sets of categories together. Few categories have few sets, and the difference of each has the
interval of `sequential_blocks`. For more, two bounds are used, each on a third of alpha: one by the largest variance
that a share can have (Robbins's normal mixture; sets are as many as in Weissman et al. 2003, "Inequalities for the L1
deviation of the empirical distribution"), and one by what was seen outside the largest category, for scores of which
nearly all lie in one bin (empirical Bernstein, as in `sequential_means`). The last third is for the lower end by single
categories.

Every category asks for some seven tenths of a nat of evidence more. Twenty bins are plenty.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from leeboard.stats.betting import check_alpha, from_log, log_mean
from leeboard.stats.estimate import Estimate
from leeboard.stats.sequential_blocks import Block, difference_sequence

FEW = 4
"""Up to so many categories every set of them has an interval of its own: 7 of four."""
Counts = Sequence[int]
_STAKES = tuple(0.7 * 2.0**-power for power in range(8))
_BEST_AT = 3000.0
"""Effective requests at which the normal mixture is narrowest."""
_TRIED = 3
_STRENGTHS = (30.0, 300.0, 3000.0)
"""Of how many answers the belief is worth that both arms answer alike."""


def total_variation_sequence(a: Sequence[Counts], b: Sequence[Counts], alpha: float) -> Estimate:
    """Half the sum of the differences of shares, 0 to 1, with coverage 1 - alpha at all times together.

    `a[i][k]` counts category k in block i. The value has sampling error in it and is never 0 by chance; the upper end
    falls below any maximum that is above the truth. (0, 0, 1) while one arm has no counts. Raises ValueError for blocks
    of different lengths, negative counts, fewer than two categories, or alpha outside (0, 1).
    """
    check_alpha(alpha)
    pairs = list(_pairs(a, b))
    if not pairs:
        return Estimate(0.0, 0.0, 1.0)
    sums = _Sums.of(pairs)
    value = sum(map(abs, sums.gaps)) / 2 / sums.weight
    if len(sums.gaps) <= FEW:
        low, high = _by_sets(pairs, alpha)
    else:
        width = min(_normal_width(sums, alpha / 3), _observed_width(sums, alpha / 3))
        low, high = max(value - width, _by_categories(pairs, sums, alpha / 3)), value + width
    # where blocks contradict each other, what lies between is not known
    low, high = max(0.0, min(low, high)), min(1.0, max(low, high))
    return Estimate(min(max(value, low), high), low, high)


def categories_evidence(a: Sequence[Counts], b: Sequence[Counts]) -> float:
    """The e-value against "in every block both arms answer alike"; 1 without counts.

    Each answer is scored by what its arm was expected to answer, over what both together were, as known from the blocks
    before (Turner, Ly and Gruenwald 2024; Lindon and Malek 2022, "Anytime-valid inference for multinomial count data",
    have a test of the same hypothesis by counts of events). Raises ValueError as `total_variation_sequence` does.
    """
    logs = [0.0] * len(_STRENGTHS)
    pairs = list(_pairs(a, b))
    if not pairs:
        return 1.0
    size = len(pairs[0][0])
    before_a, before_b = [0.0] * size, [0.0] * size
    for one, other in pairs:
        share = sum(one) / (sum(one) + sum(other))
        pooled = _shares([x + y for x, y in zip(before_a, before_b, strict=True)], [1 / size] * size, 1.0)
        for position, strength in enumerate(_STRENGTHS):
            expected_a = _shares(before_a, pooled, strength)
            expected_b = _shares(before_b, pooled, strength)
            logs[position] += _gain((one, other), (expected_a, expected_b), share)
        before_a = [x + y for x, y in zip(before_a, one, strict=True)]
        before_b = [x + y for x, y in zip(before_b, other, strict=True)]
    return from_log(log_mean(logs))


def _gain(counts: tuple[Counts, Counts], expected: tuple[list[float], list[float]], share: float) -> float:
    total = 0.0
    for one, other, in_a, in_b in zip(*counts, *expected, strict=True):
        both = share * in_a + (1 - share) * in_b
        total += one * math.log(in_a / both) + other * math.log(in_b / both)
    return total


def _shares(counts: Sequence[float], believed: Sequence[float], strength: float) -> list[float]:
    total = sum(counts) + strength
    return [(count + strength * one) / total for count, one in zip(counts, believed, strict=True)]


def _pairs(a: Sequence[Counts], b: Sequence[Counts]) -> Iterator[tuple[list[int], list[int]]]:
    """Blocks in which both arms have counts; what lacks one is added to the next, what is left over is dropped."""
    lengths = {len(one) for one in (*a, *b)}
    if len(a) != len(b) or len(lengths) > 1 or min(lengths, default=2) < 2:
        raise ValueError(f"{len(a)} and {len(b)} blocks of {sorted(lengths)} categories")
    if any(count < 0 for block in (*a, *b) for count in block):
        raise ValueError("counts cannot be negative")
    empty = [0] * max(lengths, default=0)
    one, other = empty, empty
    for next_a, next_b in zip(a, b, strict=True):
        one, other = _added(one, next_a), _added(other, next_b)
        if any(one) and any(other):
            yield one, other
            one, other = empty, empty


def _added(one: Counts, other: Counts) -> list[int]:
    return [x + y for x, y in zip(one, other, strict=True)]


@dataclass
class _Sums:
    """Over blocks: the requests that are compared, the weighted gaps of categories, and what each costs each stake."""

    weight: float = 0.0
    gaps: list[float] = field(default_factory=list)
    costs: list[list[float]] = field(default_factory=list)

    @classmethod
    def of(cls, pairs: Sequence[tuple[list[int], list[int]]]) -> "_Sums":
        size = len(pairs[0][0])
        sums = cls(0.0, [0.0] * size, [[0.0] * size for _ in _STAKES])
        for one, other in pairs:
            share = sum(one) / (sum(one) + sum(other))
            sums.weight += sum(one) * (1 - share)
            for category, (x, y) in enumerate(zip(one, other, strict=True)):
                sums.gaps[category] += x * (1 - share) - y * share
            for stake, cost in zip(_STAKES, sums.costs, strict=True):
                of_a, of_b = _penalty(stake * (1 - share)), _penalty(stake * share)
                for category, (x, y) in enumerate(zip(one, other, strict=True)):
                    cost[category] += of_a * x + of_b * y
        return sums


def _penalty(stake: float) -> float:
    return -math.log1p(-stake) - stake


def _log_sets(categories: int) -> float:
    """Log of the number of sets that are neither empty nor all of the categories."""
    return categories * math.log(2) + math.log1p(-(2.0 ** (1 - categories)))


def _normal_width(sums: _Sums, alpha: float) -> float:
    """By how much the difference of any set may be off: its numbers have a variance of at most a quarter."""
    budget = _log_sets(len(sums.gaps)) - math.log(2 * alpha)  # a set and its complement differ alike
    variance = sums.weight / 4
    prior = _BEST_AT / 4 / (2 * budget + math.log1p(2 * budget))
    bound = math.sqrt((variance + prior) * (2 * budget + math.log1p(variance / prior)))
    return bound / sums.weight


def _observed_width(sums: _Sums, alpha: float) -> float:
    """The same by what was seen: numbers of a set, or of those not in it, outside the largest category."""
    budget = _log_sets(len(sums.gaps)) + math.log(2 / alpha)
    costs = [math.fsum(cost) - max(cost) for cost in sums.costs]

    def excess(gain: float) -> float:
        return log_mean([stake * gain - cost for stake, cost in zip(_STAKES, costs, strict=True)]) - budget

    low, high = 0.0, 2 * sums.weight
    if excess(high) < 0:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return high / sums.weight


def _by_sets(pairs: Sequence[tuple[list[int], list[int]]], alpha: float) -> tuple[float, float]:
    """The largest ends of the differences of all sets of categories; a set and what is not in it count once."""
    size = len(pairs[0][0])
    chosen = [
        (0, *others) for length in range(size - 1) for others in combinations(range(1, size), length)
    ]  # every set with the first category, but not all of them
    ends = [difference_sequence(_of_set(pairs, one), alpha / len(chosen)) for one in chosen]
    low = max(max(one.low, -one.high) for one in ends)
    return low, max(max(one.high, -one.low) for one in ends)


def _by_categories(pairs: Sequence[tuple[list[int], list[int]]], sums: _Sums, alpha: float) -> float:
    """The largest lower end of the difference of one category; of few that stand out, at the alpha of all."""
    size = len(sums.gaps)
    costs = sums.costs[-1]  # for a small stake: as the variance of a rare category
    standing_out = sorted(range(size), key=lambda one: -(sums.gaps[one] ** 2) / (costs[one] or 1.0))[:_TRIED]
    ends = (difference_sequence(_of_set(pairs, (one,)), alpha / size) for one in standing_out)
    return max(max(one.low, -one.high) for one in ends)


def _of_set(pairs: Sequence[tuple[list[int], list[int]]], chosen: Iterable[int]) -> list[Block]:
    categories = tuple(chosen)
    return [
        Block(sum(one[k] for k in categories), sum(one), sum(other[k] for k in categories), sum(other))
        for one, other in pairs
    ]
