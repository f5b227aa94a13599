"""How good a binary classifier probably is on rows whose labels have not come yet.

Confidence-based performance estimation, as NannyML calls it: where probabilities are right, each row's label is a coin
whose odds are known, and so is what to expect of any metric. It sees harm that comes of other rows coming in. It does
not see concept drift: where the same row means something else than it did, the probabilities are wrong themselves.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.intervals import Interval, normal_interval
from leeboard.stats.performance import CLIP, THRESHOLD, MetricUndefinedError, UnknownMetricError

Floats = NDArray[np.float64]
Estimate = Callable[[Floats, Floats], Floats]
"""A metric of labels of shape (draws, rows), 0 to 1, and scores of shape (rows,) in falling order; one a draw."""

DRAWS = 100
_MOST_AT_ONCE = 1 << 22
"""Labels that are drawn together: 32 MiB."""


def estimated(
    metric: str, scores: Floats, probabilities: Floats, *, alpha: float = 0.05, seed: int = 0, draws: int = DRAWS
) -> Interval:
    """What to expect of a metric, with the interval of what chance alone makes of the labels.

    `scores` are what the model answered and what the metric is of, `probabilities` the calibrated ones. How sure the
    calibration is, is not in the interval. Raises UnknownMetricError, and MetricUndefinedError for fewer than two rows
    and for probabilities that are none or all the same class.
    """
    estimate = _ESTIMATES.get(metric)
    if estimate is None:
        raise UnknownMetricError(f"{metric!r} cannot be estimated; {', '.join(_ESTIMATES)} can")
    if scores.shape != probabilities.shape or scores.ndim != 1 or len(scores) < 2:
        raise MetricUndefinedError(f"{probabilities.shape} probabilities for {scores.shape} scores")
    if not np.isfinite(scores).all() or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise MetricUndefinedError("scores that are not finite, or probabilities outside 0 to 1")
    order = np.argsort(-scores, kind="stable")
    ranked, odds = scores[order], probabilities[order]
    if not 0 < odds.sum() < len(odds):
        raise MetricUndefinedError("every row is surely of the same class")
    value = float(estimate(odds[np.newaxis, :], ranked)[0])
    generator = np.random.default_rng(seed)
    drawn: list[float] = []
    while len(drawn) < draws:
        some = min(draws - len(drawn), max(1, _MOST_AT_ONCE // len(odds)))
        labels = (generator.random((some, len(odds))) < odds).astype(np.float64)
        drawn += estimate(labels, ranked).tolist()
    known = np.array(drawn)[np.isfinite(drawn)]
    return normal_interval(value, float(np.std(known, ddof=1)) if len(known) > 1 else 0.0, alpha)


def _roc_auc(labels: Floats, scores: Floats) -> Floats:
    """The area by the trapezoids between the ends of tied scores; NaN where a draw has one class only."""
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = np.cumsum(labels, axis=1)[:, ends]
    misses = ends + 1 - hits
    heights = hits + np.concatenate([np.zeros((len(labels), 1)), hits[:, :-1]], axis=1)
    area: Floats = (heights * np.diff(misses, axis=1, prepend=0.0)).sum(axis=1) / 2
    return _ratio(area, hits[:, -1] * misses[:, -1], np.nan)


def _log_loss(labels: Floats, scores: Floats) -> Floats:
    p = np.clip(scores, CLIP, 1 - CLIP)
    return _mean_of(labels, -np.log(p), -np.log1p(-p))


def _mean_of(labels: Floats, of_ones: Floats, of_zeros: Floats) -> Floats:
    """Mean loss, from what a row costs when its label is one and when it is zero."""
    mean: Floats = (labels @ (of_ones - of_zeros) + of_zeros.sum()) / labels.shape[1]
    return mean


def _accuracy(labels: Floats, scores: Floats) -> Floats:
    chosen = (scores >= THRESHOLD).astype(np.float64)
    return _mean_of(labels, chosen, 1 - chosen)


def _precision(labels: Floats, scores: Floats) -> Floats:
    chosen = _chosen(scores)
    return _ratio(labels[:, :chosen].sum(axis=1), np.full(len(labels), float(chosen)))


def _recall(labels: Floats, scores: Floats) -> Floats:
    return _ratio(labels[:, : _chosen(scores)].sum(axis=1), labels.sum(axis=1))


def _f1(labels: Floats, scores: Floats) -> Floats:
    chosen = _chosen(scores)
    return _ratio(2 * labels[:, :chosen].sum(axis=1), chosen + labels.sum(axis=1))


def _chosen(scores: Floats) -> int:
    """How many rows are called ones: the first, as scores fall."""
    return int(np.count_nonzero(scores >= THRESHOLD))


def _ratio(part: Floats, whole: Floats, otherwise: float = 0.0) -> Floats:
    result: Floats = np.divide(part, whole, out=np.full(len(part), otherwise), where=whole > 0)
    return result


_ESTIMATES: dict[str, Estimate] = {
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "brier": lambda labels, scores: _mean_of(labels, np.square(1 - scores), np.square(scores)),
    "accuracy": _accuracy,
    "error_rate": lambda labels, scores: 1 - _accuracy(labels, scores),
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
}
ESTIMABLE = frozenset(_ESTIMATES)
"""Metrics that can be estimated."""
