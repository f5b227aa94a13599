"""A candidate as ONNX: stored and registered where it answers the same, told of where it does not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leeboard.api.termination import EvaluationResult, TrainingResult, read_message
from leeboard.api.training_job import TrainingJob
from leeboard.evaluator import acceleration, holdout
from leeboard.models import Rows, load, score
from leeboard.models.onnx_conversion import Conversion, Report
from leeboard.planning.training.registration import completed, draft
from leeboard.storage.digests import digest_of
from tests.support.trained import Bucket, flights, train
from tests.support.training_world import World, training_result

FRAME = flights(600, 1)


@pytest.fixture
def specification(tmp_path: Path) -> dict[str, Any]:
    """One evaluation without a champion."""
    bucket = Bucket(tmp_path / "bucket")
    return {
        "contract": 1,
        "run": "r1",
        "task": "BinaryClassification",
        "holdout": [bucket.dataset("holdout", {"a.parquet": flights(300, 5)})],
        "candidate": {"artifact": bucket.publish("r1", train(FRAME)), "reference": bucket.reference("r1", FRAME)},
        "output": {"uri": bucket.uri},
    }


def evaluated(specification: dict[str, Any]) -> tuple[EvaluationResult, dict[str, Any]]:
    """The result, as the operator reads it, and evaluation.json."""
    found = holdout.evaluate({"LEEBOARD_EVALUATION_SPEC": json.dumps(specification)})
    result = read_message(holdout.compact(found), EvaluationResult)
    assert result is not None
    folder = Path(specification["output"]["uri"].removeprefix("file://"))
    return result, json.loads((folder / "r1" / "evaluation" / "evaluation.json").read_text())


def test_a_candidate_is_stored_as_onnx_too_and_answers_the_same(specification: dict[str, Any], tmp_path: Path) -> None:
    result, document = evaluated(specification)
    found = result.accelerated
    assert found is not None
    assert result.not_accelerated is None
    path = Path(found.uri.removeprefix("file://"))
    assert path.name == "accelerated.onnx"
    assert (digest_of(path.read_bytes()), path.stat().st_size) == (found.digest, found.bytes)
    assert found.parity.rows > 300
    assert float(found.parity.worst) < 1e-9
    assert document["conversion"]["converter"] == "leeboard"
    path.rename(tmp_path / "model.onnx")
    rows = Rows.of_frame(flights(50, 9).drop(columns=["label"]))
    source = load(tmp_path / "bucket" / "r1" / "model", "sklearn-skops")
    expected = score(source, rows, "BinaryClassification", "1")
    np.testing.assert_allclose(score(load(tmp_path, "onnx"), rows, "BinaryClassification", "1"), expected, atol=1e-9)


def test_nothing_is_converted_where_the_model_says_never(specification: dict[str, Any]) -> None:
    result, document = evaluated(specification | {"acceleration": "Never"})
    assert result.accelerated is None
    assert result.not_accelerated is None
    assert "conversion" not in document


def test_a_conversion_that_fails_is_said_and_fails_nothing(
    specification: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Conversion(None, Report("there is no converter for Odd" + "!" * 1000))
    monkeypatch.setattr(acceleration, "convert", lambda *_: refused)
    result, document = evaluated(specification)
    assert result.accelerated is None
    assert result.not_accelerated is not None
    assert result.not_accelerated.startswith("there is no converter for Odd")
    assert len(result.not_accelerated) == acceleration.LONGEST_MESSAGE
    assert document["conversion"]["refused"] == refused.report.refused


def test_a_graph_that_misses_the_golden_samples_is_not_used(
    specification: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod would never become ready with it, whatever the comparison tolerates."""
    monkeypatch.setattr(acceleration, "TOLERANCE", -1.0)
    result, _ = evaluated(specification)
    assert result.accelerated is None
    assert result.not_accelerated is not None
    assert result.not_accelerated.startswith("golden samples: an answer is")


def test_a_result_that_would_not_fit_says_less(specification: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation does not fail for what is said of the conversion."""
    without = holdout.evaluate({"LEEBOARD_EVALUATION_SPEC": json.dumps(specification | {"acceleration": "Never"})})
    monkeypatch.setattr(holdout, "MAXIMUM_BYTES", len(holdout.compact(without).encode()) + 50)
    result, document = evaluated(specification)
    assert result.accelerated is None
    assert document["conversion"]["refused"] == ""


@pytest.mark.parametrize("accelerated", [True, False])
def test_what_came_of_it_is_registered(specification: dict[str, Any], accelerated: bool) -> None:
    result, _ = evaluated(specification)
    if not accelerated:
        result = result.model_copy(update={"accelerated": None, "not_accelerated": "it is odd"})
    world = World()
    world.settle()
    training = TrainingResult.model_validate(training_result(world.run.id))
    spec = completed(draft(TrainingJob.parse(world.job), world.run, training, None), result)["spec"]
    if accelerated:
        assert spec["accelerated"]["digest"] == result.accelerated.digest  # type: ignore[union-attr]
        assert "notAccelerated" not in spec
    else:
        assert spec["notAccelerated"] == "it is odd"
        assert "accelerated" not in spec
