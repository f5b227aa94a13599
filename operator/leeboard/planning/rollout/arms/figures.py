"""What the evaluator says of the arms of an A/B test or a bandit, as `status.evaluation.arms` has it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeboard.api.ab_test import ABTest
from leeboard.api.bandit import Bandit
from leeboard.api.reward_metric import RewardMetric
from leeboard.planning.rollout.arms import pace
from leeboard.planning.rollout.arms.sharing import Metric
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import GuardFigures, guard_figures
from leeboard.stats.bandit import Rewards

MOST_ARMS = 6
MOST_INTERVALS = 200


@dataclass(frozen=True)
class ArmFigures:
    """A version that answers a part of the callers since `since`: what its exporters counted, by how much it is worse
    than the champion as far as guards tell, and what its predictions earned by interval.

    `share` is its part of all requests since it has been there, 0 to 1; None where there are none.
    """

    name: str
    since: datetime
    counts: Counts
    rewards: tuple[Rewards, ...]
    guards: tuple[GuardFigures, ...] = ()
    share: float | None = None

    @property
    def trials(self) -> int:
        """Predictions that earned something."""
        return int(sum(one.trials for one in self.rewards))


def metric_of(asked: RewardMetric) -> Metric:
    """What is rewarded, as the rule of who wins takes it."""
    least, most = asked.bounds
    binary = (least, most) == (0.0, 1.0) and asked.metric != "brier" and asked.max is None
    return Metric("Maximize" if asked.maximizes else "Minimize", least, most, binary)


def terms_of_figures(asked: ABTest | Bandit) -> dict[str, Any]:
    """What figures have to be of, to be of a test or a bandit: its metric, and the stretches of a bandit."""
    return {"metric": asked.metric.dump()} | ({"pace": pace.described(asked)} if isinstance(asked, Bandit) else {})


def arm_figures(evaluation: Mapping[str, Any] | None, asked: ABTest | Bandit) -> dict[str, ArmFigures]:
    """The arms that make sense, by name; none where they are of another metric or champion, or differ in intervals."""
    told = (evaluation or {}).get("arms")
    champion = (evaluation or {}).get("champion")
    if not isinstance(told, Mapping) or told.get("champion") != champion:
        return {}
    if {key: told[key] for key in ("metric", "pace") if key in told} != terms_of_figures(asked):
        return {}
    rows = told.get("versions")
    if not isinstance(rows, Sequence) or not 0 < len(rows) <= MOST_ARMS:
        return {}
    metric = metric_of(asked.metric)
    found = [one for one in map(_read, rows) if one is not None and all(is_possible(it, metric) for it in one.rewards)]
    if len({len(one.rewards) for one in found}) > 1:
        return {}
    return {one.name: one for one in found}


def written(rewards: Rewards) -> str:
    """One interval as the status has it: trials, their sum, and the sum of squares where that is another number."""
    numbers = (rewards.trials, rewards.total, rewards.squares)
    return " ".join(f"{one:.10g}" for one in (numbers[:2] if rewards.squares == rewards.total else numbers))


def read(text: Any) -> Rewards:
    """The inverse of `written`. Raises ValueError for what it cannot have given."""
    parts = [float(part) for part in str(text).split(" ")]
    if len(parts) not in (2, 3) or not 0 <= parts[0] < 2**53 or not parts[0].is_integer():
        raise ValueError(f"no rewards of an interval: {text}")
    return Rewards(parts[0], parts[1], parts[-1])


def is_possible(rewards: Rewards, metric: Metric) -> bool:
    """Whether numbers within the bounds of the metric can add up to that."""
    trials, total, squares = rewards
    slack = 1e-6 * (trials + 1) * max(abs(metric.least), abs(metric.most), 1.0)
    within = trials * metric.least - slack <= total <= trials * metric.most + slack
    return within and math.isfinite(squares) and (not metric.binary or 0 <= total <= trials)


def _read(row: Any) -> ArmFigures | None:
    if not isinstance(row, Mapping):
        return None
    latency = row.get("latencyP99") or {}
    try:
        counts = Counts(
            int(row["requests"]),
            int(row["errors"]),
            float(latency.get("low", "nan")),
            float(latency.get("high", "nan")),
        )
        since = datetime.fromisoformat(str(row["since"]))
        rewards = tuple(read(one) for one in list(row["rewards"])[:MOST_INTERVALS])
        share = float(row["share"]) if "share" in row else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if since.tzinfo is None or not 0 <= counts.errors <= counts.requests:
        return None
    return ArmFigures(str(row.get("name")), since, counts, rewards, guard_figures(row), share)
