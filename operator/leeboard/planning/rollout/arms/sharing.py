"""How the requests are shared out between the arms of an A/B test or a bandit: whole percents, moved in small steps.

Figures are rewards by interval, the same intervals for every arm, so that arms are compared within the same hour.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from leeboard.stats.bandit import Posterior, Rewards, best_probabilities, mean_posterior, rate_posterior, shares

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
    """How a bandit moves weights: none below `floor`, none by more than `step` at once, once in `every`."""

    floor: int = 5
    step: int = 10
    every: timedelta = timedelta(minutes=5)
    discount: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.floor <= WHOLE and 1 <= self.step <= WHOLE and 0 < self.discount <= 1):
            raise ValueError(f"floor {self.floor}, step {self.step}, discount {self.discount}")


def equal_weights(arms: Sequence[Arm]) -> dict[str, int]:
    """The weights of an A/B test: as equal as whole percents allow, 0 for arms that were taken out."""
    served = [one.name for one in arms if not one.aborted]
    return _complete(arms, whole({name: WHOLE / len(served) for name in served}) if served else {})


def bandit_weights(
    arms: Sequence[Arm], metric: Metric, sharing: Sharing, previous: Mapping[str, int], since: timedelta
) -> dict[str, int]:
    """The next weights, that add up to 100; the same arguments always give the same.

    An arm that was taken out loses its weight at once, to the others in proportion; a new one gets the floor at once.
    Otherwise nothing changes before `sharing.every` is over, and no weight by more than `sharing.step`. Empty where no
    arm is left to serve. Raises ValueError where the floor is too high for so many arms.
    """
    served = [one for one in arms if not one.aborted]
    if not served:
        return _complete(arms, {})
    if sharing.floor * len(served) > WHOLE:
        raise ValueError(f"{len(served)} arms cannot have {sharing.floor} % each")
    start = _repaired({one.name: max(0, previous.get(one.name, 0)) for one in served}, sharing.floor)
    if since < sharing.every:
        return _complete(arms, start)
    chances = best_probabilities([_posterior(one.rewards, metric, sharing.discount) for one in served])
    wanted = shares(chances, sharing.floor / WHOLE)
    target = {one.name: WHOLE * share for one, share in zip(served, wanted, strict=True)}
    farthest = max(abs(target[name] - weight) for name, weight in start.items())
    part = min(1.0, sharing.step / farthest) if farthest else 1.0
    return _complete(arms, whole({name: weight + part * (target[name] - weight) for name, weight in start.items()}))


def is_due(now: datetime, changed: datetime, sharing: Sharing) -> bool:
    """Whether the weights may move again."""
    return now - changed >= sharing.every


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


def _posterior(rewards: Sequence[Rewards], metric: Metric, discount: float) -> Posterior:
    turned = [toward_more(one, metric) for one in rewards]
    if metric.binary:
        return rate_posterior(turned, discount)
    return mean_posterior(turned, metric.least, metric.most, discount)


def toward_more(rewards: Rewards, metric: Metric) -> Rewards:
    """The rewards such that more is better: where less is, each number is mirrored between its bounds."""
    if metric.goal == "Maximize":
        return rewards
    ends = metric.least + metric.most
    squares = rewards.trials * ends**2 - 2 * ends * rewards.total + rewards.squares
    return Rewards(rewards.trials, rewards.trials * ends - rewards.total, squares)


def _complete(arms: Sequence[Arm], weights: Mapping[str, int]) -> dict[str, int]:
    return {one.name: weights.get(one.name, 0) for one in arms}
