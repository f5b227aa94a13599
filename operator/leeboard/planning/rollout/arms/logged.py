"""What a bandit's predictions earned by the shares under which they were made, and what each version is worth by that.

Raw means of versions whose shares follow their luck are biased; weighted by the propensities they are not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leeboard.api.model_status import Shares
from leeboard.planning.conditions import timestamp
from leeboard.planning.rollout.arms.figures import read, written
from leeboard.stats.bandit import NO_REWARDS, Rewards
from leeboard.stats.off_policy import Logged, Method, Value, policy_value


@dataclass(frozen=True)
class Epoch:
    """The time under the same shares, in percent, and what the predictions earned that were made in it."""

    at: datetime
    percent: Mapping[str, int]
    rewards: Mapping[str, Rewards] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """As the status has it."""
        rewards = {name: written(one) for name, one in self.rewards.items() if one.trials}
        return {"at": timestamp(self.at), "percent": dict(self.percent), "rewards": rewards}

    def is_of(self, shares: Shares) -> bool:
        """Whether it is the time of these."""
        return (self.at, self.percent) == (shares.at, shares.percent)

    def plus(self, name: str, rewards: Rewards) -> "Epoch":
        """With more of a version's rewards."""
        before = self.rewards.get(name, NO_REWARDS)
        summed = Rewards(*(one + other for one, other in zip(before, rewards, strict=True)))
        return Epoch(self.at, self.percent, {**self.rewards, name: summed})


def read_log(told: Any) -> tuple[Epoch, ...]:
    """The epochs that make sense, as the status has them."""
    found = [_read(row) for row in told] if isinstance(told, Sequence) and not isinstance(told, str) else []
    return tuple(one for one in found if one is not None)


def worth(log: Iterable[Epoch], version: str, method: Method = "DoublyRobust") -> Value | None:
    """What a prediction would have earned in the mean, had this version made all; None where nothing is known of it.

    Epochs in which it had no share tell nothing of it, and are left out.
    """
    tried = [one for one in log if one.percent.get(version, 0) > 0]
    rows = [
        {name: _logged(share, one.rewards.get(name, NO_REWARDS)) for name, share in one.percent.items() if share > 0}
        for one in tried
    ]
    if not any(row[version].trials for row in rows):
        return None
    return policy_value(rows, {version: 1.0}, method)


def _logged(share: int, rewards: Rewards) -> Logged:
    return Logged(share / 100, int(rewards.trials), rewards.total, rewards.squares)


def _read(row: Any) -> Epoch | None:
    try:
        at = datetime.fromisoformat(str(row["at"]))
        percent = {str(name): int(share) for name, share in row["percent"].items()}
        rewards = {str(name): read(text) for name, text in row["rewards"].items() if name in percent}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if at.tzinfo is None or not all(0 <= share <= 100 for share in percent.values()):
        return None
    return Epoch(at, percent, rewards)
