"""What scores mean is learned on a holdout, kept in a document, and tells what to expect where no label came."""

import numpy as np
import pytest

from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.score_meaning import ScoreMeaning, estimated_figures
from leeboard.stats.distributions import count_values, numeric_bins
from leeboard.stats.performance import measure
from tests.support.examples import model_version

GENERATOR = np.random.default_rng(1)
SCORES = GENERATOR.beta(0.8, 1.6, 6000)
TRUTH = (GENERATOR.random(6000) < SCORES**1.3).astype(float)
BINS = numeric_bins(SCORES, also=(0.5,))


def version(**metrics):
    document = model_version()
    (one,) = document["spec"]["metrics"]
    document["spec"]["metrics"] = [one | {"name": name, "value": value} for name, value in metrics.items()]
    return ModelVersion.parse(document)


def test_what_is_expected_is_near_what_the_labels_say_later():
    meaning = ScoreMeaning.learned(BINS, SCORES, TRUTH)
    assert meaning is not None
    # other rows than those it was learned on: the model is asked about harder cases
    scores = GENERATOR.beta(2, 2, 8000)
    truth = (GENERATOR.random(8000) < scores**1.3).astype(float)
    wanted = ["roc_auc", "log_loss", "accuracy", "rmse", "f1", "roc_auc"]
    known = version(roc_auc="0.8", log_loss="0.4", accuracy="0.75")
    found = {
        one["name"]: one
        for one in estimated_figures(meaning, count_values("p", BINS, scores), known, wanted, drift_alpha=1e-4)
    }
    assert set(found) == {"roc_auc", "log_loss", "accuracy"}  # f1 has no figure of the holdout, rmse no estimate
    for name, row in found.items():
        assert float(row["value"]) == pytest.approx(measure(name, truth, scores).value, abs=0.02)
        low, high = float(row["surely"]["low"]), float(row["surely"]["high"])
        assert low < float(row["low"]) < float(row["value"]) < float(row["high"]) < high
        assert row["rows"] == 8000
    assert found["accuracy"]["reference"] == "0.75"


def test_the_document_is_read_as_it_was_written():
    meaning = ScoreMeaning.learned(BINS, SCORES, TRUTH)
    again = ScoreMeaning.parse(meaning.document(), BINS)
    np.testing.assert_array_equal(again.scores, meaning.scores)
    np.testing.assert_array_equal(again.probabilities, meaning.probabilities)
    assert ScoreMeaning.parse(None, BINS) is None


@pytest.mark.parametrize(
    ("scores", "truth"),
    [
        (SCORES[:400], TRUTH[:400]),
        (SCORES, np.ones(6000)),
        (SCORES + 1, TRUTH),
        (np.full(6000, np.nan), TRUTH),
    ],
    ids=["few rows", "one class", "no probabilities", "no scores"],
)
def test_nothing_is_learned_from(scores, truth):
    assert ScoreMeaning.learned(BINS, scores, truth) is None


@pytest.mark.parametrize(
    "change",
    [
        {"scores": [0.5]},
        {"probabilities": [2.0] * BINS.size},
        {"scores": [float("nan")] * BINS.size},
        {"scores": "none"},
    ],
)
def test_a_document_that_is_none_is_refused(change):
    good = ScoreMeaning.learned(BINS, SCORES, TRUTH).document()
    with pytest.raises(ValueError, match=r"scores|could not convert"):
        ScoreMeaning.parse(good | change, BINS)


def test_no_estimate_without_a_meaning_or_rows():
    counts = count_values("p", BINS, [])
    assert estimated_figures(None, counts, version(roc_auc="0.8"), ["roc_auc"], 0.05) == []
    meaning = ScoreMeaning.learned(BINS, SCORES, TRUTH)
    assert estimated_figures(meaning, counts, version(roc_auc="0.8"), ["roc_auc"], 0.05) == []
