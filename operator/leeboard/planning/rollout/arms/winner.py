"""Which arm of an A/B test or a bandit wins: by intervals that may be looked at at any time, or none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import dropwhile
from typing import Literal

from leeboard.planning.rollout.arms.sharing import Arm, Metric, toward_more
from leeboard.stats.bandit import Rewards
from leeboard.stats.estimate import Estimate
from leeboard.stats.sequential_blocks import Block, difference_sequence
from leeboard.stats.sequential_means import Batch, Bounds, difference_of_means

Outcome = Literal["Winner", "Continue", "Inconclusive"]


@dataclass(frozen=True)
class Comparison:
    """By how much an arm's mean reward is better than another's, with its interval."""

    arm: str
    other: str
    better_by: Estimate


@dataclass(frozen=True)
class Decision:
    """Who wins, or why nobody does yet; `comparisons` of the winner or the leader with every other arm."""

    outcome: Outcome
    winner: str | None
    message: str
    comparisons: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class Question:
    """When an arm wins: better than every other by more than `margin`, with `min_samples` trials each.

    The champion wins too where no other is better by more than the margin; with a margin of 0 it has to be the best.
    `comparisons` share alpha, or as many as there are other arms if that is more: where arms come and go it is the most
    that there may be, so that alpha holds for those that stay.
    """

    metric: Metric
    champion: str
    alpha: float = 0.05
    margin: float = 0.0
    min_samples: int = 500
    comparisons: int = 1


def decide(arms: Sequence[Arm], question: Question, *, over: bool) -> Decision:
    """The decision, `over` saying that the time for it is up.

    Who is declared the best is not, with a probability of at most alpha over all looks: a wrong winner has a wrong
    interval with the true best arm, and those are as many as there are other arms, which share alpha. Arms that were
    taken out do not count. An only arm wins if it is the champion, and else has nothing left to be compared with.
    Raises ValueError where arms have not the same intervals.
    """
    served = [one for one in arms if not one.aborted]
    if len(served) < 2:
        return _alone(served, question)
    leads = {one.name: min(_gap(one, other, question.metric) for other in served if other != one) for one in served}
    leader = max(served, key=lambda one: (leads[one.name], one.name == question.champion, one.name))
    compared = _against_others(leader, served, question)
    missing = max(0, question.min_samples - min(one.trials for one in served))
    if not missing:
        if all(one.better_by.low > question.margin for one in compared):
            return Decision("Winner", leader.name, _said(compared), compared)
        kept = _champion_is_good_enough(served, question)
        if kept is not None:
            return kept
    if over:
        return Decision("Inconclusive", None, _lacking(compared, leader, missing), compared)
    return Decision("Continue", None, _lacking(compared, leader, missing), compared)


def _alone(served: Sequence[Arm], question: Question) -> Decision:
    if served and served[0].name == question.champion:
        return Decision("Winner", question.champion, "every other arm was taken out")
    return Decision("Inconclusive", None, "the champion was taken out, and no two arms are left to compare")


def _champion_is_good_enough(served: Sequence[Arm], question: Question) -> Decision | None:
    champion = next((one for one in served if one.name == question.champion), None)
    if champion is None or question.margin <= 0:
        return None
    compared = _against_others(champion, served, question)
    if all(-one.better_by.low <= question.margin for one in compared):
        return Decision("Winner", champion.name, f"no other is better by more than {question.margin:g}", compared)
    return None


def _against_others(arm: Arm, served: Sequence[Arm], question: Question) -> tuple[Comparison, ...]:
    others = [one for one in served if one.name != arm.name]
    alpha = question.alpha / max(len(others), question.comparisons)
    return tuple(Comparison(arm.name, other.name, better_by(arm, other, question.metric, alpha)) for other in others)


@lru_cache(maxsize=512)  # a plan asks several times, and the same figures stay for many plans
def better_by(arm: Arm, other: Arm, metric: Metric, alpha: float) -> Estimate:
    """By how much an arm's mean reward is better than another's, with coverage 1 - alpha at all times together.

    Intervals count from the first in which both had trials: before, one of them did not serve yet, and what the other
    earned then says nothing of it. Raises ValueError where arms have not the same intervals.
    """
    pairs = [
        (toward_more(one, metric), toward_more(another, metric))
        for one, another in dropwhile(_is_of_one, zip(arm.rewards, other.rewards, strict=True))
    ]
    if metric.binary:
        blocks = (Block(one.total, int(one.trials), two.total, int(two.trials)) for one, two in pairs)
        return difference_sequence(blocks, alpha)
    bounds = Bounds(metric.least, metric.most)
    return difference_of_means([_batch(one) for one, _ in pairs], [_batch(two) for _, two in pairs], bounds, alpha)


def _is_of_one(pair: tuple[Rewards, Rewards]) -> bool:
    return not all(one.trials for one in pair)


def _batch(rewards: Rewards) -> Batch:
    return Batch(int(rewards.trials), rewards.total, rewards.squares)


def _gap(arm: Arm, other: Arm, metric: Metric) -> float:
    """By how much an arm was better in the intervals in which both had trials, each weighted by what it compares.

    Means over the whole time would not do: who came later has missed hours that were better or worse for all.
    """
    total = whole = 0.0
    for one, another in zip(arm.rewards, other.rewards, strict=True):
        if one.trials and another.trials:
            better = toward_more(one, metric).total / one.trials - toward_more(another, metric).total / another.trials
            weight = one.trials * another.trials / (one.trials + another.trials)
            total, whole = total + weight * better, whole + weight
    return total / whole if whole else 0.0


def _said(compared: Sequence[Comparison]) -> str:
    return "; ".join(
        f"{one.arm} is better than {one.other} by {one.better_by.value:.4g} "
        f"[{one.better_by.low:.4g}, {one.better_by.high:.4g}]"
        for one in compared
    )


def _lacking(compared: Sequence[Comparison], leader: Arm, missing: int) -> str:
    """What is there, and a guess at what is missing: the width of an interval falls with the root of the trials."""
    if missing:
        return f"{missing} more trials of the arm with the fewest are needed"
    guesses = [_trials_missing(one.better_by, leader.trials) for one in compared]
    if None in guesses:
        return f"{_said(compared)}; the arms are too near to each other to say how many trials are needed"
    return f"{_said(compared)}; about {max(one for one in guesses if one is not None)} more trials are needed"


def _trials_missing(better_by: Estimate, trials: int) -> int | None:
    value, low, _ = better_by
    if value <= 0 or not trials:
        return None
    return max(1, min(math.ceil(trials * ((value - low) / value) ** 2) - trials, 10**9))
