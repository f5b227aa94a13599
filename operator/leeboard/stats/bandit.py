"""Thompson sampling: each arm gets traffic as often as it is the best one, as far as is known.

Thompson (1933); as randomised probability matching, Scott (2010), "A modern Bayesian look at the multi-armed bandit".
The chance that an arm is the best is integrated numerically, so that the same figures always give the same shares.

Rewards are counted in batches, an interval each. Old ones count less by a discount, so that shares follow when another
arm becomes the best one (Raj and Kalyani 2017, "Taming non-stationary bandits"). A reward that comes late is missing
only for a while: a trial counts once its reward has come or its time is up, so that arms with many new trials are not
thought worse than they are (Chapelle 2014, "Modeling delayed feedback in display advertising", has the problem).

Shares are for choosing, not for judging: raw means of arms whose shares follow their luck are biased. Who wins says a
confidence sequence, and what an arm is worth `leeboard.stats.off_policy`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

_POINTS = 160
_REACH = 9.0
_EDGE = 1e-12
FLOOR = 0.05


class Posterior(Protocol):
    """What is known of an arm's mean reward."""

    @property
    def mean(self) -> float: ...

    @property
    def deviation(self) -> float: ...

    def log_density(self, value: float) -> float:
        """Up to a constant; -inf outside."""
        ...

    def inside(self, value: float) -> float:
        """The nearest value that the mean can have."""
        ...


class Beta(NamedTuple):
    """A rate after so many successes and failures, each with what was believed before added."""

    successes: float
    failures: float

    @property
    def mean(self) -> float:
        return self.successes / (self.successes + self.failures)

    @property
    def deviation(self) -> float:
        return math.sqrt(self.mean * (1 - self.mean) / (self.successes + self.failures + 1))

    def log_density(self, value: float) -> float:
        if not 0 < value < 1:
            return -math.inf
        return (self.successes - 1) * math.log(value) + (self.failures - 1) * math.log1p(-value)

    def inside(self, value: float) -> float:
        return min(max(value, _EDGE), 1 - _EDGE)


class Normal(NamedTuple):
    """A mean of many bounded numbers."""

    mean: float
    deviation: float

    def log_density(self, value: float) -> float:
        return -(((value - self.mean) / self.deviation) ** 2) / 2

    def inside(self, value: float) -> float:
        return value


class Rewards(NamedTuple):
    """What an arm's trials of one interval gave, of those whose reward has come or whose time is up.

    `squares` is the sum of squared rewards; of rewards of 0 and 1 it is their sum.
    """

    trials: float
    total: float
    squares: float


NO_REWARDS = Rewards(0.0, 0.0, 0.0)


def rate_posterior(rewards: Sequence[Rewards], discount: float = 1.0) -> Beta:
    """The posterior of a rate, from intervals in the order of time and a uniform prior. Rewards are 0 or 1.

    Raises ValueError for more successes than trials, or a discount outside (0, 1].
    """
    trials, total, _ = discounted(rewards, discount)
    if not 0 <= total <= trials:
        raise ValueError(f"{total} successes of {trials} trials")
    return Beta(1 + total, 1 + trials - total)


def mean_posterior(rewards: Sequence[Rewards], least: float, most: float, discount: float = 1.0) -> Normal:
    """The posterior of the mean of rewards between `least` and `most`, by the central limit theorem.

    What was believed before counts as one reward at each bound and one in the middle, so that it is never certain
    after few rewards. Raises ValueError for bounds that are no interval, or a discount outside (0, 1].
    """
    if not (math.isfinite(least) and math.isfinite(most) and least < most):
        raise ValueError(f"no bounds: {least} to {most}")
    trials, total, squares = discounted(rewards, discount)
    middle = (least + most) / 2
    count = trials + 3
    mean = (total + least + most + middle) / count
    variance = (squares + least**2 + most**2 + middle**2) / count - mean**2
    smallest = ((most - least) * 1e-6) ** 2
    return Normal(min(max(mean, least), most), math.sqrt(max(variance, smallest) / count))


def discounted(rewards: Sequence[Rewards], discount: float) -> Rewards:
    """The sums over intervals, each older one worth `discount` of the next. Raises ValueError for what cannot be."""
    if not 0 < discount <= 1:
        raise ValueError(f"a discount lies above 0 and up to 1: {discount}")
    trials = total = squares = 0.0
    for one in rewards:
        if one.trials < 0 or not all(math.isfinite(number) for number in one):
            raise ValueError(f"no rewards: {tuple(one)}")
        trials = discount * trials + one.trials
        total, squares = discount * total + one.total, discount * squares + one.squares
    return Rewards(trials, total, squares)


def best_probabilities(posteriors: Sequence[Posterior]) -> list[float]:
    """For each arm the chance that its mean is the largest; they add up to 1. Empty without arms.

    The density of one times the distribution functions of the others, by the trapezoidal rule on points that lie close
    where any arm's density is.
    """
    if not posteriors:
        return []
    points = _points(posteriors)
    tables = [_density_and_distribution(one, points) for one in posteriors]
    chances = []
    for arm, (density, _) in enumerate(tables):
        products = [
            height * math.prod(below[place] for other, (_, below) in enumerate(tables) if other != arm)
            for place, height in enumerate(density)
        ]
        chances.append(_integral(points, products))
    whole = math.fsum(chances)
    return [one / whole for one in chances] if whole > 0 else [1 / len(posteriors)] * len(posteriors)


def shares(best: Sequence[float], floor: float = FLOOR) -> list[float]:
    """The arms' shares of the traffic: their chances of being the best, none below the floor; they add up to 1.

    What the floor gives is taken from the others in proportion. Raises ValueError where the floor is too high for so
    many arms, or the chances do not add up to 1.
    """
    if not 0 <= floor * len(best) <= 1:
        raise ValueError(f"{len(best)} arms cannot have {floor} each")
    if best and abs(math.fsum(best) - 1) > 1e-6:
        raise ValueError("chances have to add up to 1")
    low: set[int] = set()
    while True:
        rest, weight = 1 - floor * len(low), math.fsum(one for arm, one in enumerate(best) if arm not in low)
        given = [floor if arm in low else rest * one / weight if weight else 0.0 for arm, one in enumerate(best)]
        below = {arm for arm, one in enumerate(given) if one < floor and arm not in low}
        if not below:
            return given
        low |= below


def _points(posteriors: Sequence[Posterior]) -> list[float]:
    each = max(40, _POINTS // len(posteriors))
    points = set()
    for one in posteriors:
        for step in range(-each, each + 1):
            # closer together near the middle, where the density is
            distance = _REACH * one.deviation * (step / each) * (0.2 + 0.8 * abs(step / each))
            points.add(one.inside(one.mean + distance))
    return sorted(points)


def _density_and_distribution(posterior: Posterior, points: Sequence[float]) -> tuple[list[float], list[float]]:
    logs = [posterior.log_density(point) for point in points]
    top = max(logs)
    density = [math.exp(one - top) for one in logs]
    below, sums = 0.0, [0.0]
    for place in range(1, len(points)):
        below += (density[place] + density[place - 1]) / 2 * (points[place] - points[place - 1])
        sums.append(below)
    return [one / below for one in density], [one / below for one in sums]


def _integral(points: Sequence[float], heights: Sequence[float]) -> float:
    return math.fsum(
        (heights[place] + heights[place - 1]) / 2 * (points[place] - points[place - 1])
        for place in range(1, len(points))
    )
