"""Estimates without labels against NannyML's own figures, against the labels once they are there, and by chance."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from leeboard.stats.calibration import IDENTITY, Calibration, calibrated, expected_calibration_error, isotonic
from leeboard.stats.estimation import ESTIMABLE, estimated, estimated_of_counts
from leeboard.stats.performance import MetricUndefinedError, UnknownMetricError, measure
from tests.support.tables import nannyml_table

CHUNK = 5000
BY_NANNYML = [0.97074, 0.97101, 0.97141, 0.97109, 0.97112, 0.96109, 0.96182, 0.96107, 0.96253, 0.96132]
"""Of nannyml 0.13.1's CBPE for the ten chunks of the car loans; from the sixth on the cars are worth more."""


@pytest.fixture(scope="module")
def loans():
    """Calibration by the reference, and the chunks: scores and the labels that came later."""
    reference, analysis, target = (
        nannyml_table(f"synthetic_car_loan_{part}") for part in ("reference", "analysis", "analysis_target")
    )
    calibration = calibrated(
        reference["y_pred_proba"].to_numpy(dtype=np.float64), reference["repaid"].to_numpy(dtype=np.float64)
    )
    scores = analysis["y_pred_proba"].to_numpy(dtype=np.float64)
    return calibration, scores.reshape(-1, CHUNK), target["repaid"].to_numpy(dtype=np.float64).reshape(-1, CHUNK)


@pytest.mark.parametrize("chunk", range(10))
def test_roc_auc_is_nannymls(loans, chunk):
    calibration, scores, _ = loans
    found = estimated("roc_auc", scores[chunk], calibration(scores[chunk]))
    assert found.value == pytest.approx(BY_NANNYML[chunk], abs=1e-5)


@pytest.mark.parametrize("metric", sorted(ESTIMABLE))
def test_what_the_labels_say_later_is_near(loans, metric):
    """The table is made so that what an input means stays the same: its shift is one that estimates can see."""
    calibration, scores, labels = loans
    for asked, truth in zip(scores, labels, strict=True):
        expected = estimated(metric, asked, calibration(asked), alpha=0.001)
        found = measure(metric, truth, asked).value
        assert found == pytest.approx(expected.value, abs=0.02 + (expected.high - expected.low) / 2)


@pytest.mark.parametrize("metric", sorted(ESTIMABLE))
def test_the_interval_is_what_chance_makes_of_it(metric):
    generator = np.random.default_rng(1)
    odds = generator.beta(0.5, 1.5, 1200)
    expected = estimated(metric, odds, odds, alpha=0.05, seed=2, draws=400)
    drawn = [measure(metric, (generator.random(1200) < odds).astype(float), odds).value for _ in range(200)]
    inside = np.mean([(expected.low <= one <= expected.high) for one in drawn])
    assert 0.9 <= inside <= 0.99
    assert np.mean(drawn) == pytest.approx(expected.value, abs=4 * np.std(drawn) / np.sqrt(200))


def test_labels_that_are_known_give_the_metric_itself():
    generator = np.random.default_rng(3)
    truth, scores = generator.integers(0, 2, 300).astype(float), np.round(generator.random(300), 2)
    for metric in ESTIMABLE:
        found = estimated(metric, scores, truth)
        assert found.value == pytest.approx(measure(metric, truth, scores).value, abs=1e-12)
        assert (found.low, found.high) == pytest.approx((found.value, found.value), abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "scores", "odds", "error", "text"),
    [
        ("r2", [0.1, 0.2], [0.1, 0.2], UnknownMetricError, "cannot be estimated; roc_auc, "),
        ("roc_auc", [0.1], [0.1], MetricUndefinedError, "probabilities for"),
        ("roc_auc", [0.1, 0.2], [0.1], MetricUndefinedError, "probabilities for"),
        ("roc_auc", [0.1, np.nan], [0.1, 0.2], MetricUndefinedError, "not finite"),
        ("roc_auc", [0.1, 0.2], [0.1, 1.2], MetricUndefinedError, "outside 0 to 1"),
        ("roc_auc", [0.1, 0.2], [0.0, 0.0], MetricUndefinedError, "of the same class"),
    ],
)
def test_what_cannot_be_estimated(metric, scores, odds, error, text):
    with pytest.raises(error, match=text):
        estimated(metric, np.array(scores), np.array(odds))


def test_isotonic_is_scikit_learns():
    generator = np.random.default_rng(4)
    scores = np.round(generator.random(500), 2)
    truth = (generator.random(500) < scores**2).astype(float)
    expected = IsotonicRegression(out_of_bounds="clip").fit(scores, truth)
    asked = np.linspace(-0.1, 1.1, 301)
    assert isotonic(scores, truth)(asked) == pytest.approx(expected.predict(asked), abs=1e-12)


def test_scores_that_hold_are_left_as_they_are_and_others_not():
    generator = np.random.default_rng(5)
    scores = generator.random(4000)
    holds = (generator.random(4000) < scores).astype(float)
    too_sure = (generator.random(4000) < 0.3 + 0.4 * scores).astype(float)
    assert calibrated(scores, holds)(scores) == pytest.approx(scores, abs=0.12)
    assert calibrated(scores[:40], holds[:40]) is IDENTITY  # of so few rows nothing better is learned
    found = calibrated(scores, too_sure)
    assert isinstance(found, Calibration)
    assert found is not IDENTITY
    assert expected_calibration_error(found(scores), too_sure) < 0.02 < expected_calibration_error(scores, too_sure)


def test_a_map_of_many_scores_is_small_and_rises():
    generator = np.random.default_rng(6)
    scores = generator.random(20_000)
    found = isotonic(scores, (generator.random(20_000) < scores).astype(float))
    assert len(found.scores) < 600
    assert (np.diff(found.probabilities) >= 0).all()
    assert (np.diff(found.scores) > 0).all()


@pytest.mark.parametrize(
    ("scores", "truth", "text"), [([], [], "labels for"), ([0.1], [1, 0], "labels for"), ([2.0], [1.0], "no probabil")]
)
def test_scores_that_cannot_be_calibrated(scores, truth, text):
    with pytest.raises(ValueError, match=text):
        calibrated(np.array(scores, dtype=float), np.array(truth, dtype=float))


@pytest.mark.parametrize("metric", sorted(ESTIMABLE))
def test_rows_counted_in_bins_say_nearly_the_same(metric):
    """120 bins by quantiles and one edge at the threshold, as a profile has them."""
    generator = np.random.default_rng(5)
    scores = generator.beta(0.7, 1.8, 20_000)
    odds = np.clip(scores * 1.1, 0, 1)
    edges = np.unique(np.append(np.quantile(scores, np.arange(1, 120) / 120), 0.5))
    codes = np.searchsorted(edges, scores, side="right")
    counts = np.bincount(codes, minlength=len(edges) + 1)
    middle, mean_odds = (np.bincount(codes, weights=of) / counts for of in (scores, odds))
    found, exact = estimated_of_counts(metric, counts, middle, mean_odds), estimated(metric, scores, odds)
    assert found.value == pytest.approx(exact.value, abs=5e-4)
    assert found.high - found.low == pytest.approx(exact.high - exact.low, rel=0.25)
