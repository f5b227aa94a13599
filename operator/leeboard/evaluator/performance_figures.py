"""Figures about how good a champion's predictions were, from the labels that arrived, beside those of its holdout."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.figures import figure, figures, surely
from leeboard.stats import performance

ALPHA = 0.05
SEED = 0


def performance_figures(
    version: ModelVersion,
    metrics: Iterable[str],
    truth: NDArray[np.float64],
    scores: NDArray[np.float64],
    drift_alpha: float,
) -> list[dict[str, Any]]:
    """`performance` of `status.evaluation`: metrics that the labelled rows determine; `reference` is the holdout's.

    `surely` is the interval that a verdict of drift has to keep to.
    """
    known = {metric.name: metric.value for metric in version.spec.metrics}
    rows = []
    for name in dict.fromkeys(metrics):
        try:
            interval = performance.measure(name, truth, scores, alpha=ALPHA, seed=SEED)
        except performance.MetricUndefinedError:
            continue
        row: dict[str, Any] = figures(name, interval) | {"rows": len(truth)}
        row["surely"] = surely(interval, ALPHA, drift_alpha)
        rows.append(row | ({"reference": known[name]} if name in known else {}))
    return rows


def delay_figures(delays: NDArray[np.float64]) -> dict[str, Any]:
    """Within how many seconds after their prediction half and 95 % of the labels arrived; nothing without labels."""
    if not len(delays):
        return {}
    median, most = np.quantile(np.maximum(delays, 0.0), [0.5, 0.95])
    return {"delaySeconds": {"p50": figure(float(median)), "p95": figure(float(most))}}
