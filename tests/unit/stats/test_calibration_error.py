"""The calibration error: without bias at any number of rows, with intervals that cover, and only of probabilities."""

import numpy as np
import pytest

from leeboard.stats.calibration_error import squared_calibration_error
from leeboard.stats.performance import MetricUndefinedError, compare, measure


def drawn(rows, seed, *, bent=0.0):
    """Labels of calibrated scores; `bent` moves what is said away from what is."""
    generator = np.random.default_rng(seed)
    odds = generator.uniform(0.05, 0.95, rows)
    return (generator.random(rows) < odds).astype(float), np.clip(odds + bent, 0, 1)


@pytest.mark.parametrize("rows", [100, 1000, 20_000])
def test_of_calibrated_scores_it_is_nothing_however_few_rows_there_are(rows):
    found = [squared_calibration_error(*drawn(rows, seed), 0.05) for seed in range(400)]
    values = np.array([one.value for one in found])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    assert 0.93 <= covered <= 1.0


@pytest.mark.parametrize(("rows", "bent"), [(1000, 0.04), (20_000, 0.02), (20_000, -0.04)])
def test_what_was_bent_is_measured_and_covered(rows, bent):
    found = [measure("calibration_error", *drawn(rows, seed, bent=bent)) for seed in range(200)]
    assert np.median([one.value for one in found]) == pytest.approx(abs(bent), rel=0.2)
    assert np.mean([one.low <= abs(bent) <= one.high for one in found]) >= 0.91


def test_a_difference_is_that_of_two_errors():
    truth, good = drawn(20_000, 1)
    bent = np.clip(good + 0.05, 0, 1)
    difference = compare("calibration_error", truth, bent, good)
    whole = measure("calibration_error", truth, bent).value - measure("calibration_error", truth, good).value
    assert difference.value == pytest.approx(whole)
    assert difference.low > 0


def test_the_order_of_rows_does_not_matter():
    truth, scores = drawn(500, 2, bent=0.05)
    mixed = np.random.default_rng(0).permutation(500)
    once, again = (measure("calibration_error", truth[order], scores[order]) for order in (np.arange(500), mixed))
    assert once.value == pytest.approx(again.value)


@pytest.mark.parametrize(
    ("truth", "scores"),
    [([0.0, 1.0] * 19, [0.4, 0.6] * 19), ([0.0, 1.0] * 50, [0.4, 1.6] * 50), ([0.0, 1.0] * 50, [-0.1, 0.6] * 50)],
    ids=["too few rows", "above 1", "below 0"],
)
def test_where_it_is_not_defined_it_says_so(truth, scores):
    with pytest.raises(MetricUndefinedError, match="calibration_error"):
        measure("calibration_error", np.array(truth), np.array(scores))
