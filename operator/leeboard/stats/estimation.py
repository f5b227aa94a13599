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
Estimate = Callable[[Floats, Floats, Floats], Floats]
"""A metric of groups of rows that have one score each, in falling order: ones of shape (draws, groups), and of shape
(groups,) rows and scores; one figure a draw."""

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
    rows = np.ones(scores.shape, dtype=np.int64)
    return estimated_of_counts(metric, rows, scores, probabilities, alpha=alpha, seed=seed, draws=draws)


def estimated_of_counts(
    metric: str,
    counts: NDArray[np.int64],
    scores: Floats,
    probabilities: Floats,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = DRAWS,
) -> Interval:
    """The same of rows that were counted in bins, with a score and a probability for each bin; as fast for a million
    rows as for a hundred. Raises as `estimated` does.
    """
    estimate = _ESTIMATES.get(metric)
    if estimate is None:
        raise UnknownMetricError(f"{metric!r} cannot be estimated; {', '.join(_ESTIMATES)} can")
    if not scores.shape == probabilities.shape == counts.shape or scores.ndim != 1 or counts.sum() < 2:
        raise MetricUndefinedError(f"{probabilities.shape} probabilities for {scores.shape} scores")
    filled = counts > 0
    rows, answers, odds = counts[filled], scores[filled], probabilities[filled]
    if not np.isfinite(answers).all() or not ((odds >= 0) & (odds <= 1)).all():
        raise MetricUndefinedError("scores that are not finite, or probabilities outside 0 to 1")
    order = np.argsort(-answers, kind="stable")
    rows, answers, odds = rows[order], answers[order], odds[order]
    totals, expected = rows.astype(np.float64), rows * odds
    if not 0 < expected.sum() < totals.sum():
        raise MetricUndefinedError("every row is surely of the same class")
    value = float(estimate(expected[np.newaxis, :], totals, answers)[0])
    generator = np.random.default_rng(seed)
    drawn: list[float] = []
    while len(drawn) < draws:
        some = min(draws - len(drawn), max(1, _MOST_AT_ONCE // len(rows)))
        ones = generator.binomial(rows, odds, size=(some, len(rows))).astype(np.float64)
        drawn += estimate(ones, totals, answers).tolist()
    known = np.array(drawn)[np.isfinite(drawn)]
    return normal_interval(value, float(np.std(known, ddof=1)) if len(known) > 1 else 0.0, alpha)


def _roc_auc(ones: Floats, rows: Floats, scores: Floats) -> Floats:
    """The area by the trapezoids between the ends of tied scores; NaN where a draw has one class only."""
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = np.cumsum(ones, axis=1)[:, ends]
    misses = np.cumsum(rows)[ends] - hits
    heights = hits + np.concatenate([np.zeros((len(ones), 1)), hits[:, :-1]], axis=1)
    area: Floats = (heights * np.diff(misses, axis=1, prepend=0.0)).sum(axis=1) / 2
    return _ratio(area, hits[:, -1] * misses[:, -1], np.nan)


def _log_loss(ones: Floats, rows: Floats, scores: Floats) -> Floats:
    p = np.clip(scores, CLIP, 1 - CLIP)
    return _mean_of(ones, rows, -np.log(p), -np.log1p(-p))


def _mean_of(ones: Floats, rows: Floats, of_ones: Floats, of_zeros: Floats) -> Floats:
    """Mean loss, from what a row costs when its label is one and when it is zero."""
    mean: Floats = (ones @ (of_ones - of_zeros) + (rows * of_zeros).sum()) / rows.sum()
    return mean


def _accuracy(ones: Floats, rows: Floats, scores: Floats) -> Floats:
    chosen = (scores >= THRESHOLD).astype(np.float64)
    return _mean_of(ones, rows, chosen, 1 - chosen)


def _precision(ones: Floats, rows: Floats, scores: Floats) -> Floats:
    chosen = scores >= THRESHOLD
    return _ratio(ones[:, chosen].sum(axis=1), np.full(len(ones), float(rows[chosen].sum())))


def _recall(ones: Floats, rows: Floats, scores: Floats) -> Floats:
    return _ratio(ones[:, scores >= THRESHOLD].sum(axis=1), ones.sum(axis=1))


def _f1(ones: Floats, rows: Floats, scores: Floats) -> Floats:
    chosen = scores >= THRESHOLD
    return _ratio(2 * ones[:, chosen].sum(axis=1), float(rows[chosen].sum()) + ones.sum(axis=1))


def _ratio(part: Floats, whole: Floats, otherwise: float = 0.0) -> Floats:
    result: Floats = np.divide(part, whole, out=np.full(len(part), otherwise), where=whole > 0)
    return result


_ESTIMATES: dict[str, Estimate] = {
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "brier": lambda ones, rows, scores: _mean_of(ones, rows, np.square(1 - scores), np.square(scores)),
    "accuracy": _accuracy,
    "error_rate": lambda ones, rows, scores: 1 - _accuracy(ones, rows, scores),
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
}
ESTIMABLE = frozenset(_ESTIMATES)
"""Metrics that can be estimated."""
