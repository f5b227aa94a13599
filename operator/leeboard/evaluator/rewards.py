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

NOTHING = Rewards(0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Trials:
    """Predictions of which it is known what they earned, and since when, in seconds since 1970."""

    rewards: Floats
    known: Floats

    def by_stretch(self, until: NDArray[np.float64], first: int) -> list[Rewards]:
        """Sums of the stretches that end at `until`, from one of them on."""
        places, size = blocks.blocks_of(self.known, until), len(until)
        columns = [
            blocks.totals(values, places, size)[first:].tolist()
            for values in (np.ones(len(self.rewards)), self.rewards, np.square(self.rewards))
        ]
        return [Rewards(*one) for one in zip(*columns, strict=True)]


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
            return Trials(self._earned(truth, scores[of_predictions]), arrived / NANOSECONDS)
        known = times + int(self.wait.total_seconds() * NANOSECONDS)
        outcomes, in_time = np.zeros(len(ids)), arrived <= known[of_predictions]
        outcomes[of_predictions[in_time]] = truth[in_time]
        return Trials(self._earned(outcomes, scores), known / NANOSECONDS)

    def _earned(self, truth: Floats, scores: Floats) -> Floats:
        bounds, name = self.metric.bounds, str(self.metric.metric)
        if self.metric.type == "Outcome":
            return np.clip(truth, *bounds)
        if self.task == "Regression":
            errors = np.abs(truth - scores)
            return np.clip(np.square(errors) if name == "mse" else errors, *bounds)
        lost = losses.of_labels(name, truth, scores)
        return 1 - lost if self.metric.maximizes else np.clip(lost, *bounds)
