"""How a bandit shares out the requests: by what every version is known to earn, decided once a stretch of time."""

from collections.abc import Iterable, Mapping, Sequence

from leeboard.api.bandit import Bandit
from leeboard.api.model_status import Shares
from leeboard.planning.rollout.arms.figures import metric_of
from leeboard.planning.rollout.arms.pace import counts
from leeboard.planning.rollout.arms.sharing import WHOLE, Arm, Sharing, bandit_weights, chances
from leeboard.stats.bandit import Rewards

STEP = 10
"""Percents by which a share moves at most at once: pods for so many more are there before."""
Earned = Mapping[str, Sequence[Rewards]]
"""What each version earned, by stretch."""


def best_of(bandit: Bandit, earned: Earned) -> dict[str, float]:
    """For each version of which enough is known, the chance that it earns most, 0 to 1. Raises ValueError where
    versions have not the same stretches."""
    arms = tuple(Arm(name, tuple(rewards)) for name, rewards in earned.items())
    stretches = max((len(one.rewards) for one in arms), default=0)
    return chances(arms, metric_of(bandit.reward), tuple(counts(bandit, stretches)), bandit.min_labels)


def next_shares(bandit: Bandit, earned: Earned, previous: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """The next shares of the versions that are named, in percent: they add up to 100.

    The same figures and shares give the same, whoever computes them. Where more versions are named than the least share
    has room for, all get as much.
    """
    served = list(names)
    floor = min(bandit.floor, WHOLE // max(1, len(served)))
    known = {name: rewards for name, rewards in earned.items() if name in served}
    return bandit_weights(served, best_of(bandit, known), Sharing(floor, STEP), previous)


def leader_of(bandit: Bandit, history: Sequence[Shares]) -> tuple[str, Shares] | None:
    """Who has all that the least shares leave, and the first entry since when that is so without a break."""
    found: tuple[str, Shares] | None = None
    for entry in reversed(history):
        first = _leader(bandit, entry)
        if first is None or (found is not None and found[0] != first):
            return found
        found = first, entry
    return found


def _leader(bandit: Bandit, entry: Shares) -> str | None:
    others = len(entry.percent) - 1
    most = max(entry.percent.values(), default=0)
    if not others or most < WHOLE - bandit.floor * others:
        return None
    return next(name for name, percent in entry.percent.items() if percent == most)
