"""What a classifier's scores mean, bin by bin: learned on the holdout, kept in the profile, used without labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.figures import figures, surely
from leeboard.stats.calibration import calibrated
from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.estimation import ESTIMABLE, estimated_of_counts
from leeboard.stats.performance import MetricUndefinedError

Floats = NDArray[np.float64]
LEAST_ROWS = 500
"""Of a holdout from which probabilities are learned."""
ALPHA = 0.05
SEED = 0


@dataclass(frozen=True, eq=False)
class ScoreMeaning:
    """For every bin of the prediction: a score that stands for it, and the probability of the positive class."""

    scores: Floats
    probabilities: Floats

    @classmethod
    def learned(cls, bins: Bins, scores: Floats, truth: Floats) -> "ScoreMeaning | None":
        """From a holdout, its rows in the order of time; None where it is too small, or scores are no probabilities."""
        known = np.isfinite(scores) & np.isfinite(truth)
        answers, labels = scores[known], truth[known]
        if len(labels) < LEAST_ROWS or len(np.unique(labels)) != 2 or answers.min() < 0 or answers.max() > 1:
            return None
        codes = bins.codes(answers)
        rows = np.bincount(codes, minlength=bins.size)
        ends = np.clip([0.0, *bins.edges, 1.0], 0.0, 1.0)
        middle = (ends[1:] + ends[:-1]) / 2
        mean = np.divide(np.bincount(codes, weights=answers, minlength=bins.size), rows, out=middle, where=rows > 0)
        return cls(mean, calibrated(answers, labels)(mean))

    @classmethod
    def parse(cls, raw: Mapping[str, Any] | None, bins: Bins) -> "ScoreMeaning | None":
        """As profile.json has it. Raises ValueError (KeyError, TypeError) where it is malformed."""
        if raw is None:
            return None
        scores, probabilities = (np.asarray(raw[name], dtype=np.float64) for name in ("scores", "probabilities"))
        if not scores.shape == probabilities.shape == (bins.size,):
            raise ValueError(f"{scores.size} scores and {probabilities.size} probabilities for {bins.size} bins")
        if not ((scores >= 0) & (scores <= 1) & (probabilities >= 0) & (probabilities <= 1)).all():
            raise ValueError("scores or probabilities outside 0 to 1")
        return cls(scores, probabilities)

    def document(self) -> dict[str, Any]:
        """As profile.json has it."""
        return {"scores": self.scores.tolist(), "probabilities": self.probabilities.tolist()}


def estimated_figures(
    meaning: ScoreMeaning | None,
    prediction: Distribution,
    version: ModelVersion,
    metrics: Iterable[str],
    drift_alpha: float,
) -> list[dict[str, Any]]:
    """`estimated` of `status.evaluation`: metrics as they are to be expected of the window; `reference` is the
    holdout's. Nothing without a meaning, and of metrics that the window leaves undefined."""
    if meaning is None:
        return []
    known = {metric.name: metric.value for metric in version.spec.metrics}
    rows = []
    for name in dict.fromkeys(metrics):
        if name not in ESTIMABLE or name not in known:
            continue
        try:
            interval = estimated_of_counts(
                name, prediction.counts, meaning.scores, meaning.probabilities, alpha=ALPHA, seed=SEED
            )
        except MetricUndefinedError:
            continue
        ends = surely(interval, ALPHA, drift_alpha)
        rows.append(figures(name, interval) | {"rows": prediction.count, "surely": ends, "reference": known[name]})
    return rows
