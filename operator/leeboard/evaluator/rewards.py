"""What the predictions of a version earned by a metric, in the stretches of time in which that was known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from leeboard.api.metrics import Task
from leeboard.api.reward_metric import RewardMetric
from leeboard.evaluator.guards import blocks, losses
from leeboard.evaluator.labels import NANOSECONDS, Floats, Rows, earliest, nanoseconds
from leeboard.stats.bandit import Rewards


@dataclass(frozen=True, eq=False)
class Trials:
    """Predictions of which it is known what they earned, since when, and when they were made, in seconds since 1970."""

    rewards: Floats
    known: Floats
    made: Floats

    def by_stretch(self, until: NDArray[np.float64], first: int) -> list[Rewards]:
        """Sums of the stretches that end at `until`, from one of them on."""
        places, size = blocks.blocks_of(self.known, until), len(until)
        columns = [
            blocks.totals(values, places, size)[first:].tolist()
            for values in (np.ones(len(self.rewards)), self.rewards, np.square(self.rewards))
        ]
        return [Rewards(*one) for one in zip(*columns, strict=True)]

    def known_in(self, until: NDArray[np.float64], first: int) -> "Trials":
        """Those of these stretches, from one of them on."""
        chosen = blocks.blocks_of(self.known, until) >= first
        return Trials(self.rewards[chosen], self.known[chosen], self.made[chosen])

    def sum_of(self, chosen: NDArray[np.bool_]) -> Rewards:
        """The sums over some of them."""
        rewards = self.rewards[chosen]
        return Rewards(float(len(rewards)), float(rewards.sum()), float(np.square(rewards).sum()))


@dataclass(frozen=True)
class Earning:
    """How it is known what a prediction earned; `wait` is how long a label may take."""

    metric: RewardMetric
    task: Task
    wait: timedelta

    @property
    def awaited(self) -> bool:
        """Whether a prediction is known `wait` after it was made, and then 0 where it has no label; what comes later
        is none. Else it is known when its label has come."""
        return self.metric.unlabelled == "Zero"

    def trials(self, ledger: Sequence[Rows], feedback: Sequence[Rows], since: datetime) -> Trials:
        """Of predictions that were made since a moment. The first label of each counts: nothing changes later."""
        predictions, labels = earliest(ledger), earliest(feedback)
        made = predictions.times >= nanoseconds(since)
        ids, times, scores = predictions.ids[made], predictions.times[made], predictions.values[made]
        _, of_predictions, of_labels = np.intersect1d(ids, labels.ids, assume_unique=True, return_indices=True)
        truth, arrived = labels.values[of_labels], np.maximum(labels.times[of_labels], times[of_predictions])
        if not self.awaited:
            earned, of_these = self._earned(truth, scores[of_predictions]), times[of_predictions]
            return Trials(earned, arrived / NANOSECONDS, of_these / NANOSECONDS)
        known = times + int(self.wait.total_seconds() * NANOSECONDS)
        outcomes, in_time = np.zeros(len(ids)), arrived <= known[of_predictions]
        outcomes[of_predictions[in_time]] = truth[in_time]
        return Trials(self._earned(outcomes, scores), known / NANOSECONDS, times / NANOSECONDS)

    def _earned(self, truth: Floats, scores: Floats) -> Floats:
        bounds, name = self.metric.bounds, str(self.metric.metric)
        if self.metric.type == "Outcome":
            return np.clip(truth, *bounds)
        if self.task == "Regression":
            errors = np.abs(truth - scores)
            return np.clip(np.square(errors) if name == "mse" else errors, *bounds)
        lost = losses.of_labels(name, truth, scores)
        return 1 - lost if self.metric.maximizes else np.clip(lost, *bounds)
