"""Probabilities that hold: a score of 0.8 should be right four times in five."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Floats = NDArray[np.float64]

BINS = 10
FOLDS = 10


@dataclass(frozen=True, eq=False)
class Calibration:
    """A map from scores to probabilities that never falls: linear between `scores`, constant beyond them."""

    scores: Floats
    probabilities: Floats

    def __call__(self, scores: Floats) -> Floats:
        """The probabilities of scores, of the same shape."""
        return np.interp(scores, self.scores, self.probabilities)


IDENTITY = Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
"""Scores as they are."""


def isotonic(scores: Floats, truth: Floats) -> Calibration:
    """The rising map that is nearest to the labels in squares (Zadrozny and Elkan 2002); truth is 0 or 1.

    Raises ValueError without rows, and where lengths differ.
    """
    _check(scores, truth)
    distinct, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(places, weights=truth) / counts
    fitted = isotonic_regression(means, weights=counts).x
    # of a run of equal ones only both ends matter
    same = np.concatenate([[False], fitted[1:] == fitted[:-1]])
    within = same & np.concatenate([same[1:], [False]])
    return Calibration(distinct[~within], fitted[~within])


def expected_calibration_error(probabilities: Floats, truth: Floats, bins: int = BINS) -> float:
    """Mean difference of probability and share of ones in bins of as many rows (Naeini, Cooper and Hauskrecht 2015)."""
    if not len(truth):
        raise ValueError("no labels")
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    errors = [len(part) * abs(float(probabilities[part].mean() - truth[part].mean())) for part in parts]
    return sum(errors) / len(truth)


def calibrated(scores: Floats, truth: Floats, folds: int = FOLDS) -> Calibration:
    """The isotonic map, where it helps on rows that it was not made from; scores as they are otherwise.

    Rows are in the order of time, and folds are stretches of it: what would not hold a week later does not help.
    Raises ValueError for scores that are no probabilities, and as `isotonic` does.
    """
    _check(scores, truth)
    if ((scores < 0) | (scores > 1)).any():
        raise ValueError("scores outside 0 to 1 are no probabilities")
    held_out = np.empty_like(scores)
    for part in np.array_split(np.arange(len(scores)), min(folds, len(scores))):
        rest = np.ones(len(scores), dtype=np.bool_)
        rest[part] = False
        held_out[part] = isotonic(scores[rest], truth[rest])(scores[part]) if rest.any() else scores[part]
    helps = expected_calibration_error(held_out, truth) < expected_calibration_error(scores, truth)
    return isotonic(scores, truth) if helps else IDENTITY


def _check(scores: Floats, truth: Floats) -> None:
    if not len(scores) or scores.shape != truth.shape:
        raise ValueError(f"{truth.shape} labels for {scores.shape} scores")
