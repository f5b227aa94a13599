"""What a row loses by a metric that is a mean over rows, within known bounds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leeboard.api.metrics import LARGEST_LOG_LOSS
from leeboard.evaluator.guards.blocks import totals
from leeboard.evaluator.guards.evidence import Losses, Rates, Share, Sums
from leeboard.stats.performance import THRESHOLD

Floats = NDArray[np.float64]
MOST: dict[str, float] = {"log_loss": LARGEST_LOG_LOSS, "brier": 1.0}
"""What a row may lose at most, of the metrics that are not shares."""
_SMALLEST = 1e-9
SHARES = frozenset({"accuracy", "error_rate"})


def of_labels(metric: str, truth: Floats, scores: Floats) -> Floats:
    """The loss of each row, larger being worse: of shares 0 or 1. Raises KeyError for other metrics."""
    return truth * _of_ones(metric, scores) + (1 - truth) * _of_zeros(metric, scores)


def expected(metric: str, probabilities: Floats, scores: Floats) -> Floats:
    """The loss that is to be expected of rows whose label is 1 with these probabilities. Raises KeyError."""
    return of_labels(metric, probabilities, scores)


def _of_ones(metric: str, scores: Floats) -> Floats:
    if metric in SHARES:
        return (scores < THRESHOLD).astype(np.float64)
    return _LOSSES[metric](scores)


def _of_zeros(metric: str, scores: Floats) -> Floats:
    if metric in SHARES:
        return (scores >= THRESHOLD).astype(np.float64)
    return _LOSSES[metric](1 - scores)


def _log_loss(right: Floats) -> Floats:
    return np.minimum(-np.log(np.maximum(right, _SMALLEST)), LARGEST_LOG_LOSS)


def _brier(right: Floats) -> Floats:
    return np.square(1 - np.clip(right, 0.0, 1.0))


_LOSSES = {"log_loss": _log_loss, "brier": _brier}


@dataclass(frozen=True, eq=False)
class Lost:
    """What rows of one version lost, in the stretches of time that they belong to; with `rows`, of so many each."""

    losses: Floats
    blocks: NDArray[np.int64]
    rows: Floats

    @classmethod
    def of_rows(cls, losses: Floats, blocks: NDArray[np.int64]) -> "Lost":
        """One row each."""
        return cls(losses, blocks, np.ones(len(losses)))

    def sums(self, size: int) -> list[list[float]]:
        """Numbers of rows, sums and sums of squares of each stretch."""
        known = (self.rows, self.losses * self.rows, np.square(self.losses) * self.rows)
        return [totals(one, self.blocks, size).tolist() for one in known]


def rates(a: Lost, b: Lost, size: int) -> Rates:
    """Of rows that were right (0) or wrong (1), in `size` stretches of time."""
    sums = [one.sums(size) for one in (a, b)]
    columns = [[round(one) for one in column] for rows, lost, _ in sums for column in (lost, rows)]
    blocks = tuple((w, x, y, z) for w, x, y, z in zip(*columns, strict=True) if x or z)
    candidate, champion = (
        Share(failures=round(float((one.losses * one.rows).sum())), trials=round(float(one.rows.sum())))
        for one in (a, b)
    )
    return Rates(candidate=candidate, champion=champion, blocks=blocks)


def losses(metric: str, a: Lost, b: Lost, size: int) -> Losses:
    """Of rows that lost what the metric allows, in `size` stretches of time."""
    first, second = (
        [Sums(n=round(rows), sum=total, squares=squares) for rows, total, squares in zip(*one.sums(size), strict=True)]
        for one in (a, b)
    )
    both = [(one, other) for one, other in zip(first, second, strict=True) if one.n or other.n]
    return Losses(
        least=0.0,
        most=MOST.get(metric, 1.0),
        candidate=tuple(one for one, _ in both),
        champion=tuple(other for _, other in both),
    )
