"""How good scores are: metrics with intervals, and differences of two scorers on the same rows.

Means of per-row losses have normal intervals; ROC AUC has DeLong's (DeLong, DeLong and Clarke-Pearson 1988, computed
from midranks as Sun and Xu 2014 do). Metrics that are neither are bootstrapped over rows, with a seed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from leeboard.stats.calibration_error import squared_calibration_error
from leeboard.stats.intervals import Interval, normal_interval

Floats = NDArray[np.float64]

BINARY = ("roc_auc", "log_loss", "brier", "accuracy")
REGRESSION = ("mae", "rmse")
CLIP = 1e-7
"""Probabilities are kept this far from 0 and 1 for log_loss, in double precision, whatever they were stored in."""
THRESHOLD = 0.5
DRAWS = 200


class MetricUndefinedError(ValueError):
    """The rows do not determine the metric, for instance ROC AUC of a single class."""


class UnknownMetricError(ValueError):
    """No metric of that name for this task."""


def defaults(task: str) -> tuple[str, ...]:
    """The metrics that are always measured. Raises UnknownMetricError for an unknown task."""
    if task == "BinaryClassification":
        return BINARY
    if task == "Regression":
        return REGRESSION
    raise UnknownMetricError(f"no metrics for task {task!r}")


def is_known(metric: str, task: str) -> bool:
    """Whether the metric can be measured for the task."""
    return metric in (_BINARY_ALL if task == "BinaryClassification" else _REGRESSION_ALL)


def measure(metric: str, truth: Floats, scores: Floats, *, alpha: float = 0.05, seed: int = 0) -> Interval:
    """A metric with its interval. `truth` is 0 or 1 with probabilities as scores, or numbers with predictions.

    Raises UnknownMetricError, and MetricUndefinedError where the rows do not determine it.
    """
    _check(truth, scores)
    if metric in _ROW_LOSSES:
        return _mean_interval(_ROW_LOSSES[metric](truth, scores), alpha)
    if metric == "rmse":
        return _root_interval(_mean_interval(np.square(truth - scores), alpha), alpha)
    if metric == "roc_auc":
        areas, covariance = _delong(truth, scores[np.newaxis, :])
        return _within(normal_interval(float(areas[0]), float(np.sqrt(covariance[0, 0])), alpha), 0.0, 1.0)
    if metric == "calibration_error":
        return _root_interval(_squared_calibration_error(truth, scores, alpha), alpha)
    statistic = _statistic(metric)
    return _bootstrap(lambda rows: statistic(truth[rows], scores[rows]), len(truth), alpha, seed)


def compare(metric: str, truth: Floats, a: Floats, b: Floats, *, alpha: float = 0.05, seed: int = 0) -> Interval:
    """The metric of a minus that of b on the same rows, with the interval of the paired difference.

    Raises as `measure` does.
    """
    _check(truth, a)
    _check(truth, b)
    if metric in _ROW_LOSSES:
        loss = _ROW_LOSSES[metric]
        return _mean_interval(loss(truth, a) - loss(truth, b), alpha)
    if metric == "roc_auc":
        areas, covariance = _delong(truth, np.stack([a, b]))
        variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
        return normal_interval(float(areas[0] - areas[1]), float(np.sqrt(max(variance, 0.0))), alpha)
    statistic: Callable[[Floats, Floats], float] = _rmse if metric == "rmse" else _statistic(metric)

    def difference(rows: NDArray[np.int64]) -> float:
        return statistic(truth[rows], a[rows]) - statistic(truth[rows], b[rows])

    return _bootstrap(difference, len(truth), alpha, seed)


def _check(truth: Floats, scores: Floats) -> None:
    if truth.shape != scores.shape or truth.ndim != 1:
        raise ValueError(f"{truth.shape} labels for {scores.shape} scores")
    if len(truth) < 2:
        raise MetricUndefinedError(f"{len(truth)} rows are too few")
    if not (np.isfinite(truth).all() and np.isfinite(scores).all()):
        raise MetricUndefinedError("labels or scores that are not finite")


def _mean_interval(losses: Floats, alpha: float) -> Interval:
    return normal_interval(float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(len(losses))), alpha)


def _within(interval: Interval, low: float, high: float) -> Interval:
    return Interval(interval.value, max(interval.low, low), min(interval.high, high))


def _root_interval(square: Interval, alpha: float) -> Interval:
    ends = np.sqrt(np.maximum([square.value, square.low, square.high], 0.0))
    return Interval(float(ends[0]), float(ends[1]), float(ends[2]))


def _log_loss(truth: Floats, scores: Floats) -> Floats:
    p = np.clip(scores, CLIP, 1 - CLIP)
    losses: Floats = -(truth * np.log(p) + (1 - truth) * np.log1p(-p))
    return losses


def _is_right(truth: Floats, scores: Floats) -> Floats:
    right: Floats = ((scores >= THRESHOLD) == (truth == 1)).astype(np.float64)
    return right


def _delong(truth: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """ROC AUC of each row of `scores`, and their covariance matrix."""
    positive = truth == 1
    m, n = int(positive.sum()), int((~positive).sum())
    if m < 2 or n < 2:
        raise MetricUndefinedError(f"roc_auc needs both classes: {m} positive rows, {n} negative ones")
    whole = rankdata(scores, axis=1)[:, positive]
    of_positives = (whole - rankdata(scores[:, positive], axis=1)) / n
    whole_negative = rankdata(scores, axis=1)[:, ~positive]
    of_negatives = 1 - (whole_negative - rankdata(scores[:, ~positive], axis=1)) / m
    covariance = np.atleast_2d(np.cov(of_positives)) / m + np.atleast_2d(np.cov(of_negatives)) / n
    return of_positives.mean(axis=1), covariance


def _bootstrap(statistic: Callable[[NDArray[np.int64]], float], rows: int, alpha: float, seed: int) -> Interval:
    """A normal interval with the standard error over resamples of the rows."""
    generator = np.random.default_rng(seed)
    value = statistic(np.arange(rows))
    drawn = [statistic(generator.integers(0, rows, rows)) for _ in range(DRAWS)]
    return normal_interval(value, float(np.std(drawn, ddof=1)), alpha)


def _squared_calibration_error(truth: Floats, scores: Floats, alpha: float = 0.05) -> Interval:
    try:
        return squared_calibration_error(truth, scores, alpha)
    except ValueError as error:
        raise MetricUndefinedError(f"calibration_error: {error}") from error


def _calibration_error(truth: Floats, scores: Floats) -> float:
    return float(np.sqrt(max(0.0, _squared_calibration_error(truth, scores).value)))


def _rmse(truth: Floats, scores: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(truth - scores))))


def _r2(truth: Floats, scores: Floats) -> float:
    spread = float(np.sum(np.square(truth - truth.mean())))
    if spread == 0:
        raise MetricUndefinedError("r2 needs labels that differ")
    return 1 - float(np.sum(np.square(truth - scores))) / spread


def _average_precision(truth: Floats, scores: Floats) -> float:
    """Mean precision over the positives, with tied scores taken together."""
    positives = float(truth.sum())
    if positives == 0:
        raise MetricUndefinedError("average_precision needs positive rows")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    gained = np.diff(hits[ends], prepend=0.0)
    return float(np.sum(gained * hits[ends] / (ends + 1)) / positives)


def _precision(truth: Floats, scores: Floats) -> float:
    chosen = scores >= THRESHOLD
    return float(truth[chosen].mean()) if chosen.any() else 0.0


def _recall(truth: Floats, scores: Floats) -> float:
    positives = truth == 1
    return float((scores[positives] >= THRESHOLD).mean()) if positives.any() else 0.0


def _f1(truth: Floats, scores: Floats) -> float:
    precision, recall = _precision(truth, scores), _recall(truth, scores)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _statistic(metric: str) -> Callable[[Floats, Floats], float]:
    try:
        return _STATISTICS[metric]
    except KeyError:
        raise UnknownMetricError(f"no metric {metric!r}; known are {', '.join(sorted(known()))}") from None


_ROW_LOSSES: dict[str, Callable[[Any, Any], Floats]] = {
    "log_loss": _log_loss,
    "brier": lambda truth, scores: np.square(truth - scores),
    "accuracy": _is_right,
    "error_rate": lambda truth, scores: 1 - _is_right(truth, scores),
    "mae": lambda truth, scores: np.abs(truth - scores),
    "mse": lambda truth, scores: np.square(truth - scores),
}
_STATISTICS: dict[str, Callable[[Floats, Floats], float]] = {
    "r2": _r2,
    "calibration_error": _calibration_error,
    "average_precision": _average_precision,
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
}
_BINARY_ALL = frozenset({*BINARY, "error_rate", "average_precision", "precision", "recall", "f1", "calibration_error"})
_REGRESSION_ALL = frozenset({*REGRESSION, "mse", "r2"})


def known() -> frozenset[str]:
    """Every metric that can be measured."""
    return _BINARY_ALL | _REGRESSION_ALL
