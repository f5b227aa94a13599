"""How the requests are shared out between the arms of an A/B test or a bandit: whole percents, moved in small steps.

Figures are rewards by interval, the same intervals for every arm, so that arms are compared within the same hour.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from leeboard.stats.bandit import Posterior, Rewards, best_probabilities, mean_posterior, rate_posterior, shares
from leeboard.stats.stratified import stratified

Goal = Literal["Maximize", "Minimize"]
WHOLE = 100
"""Weights are percents."""


@dataclass(frozen=True)
class Metric:
    """What is rewarded: events of 0 and 1, or numbers between bounds."""

    goal: Goal = "Maximize"
    least: float = 0.0
    most: float = 1.0
    binary: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.least) and math.isfinite(self.most) and self.least < self.most):
            raise ValueError(f"no bounds: {self.least} to {self.most}")
        if self.binary and (self.least, self.most) != (0.0, 1.0):
            raise ValueError("events are 0 or 1")


@dataclass(frozen=True)
class Arm:
    """A version with its rewards by interval, the oldest first; empty ones where it did not serve yet.

    An interval is there once the time for its rewards is up, so that none changes later. `aborted` says that a guard,
    or a person, took the arm out.
    """

    name: str
    rewards: tuple[Rewards, ...] = ()
    aborted: bool = False

    @property
    def trials(self) -> int:
        return int(sum(one.trials for one in self.rewards))


@dataclass(frozen=True)
class Sharing:
    """How a bandit moves weights: none below `floor`, none by more than `step` at once."""

    floor: int = 5
    step: int = 10

    def __post_init__(self) -> None:
        if not (0 <= self.floor <= WHOLE and 1 <= self.step <= WHOLE):
            raise ValueError(f"floor {self.floor}, step {self.step}")


def equal_weights(arms: Sequence[Arm]) -> dict[str, int]:
    """The weights of an A/B test: as equal as whole percents allow, 0 for arms that were taken out."""
    served = [one.name for one in arms if not one.aborted]
    return _complete(arms, whole({name: WHOLE / len(served) for name in served}) if served else {})


@lru_cache(maxsize=128)  # a plan asks several times, and the same figures stay for many plans
def chances(arms: tuple[Arm, ...], metric: Metric, counts: tuple[float, ...], least: int) -> dict[str, float]:
    """For each arm of which enough is known, the chance that it is the best of them; they add up to 1.

    `counts` says how much each interval counts, `least` how many trials are enough. Arms are compared within intervals,
    so that none is thought better for the hours in which it had more of the requests. Empty where fewer than two are
    known, and where no interval has all of these.
    """
    known = [one for one in arms if not one.aborted and one.trials >= max(1, least)]
    if len(known) < 2:
        return {}
    compared = stratified([_counted(one.rewards, metric, counts) for one in known])
    if not all(one.trials for one in compared):
        return {}
    best = best_probabilities([_posterior(one, metric) for one in compared])
    return {one.name: chance for one, chance in zip(known, best, strict=True)}


def bandit_weights(
    names: Sequence[str], best: Mapping[str, float], sharing: Sharing, previous: Mapping[str, int]
) -> dict[str, int]:
    """The next weights, that add up to 100; the same arguments always give the same.

    `best` has the chance of each arm to be the best; who is not in there gets no more than the floor, and where it is
    empty nothing moves. No weight moves by more than `sharing.step`, save that all have the floor at once and that what
    arms had which are gone is the others', in proportion. Raises ValueError where the floor is too high for so many.
    """
    if sharing.floor * len(names) > WHOLE:
        raise ValueError(f"{len(names)} arms cannot have {sharing.floor} % each")
    if not names:
        return {}
    start = _repaired({name: max(0, previous.get(name, 0)) for name in names}, sharing.floor)
    if not best:
        return start
    wanted = shares([best.get(name, 0.0) for name in names], sharing.floor / WHOLE)
    target = {name: WHOLE * share for name, share in zip(names, wanted, strict=True)}
    farthest = max(abs(target[name] - weight) for name, weight in start.items())
    part = min(1.0, sharing.step / farthest) if farthest else 1.0
    return whole({name: weight + part * (target[name] - weight) for name, weight in start.items()})


def whole(weights: Mapping[str, float]) -> dict[str, int]:
    """Weights that add up to 100 in whole percents: rounded down, the largest remainders up; ties by name."""
    rounded = {name: math.floor(weight + 1e-9) for name, weight in weights.items()}
    left = WHOLE - sum(rounded.values())
    order = sorted(weights, key=lambda name: (rounded[name] - weights[name], name))
    return {name: weight + (name in order[:left]) for name, weight in rounded.items()}


def _repaired(weights: Mapping[str, int], floor: int) -> dict[str, int]:
    """The weights of those that serve, made to add up to 100, none below the floor."""
    total = sum(weights.values())
    parts = [weight / total if total else 1 / len(weights) for weight in weights.values()]
    fair = shares(parts, floor / WHOLE)
    return whole({name: WHOLE * share for name, share in zip(weights, fair, strict=True)})


def _counted(rewards: Sequence[Rewards], metric: Metric, counts: Sequence[float]) -> list[Rewards]:
    """What each interval still counts, such that more is better."""
    turned = (toward_more(one, metric) for one in rewards)
    return [Rewards(*(count * number for number in one)) for one, count in zip(turned, counts, strict=True)]


def _posterior(rewards: Rewards, metric: Metric) -> Posterior:
    if metric.binary:
        trials, total, _ = rewards
        return rate_posterior([Rewards(trials, min(max(total, 0.0), trials), total)])
    return mean_posterior([rewards], metric.least, metric.most)


def toward_more(rewards: Rewards, metric: Metric) -> Rewards:
    """The rewards such that more is better: where less is, each number is mirrored between its bounds."""
    if metric.goal == "Maximize":
        return rewards
    ends = metric.least + metric.most
    squares = rewards.trials * ends**2 - 2 * ends * rewards.total + rewards.squares
    return Rewards(rewards.trials, rewards.trials * ends - rewards.total, squares)


def _complete(arms: Sequence[Arm], weights: Mapping[str, int]) -> dict[str, int]:
    return {one.name: weights.get(one.name, 0) for one in arms}
