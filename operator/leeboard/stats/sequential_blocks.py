"""Differences of two rates by blocks of time: valid when traffic, its shares and the rates themselves change.

A block is what both arms answered in the same stretch of time. Sums over hours are misleading where the candidate got
10 % of the requests in a quiet hour and 50 % in a bad one: its rate is worse, and it is not (Simpson's paradox).
Within a block both had the same hour.

On "in every block the mean rate of a is at most that of b plus delta" this bets a stake of c (1 - s) against a's
requests and c s for b's, s being a's share of the block. By the inequality of arithmetic and geometric means no wealth
is expected to grow, whatever the rates are and however they change (Turner, Ly and Gruenwald 2024, "Generic E-variables
for exact sequential k-sample tests that allow for optional stopping"; Turner and Gruenwald 2023). Stakes and the point
that is bet against follow from earlier blocks alone; a bad guess costs power, never validity.

What is assumed: which arm answers a request has nothing to do with the request, and given the time requests are
independent. Blocks are given in the order of time, closed by the clock and complete: looks in between change nothing.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from leeboard.stats.betting import LARGEST_LOSS, check_alpha, from_log, log_mean, stakes
from leeboard.stats.estimate import Estimate

_STEPS = 60
_TOLERANCE = 1e-7
_SHIFT = 4.0


class Block(NamedTuple):
    """What both arms answered in the same stretch of time. Failures may be sums of numbers between 0 and 1."""

    failures_a: float
    trials_a: int
    failures_b: float
    trials_b: int


@dataclass(frozen=True)
class _Bet:
    """A block with what was known before it: the pooled rate, and the stakes for its variance."""

    block: Block
    share: float
    rate: float
    stakes: list[float]


def difference_sequence(blocks: Iterable[Block], alpha: float) -> Estimate:
    """The rate of a minus that of b, with coverage 1 - alpha at all times together; alpha/2 at each end.

    While the difference changes from block to block, the lower end is above it no sooner than in some block it was, and
    likewise the upper. The value weights blocks by the requests that they compare. (0, -1, 1) while one arm has no
    trials. Raises ValueError for counts that cannot be, or alpha outside (0, 1).
    """
    check_alpha(alpha)
    known = list(both(blocks))
    if not known:
        return Estimate(0.0, -1.0, 1.0)
    weights = [one.trials_a * one.trials_b / (one.trials_a + one.trials_b) for one in known]
    gaps = (one.failures_a / one.trials_a - one.failures_b / one.trials_b for one in known)
    value = math.fsum(weight * gap for weight, gap in zip(weights, gaps, strict=True)) / math.fsum(weights)
    low = least_not_refuted(known, alpha / 2)
    high = -least_not_refuted([swapped(one) for one in known], alpha / 2)
    low, high = min(low, high), max(low, high)  # where blocks contradict each other, what lies between is not known
    return Estimate(min(max(value, low), high), low, high)


def block_evidence(blocks: Iterable[Block], margin: float) -> float:
    """The e-value against "a's rate exceeds b's by at most the margin, in every block"; 1 without trials.

    It ever reaches 1/alpha with a probability of at most alpha where that is so. Raises ValueError for counts that
    cannot be, or a margin outside [-1, 1].
    """
    if not -1 <= margin <= 1:
        raise ValueError(f"a difference of rates lies between -1 and 1: {margin}")
    return from_log(_log_evidence(_bets(list(both(blocks))), margin))


def evidence_path(blocks: Iterable[Block], margin: float) -> list[float]:
    """`block_evidence` after each block in which both arms have trials; what it would have been at every look."""
    gains = (_gains(bet, margin) for bet in _bets(list(both(blocks))))
    wealth = (accumulate(of_a_stake) for of_a_stake in zip(*gains, strict=True))
    return [from_log(log_mean(logs)) for logs in zip(*wealth, strict=True)]


def swapped(block: Block) -> Block:
    """The block with its arms exchanged."""
    return Block(block.failures_b, block.trials_b, block.failures_a, block.trials_a)


def both(blocks: Iterable[Block]) -> Iterable[Block]:
    """The blocks in which both arms have trials; what lacks one is added to the next. What is left over is dropped."""
    pending = Block(0, 0, 0, 0)
    for block in blocks:
        if not (0 <= block.failures_a <= block.trials_a and 0 <= block.failures_b <= block.trials_b):
            raise ValueError(f"no counts of a block: {tuple(block)}")
        pending = _together(pending, block)
        if pending.trials_a and pending.trials_b:
            yield pending
            pending = Block(0, 0, 0, 0)


def _together(one: Block, other: Block) -> Block:
    trials_a, trials_b = one.trials_a + other.trials_a, one.trials_b + other.trials_b
    return Block(one.failures_a + other.failures_a, trials_a, one.failures_b + other.failures_b, trials_b)


def least_not_refuted(blocks: Sequence[Block], alpha: float) -> float:
    """The lower end of the difference at alpha: below it, every difference is refuted. Blocks have trials on both."""
    bets, budget = _bets(blocks), -math.log(alpha)

    def excess(delta: float) -> float:
        # the root of the evidence is nearly a straight line, which makes the search short
        return math.sqrt(max(0.0, _log_evidence(bets, delta) + _SHIFT)) - math.sqrt(budget + _SHIFT)

    return _crossing(excess)


def _bets(blocks: Sequence[Block]) -> list[_Bet]:
    bets, failures, trials = [], 0.5, 1.0
    for block in blocks:
        rate = failures / trials
        share = block.trials_a / (block.trials_a + block.trials_b)
        bets.append(_Bet(block, share, rate, stakes(rate * (1 - rate))))
        failures += block.failures_a + block.failures_b
        trials += block.trials_a + block.trials_b
    return bets


def _log_evidence(bets: Sequence[_Bet], delta: float) -> float:
    if not bets:
        return 0.0
    sums = [0.0] * len(bets[0].stakes)
    for bet in bets:
        for position, log in enumerate(_gains(bet, delta)):
            sums[position] += log
    return log_mean(sums)


def _gains(bet: _Bet, delta: float) -> list[float]:
    """The log of what each stake makes of its wealth in a block."""
    share, rest = bet.share, 1 - bet.share
    # the rates that are bet against: those known so far, moved apart to differ by delta
    rate_a = min(max(bet.rate + rest * delta, delta, 0.0), 1.0, 1.0 + delta)
    rate_b = rate_a - delta
    worst = max(rest * rate_a, share * (1 - rate_b))
    bound = LARGEST_LOSS / worst if worst > 0 else math.inf
    failures_a, trials_a, failures_b, trials_b = bet.block
    gains = []
    for stake in bet.stakes:
        on_a, on_b = min(stake, bound) * rest, min(stake, bound) * share
        gains.append(
            failures_a * math.log1p(on_a * (1 - rate_a))
            + (trials_a - failures_a) * math.log1p(-on_a * rate_a)
            + failures_b * math.log1p(-on_b * (1 - rate_b))
            + (trials_b - failures_b) * math.log1p(on_b * rate_b)
        )
    return gains


def _crossing(excess: Callable[[float], float]) -> float:
    """Where a falling function crosses zero in [-1, 1]; the end at which it is not below, so that intervals err wide.

    By the Illinois method (Dowell and Jarratt 1971), which halves the weight of an end that stays.
    """
    outside, inside = -1.0, 1.0
    at_outside, at_inside = excess(outside), excess(inside)
    if at_outside < 0:
        return outside
    if at_inside >= 0:
        return inside
    kept = 0
    for _ in range(_STEPS):
        if inside - outside < _TOLERANCE:
            break
        middle = outside + (inside - outside) * at_outside / (at_outside - at_inside)
        margin = _TOLERANCE / 2
        middle = (outside + inside) / 2 if abs(kept) > 2 else min(max(middle, outside + margin), inside - margin)
        found = excess(middle)
        if found >= 0:
            outside, at_outside = middle, found
            at_inside, kept = (at_inside / 2 if kept > 0 else at_inside), max(kept, 0) + 1
        else:
            inside, at_inside = middle, found
            at_outside, kept = (at_outside / 2 if kept < 0 else at_outside), min(kept, 0) - 1
    return outside
