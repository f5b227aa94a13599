"""Metrics against scikit-learn, and intervals against what they promise."""

import numpy as np
import pytest
from sklearn import metrics as sk

from leeboard.stats.performance import (
    MetricUndefinedError,
    UnknownMetricError,
    compare,
    defaults,
    is_known,
    known,
    measure,
)

SKLEARN = {
    "roc_auc": sk.roc_auc_score,
    "log_loss": sk.log_loss,
    "brier": sk.brier_score_loss,
    "average_precision": sk.average_precision_score,
    "accuracy": lambda y, s: sk.accuracy_score(y, s >= 0.5),
    "error_rate": lambda y, s: 1 - sk.accuracy_score(y, s >= 0.5),
    "f1": lambda y, s: sk.f1_score(y, s >= 0.5),
    "precision": lambda y, s: sk.precision_score(y, s >= 0.5),
    "recall": lambda y, s: sk.recall_score(y, s >= 0.5),
}
REGRESSION = {
    "mae": sk.mean_absolute_error,
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "r2": sk.r2_score,
}


def binary(rows, seed, strength=1.0):
    generator = np.random.default_rng(seed)
    signal = generator.normal(size=rows)
    truth = (generator.random(rows) < 1 / (1 + np.exp(-signal))).astype(float)
    scores = 1 / (1 + np.exp(-strength * signal - (1 - strength) * generator.normal(size=rows)))
    return truth, np.round(scores, 2)


def numbers(rows, seed):
    generator = np.random.default_rng(seed)
    truth = generator.normal(10, 3, rows)
    return truth, truth + generator.normal(0.5, 1, rows)


@pytest.mark.parametrize("metric", SKLEARN)
def test_binary_metrics_are_scikit_learns(metric):
    truth, scores = binary(800, 1)
    scores = np.clip(scores, 0.01, 0.99)
    interval = measure(metric, truth, scores)
    assert interval.value == pytest.approx(SKLEARN[metric](truth, scores))
    assert interval.low < interval.value < interval.high


@pytest.mark.parametrize("metric", REGRESSION)
def test_regression_metrics_are_scikit_learns(metric):
    truth, scores = numbers(500, 2)
    interval = measure(metric, truth, scores)
    assert interval.value == pytest.approx(REGRESSION[metric](truth, scores))
    assert interval.low < interval.value < interval.high


def test_every_known_metric_was_compared():
    assert known() == {*SKLEARN, *REGRESSION, "calibration_error"}


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "f1"])
def test_intervals_cover_the_truth(metric):
    truth, scores = binary(200_000, 3)
    whole = measure(metric, truth, scores).value if metric != "f1" else SKLEARN["f1"](truth, scores)
    parts = zip(np.split(truth, 200), np.split(scores, 200), strict=True)
    hits = sum(i.low <= whole <= i.high for i in (measure(metric, t, s, seed=1) for t, s in list(parts)[:100]))
    assert hits >= 90


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "average_precision", "accuracy"])
def test_a_paired_difference_is_that_of_the_metrics_and_narrower_than_two_intervals(metric):
    truth, good = binary(2000, 4)
    worse = np.clip(good + np.random.default_rng(5).normal(0, 0.03, 2000), 0.01, 0.99)
    first, second = measure(metric, truth, good), measure(metric, truth, worse)
    paired = compare(metric, truth, good, worse)
    assert paired.value == pytest.approx(first.value - second.value)
    assert paired.high - paired.low < (first.high - first.low) + (second.high - second.low)
    same = compare(metric, truth, good, good)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_shuffled_labels_are_seen_as_worse():
    truth, scores = binary(4000, 6)
    shuffled = np.random.default_rng(7).permutation(scores)
    assert compare("roc_auc", truth, shuffled, scores).high < 0
    assert compare("log_loss", truth, shuffled, scores).low > 0


def test_a_bootstrap_is_the_same_for_the_same_seed():
    truth, scores = binary(300, 8)
    assert measure("f1", truth, scores, seed=3) == measure("f1", truth, scores, seed=3)


@pytest.mark.parametrize(
    ("metric", "truth", "scores"),
    [
        ("roc_auc", [1, 1, 1], [0.1, 0.2, 0.3]),
        ("average_precision", [0, 0], [0.1, 0.2]),
        ("r2", [2, 2], [1, 2]),
        ("mae", [1], [1]),
        ("mae", [], []),
        ("log_loss", [1, 0], [np.nan, 0.5]),
    ],
)
def test_rows_that_do_not_determine_a_metric(metric, truth, scores):
    with pytest.raises(MetricUndefinedError):
        measure(metric, np.array(truth, dtype=float), np.array(scores, dtype=float))


def test_names():
    assert defaults("BinaryClassification")[0] == "roc_auc"
    assert is_known("rmse", "Regression")
    assert not is_known("rmse", "BinaryClassification")
    with pytest.raises(UnknownMetricError, match="bleu"):
        measure("bleu", np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    with pytest.raises(UnknownMetricError, match="Clustering"):
        defaults("Clustering")
