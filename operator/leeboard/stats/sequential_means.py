"""Means of bounded numbers, and differences of them, from batches, by intervals that may be looked at after each.

From a batch come how many numbers there were, their sum and the sum of their squares; it is what exporters keep of
inputs, scores and KPIs. The intervals are empirical Bernstein ones: as wide as the variance that was seen asks, not as
the bounds would allow (Howard, Ramdas, McAuliffe and Sekhon 2021, section 3.2; the inequality is of Fan, Grama and Liu
2015). What a number is expected to be follows from the batches before its own. Each number counts for a stake that
never changes, so that the interval is about the mean of all so far, also while it changes; a difference is about the
mean difference over blocks, whatever both arms have in common and however their shares change.

Assumed are numbers within the bounds, independent given their time, and which arm answers has nothing to do with the
request. Numbers outside have to be cut off before they are added up.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from leeboard.stats.betting import check_alpha, log_mean
from leeboard.stats.estimate import Estimate

_STAKES = tuple(0.7 * 2.0**-power for power in range(10))
"""Of numbers scaled to 0..1: from what hardly varies to small differences of what varies much."""
_BISECTIONS = 45


class Batch(NamedTuple):
    """What is known of a batch of numbers."""

    numbers: int
    total: float
    squares: float


class Bounds(NamedTuple):
    """What no number is below or above."""

    least: float
    most: float


@dataclass(frozen=True)
class _Sums:
    """For each stake, log wealth on means above is `stake * (centre - weight * mean) - penalty`."""

    weight: float
    centre: float
    penalties: Sequence[float]


def mean_sequence(batches: Iterable[Batch], bounds: Bounds, alpha: float) -> Estimate:
    """The mean of the numbers, with coverage 1 - alpha at all times together; alpha/2 at each end.

    The middle of the bounds and the bounds themselves without numbers. Raises ValueError for batches that cannot be,
    bounds that are no interval, or alpha outside (0, 1).
    """
    scaled = [one for one in _scaled(batches, bounds, alpha) if one.numbers]
    if not scaled:
        return Estimate((bounds.least + bounds.most) / 2, *bounds)
    weight, centre = float(sum(one.numbers for one in scaled)), math.fsum(one.total for one in scaled)
    spread = math.fsum(_spreads(scaled))
    sums = _Sums(weight, centre, [_penalty(stake) * spread for stake in _STAKES])
    low, high = _ends(sums, alpha, Bounds(0.0, 1.0))
    size = bounds.most - bounds.least
    value = min(max(centre / weight, low), high)
    return Estimate(*(bounds.least + size * one for one in (value, low, high)))


def difference_of_means(a: Sequence[Batch], b: Sequence[Batch], bounds: Bounds, alpha: float) -> Estimate:
    """The mean of a minus that of b, with coverage 1 - alpha at all times together; alpha/2 at each end.

    `a[i]` and `b[i]` are of the same stretch of time. Where one of them is empty, both are added to the next; what is
    left over is dropped. Zero, minus and plus the size of the bounds without numbers. Raises ValueError as
    `mean_sequence` does, and where there are not as many batches of a as of b.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} batches of one arm for {len(b)} of the other")
    size = bounds.most - bounds.least
    pairs = _together(_scaled(a, bounds, alpha), _scaled(b, bounds, alpha))
    if not pairs:
        return Estimate(0.0, -size, size)
    arms = [_spreads([one for one, _ in pairs]), _spreads([other for _, other in pairs])]
    weight = centre = 0.0
    penalties = [0.0] * len(_STAKES)
    for (one, other), spread_a, spread_b in zip(pairs, *arms, strict=True):
        share = one.numbers / (one.numbers + other.numbers)
        weight += one.numbers * (1 - share)
        centre += one.total * (1 - share) - other.total * share
        for position, stake in enumerate(_STAKES):
            penalties[position] += _penalty(stake * (1 - share)) * spread_a + _penalty(stake * share) * spread_b
    sums = _Sums(weight, centre, penalties)
    low, high = _ends(sums, alpha, Bounds(-1.0, 1.0))
    value = min(max(centre / weight, low), high)
    return Estimate(size * value, size * low, size * high)


def _scaled(batches: Iterable[Batch], bounds: Bounds, alpha: float) -> list[Batch]:
    """The batches as if the bounds were 0 and 1. Squares are kept to what such numbers can have."""
    check_alpha(alpha)
    size = bounds.most - bounds.least
    if not (size > 0 and math.isfinite(size)):
        raise ValueError(f"no bounds: {bounds.least} to {bounds.most}")
    scaled = []
    for count, total, squares in batches:
        if count < 0 or not (math.isfinite(total) and math.isfinite(squares)):
            raise ValueError(f"no batch: {count} numbers, sum {total}, of squares {squares}")
        mean = (total - count * bounds.least) / size
        if not -1e-6 * (count + 1) <= mean <= count + 1e-6 * (count + 1):
            raise ValueError(f"the sum of {count} numbers from {bounds.least} to {bounds.most} cannot be {total}")
        sum_of = min(max(mean, 0.0), float(count))
        second = (squares - 2 * bounds.least * total + count * bounds.least**2) / size**2
        scaled.append(Batch(count, sum_of, min(max(second, sum_of**2 / count if count else 0.0), sum_of)))
    return scaled


def _together(a: Sequence[Batch], b: Sequence[Batch]) -> list[tuple[Batch, Batch]]:
    pairs, empty = [], Batch(0, 0.0, 0.0)
    one, other = empty, empty
    for next_a, next_b in zip(a, b, strict=True):
        one, other = _sum(one, next_a), _sum(other, next_b)
        if one.numbers and other.numbers:
            pairs.append((one, other))
            one, other = empty, empty
    return pairs


def _sum(one: Batch, other: Batch) -> Batch:
    return Batch(one.numbers + other.numbers, one.total + other.total, one.squares + other.squares)


def _spreads(batches: Sequence[Batch]) -> list[float]:
    """For each batch the squared distances of its numbers from the mean of those before."""
    count, total, spreads = 1.0, 0.5, []
    for batch in batches:
        expected = total / count
        spreads.append(max(0.0, batch.squares - 2 * expected * batch.total + batch.numbers * expected**2))
        count, total = count + batch.numbers, total + batch.total
    return spreads


def _penalty(stake: float) -> float:
    """psi_E of Fan, Grama and Liu: what a squared unit costs."""
    return -math.log1p(-stake) - stake


def _ends(sums: _Sums, alpha: float, bounds: Bounds) -> tuple[float, float]:
    budget = math.log(2 / alpha)
    low = _least(lambda mean: _log_evidence(sums, mean, 1.0) - budget, bounds.least, bounds.most)
    high = _least(lambda mean: _log_evidence(sums, -mean, -1.0) - budget, -bounds.most, -bounds.least)
    return low, -high


def _log_evidence(sums: _Sums, mean: float, sign: float) -> float:
    gain = sign * (sums.centre - sums.weight * mean)
    return log_mean([stake * gain - penalty for stake, penalty in zip(_STAKES, sums.penalties, strict=True)])


def _least(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """The end of the interval: what is further out is refuted, and it errs towards the outside."""
    if excess(outside) < 0:
        return outside
    for _ in range(_BISECTIONS):
        middle = (outside + inside) / 2
        outside, inside = (outside, middle) if excess(middle) < 0 else (middle, inside)
    return outside
