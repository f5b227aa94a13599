"""The evaluation Job from its specification to what it leaves, over a folder as storage and with a real model."""

import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from leeboard.api.termination import MAXIMUM_BYTES, EvaluationResult, Failure, TrainingResult, read_message
from leeboard.api.training_job import TrainingJob
from leeboard.evaluator import holdout
from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile
from leeboard.models import Rows, load, score
from leeboard.planning.training.registration import completed, draft
from leeboard.stats.distributions import count_values, from_profile
from leeboard.storage.digests import digest_of
from tests.support.trained import Bucket, flights, train
from tests.support.training_world import World, training_result


@functools.cache
def good_model():
    return train(flights(3000, 1))


@functools.cache
def shuffled_model():
    frame = flights(3000, 1)
    return train(frame.assign(label=np.random.default_rng(2).permutation(frame["label"])))


@dataclass
class Evaluation:
    bucket: Bucket
    specification: dict
    termination: Path

    def run(self, monkeypatch):
        monkeypatch.setenv("LEEBOARD_EVALUATION_SPEC", json.dumps(self.specification))
        monkeypatch.setenv("LEEBOARD_TERMINATION_LOG", str(self.termination))
        return holdout.main()

    @property
    def message(self):
        return self.termination.read_text()


@pytest.fixture
def evaluation(tmp_path):
    bucket = Bucket(tmp_path / "bucket")
    reference = flights(3000, 1).assign(split=["train"] * 2000 + ["test"] * 1000)
    later = flights(1200, 5)
    specification = {
        "contract": 1,
        "run": "r1",
        "task": "BinaryClassification",
        "positiveClass": "1",
        "scoreOutput": "probability",
        "holdout": [bucket.dataset("holdout", {"2013-04/a.parquet": later[:700], "2013-04/b.csv": later[700:]})],
        "candidate": {
            "artifact": bucket.publish("r1", good_model()),
            "reference": bucket.reference("r1", reference),
        },
        "champion": None,
        "metrics": ["log_loss", "f1"],
        "output": {"uri": bucket.uri},
        "storage": {"endpoint": None},
    }
    return Evaluation(bucket, specification, tmp_path / "termination")


def by_name(metrics):
    return {metric.name: metric for metric in metrics}


def test_what_a_first_version_gets(evaluation, monkeypatch):
    assert evaluation.run(monkeypatch) == 0
    result = read_message(evaluation.message, EvaluationResult)
    metrics = by_name(result.metrics)
    assert set(metrics) == {"roc_auc", "log_loss", "brier", "accuracy", "f1"}
    assert float(metrics["roc_auc"].low) > 0.8
    assert metrics["roc_auc"].digest == evaluation.specification["holdout"][0]["digest"]
    assert result.rows == 1200
    assert result.champion is None
    assert [(tensor.name, tensor.datatype) for tensor in result.signature.inputs] == [
        ("distance", "INT64"), ("temp", "FP64"), ("wind", "FP64"), ("carrier", "BYTES")
    ]  # fmt: skip
    assert [tensor.name for tensor in result.signature.outputs] == ["probability"]
    for stored in (result.profile, result.golden_samples):
        assert digest_of(Path(stored.uri.removeprefix("file://")).read_bytes()) == stored.digest
    document = evaluation.bucket.read(f"{evaluation.bucket.uri}r1/evaluation/evaluation.json")
    assert document.pop("conversion")["refused"] == ""
    assert document == json.loads(evaluation.message)


def test_the_profile_counts_the_reference_and_knows_its_noise(evaluation, monkeypatch):
    evaluation.run(monkeypatch)
    profile = evaluation.bucket.read(read_message(evaluation.message, EvaluationResult).profile.uri)
    features = {raw["name"]: raw for raw in profile["features"]}
    assert list(features) == ["distance", "temp", "wind", "carrier"]
    assert profile["rows"] == 3000
    reference = flights(3000, 1)
    for name in ("distance", "temp", "wind"):
        counted = from_profile(features[name])
        assert counted.rows == 3000
        assert counted.mean == pytest.approx(reference[name].mean())
        assert counted.counts.tolist() == count_values(name, counted.bins, reference[name]).counts.tolist()
    assert features["wind"]["missing"] == reference["wind"].isna().sum()
    assert features["carrier"]["categories"] == ["AA", "B6", "UA"]
    assert features["carrier"]["mean"] is None
    assert from_profile(profile["prediction"]).count == 1000  # what was not trained on
    for raw in (*profile["features"], profile["prediction"]):
        assert 0 < raw["noise"]["jensenShannon"] < 0.3
        assert raw["noise"]["rows"] == 500


def timed(evaluation, times):
    """A reference that says when its rows were."""
    reference = flights(3000, 1).assign(split=["train"] * 2000 + ["test"] * 1000, event_timestamp=times)
    evaluation.specification["candidate"]["reference"] = evaluation.bucket.reference("timed", reference)


def test_a_reference_that_says_when_its_rows_were_is_counted_by_hour(evaluation, monkeypatch):
    timed(evaluation, pd.date_range("2026-01-05", periods=3000, freq="10min"))
    assert evaluation.run(monkeypatch) == 0
    result = read_message(evaluation.message, EvaluationResult)
    assert "event_timestamp" not in [one.name for one in result.signature.inputs]
    profile = evaluation.bucket.read(result.profile.uri)
    parsed = Profile.of(profile)
    assert [one.seasons.counts.rows.sum() for one in parsed.features] == [3000] * 4
    # scores are those of the rows that were not trained on, the last ones
    assert parsed.prediction.seasons.counts.rows.sum() == 1000
    assert parsed.features[0].seasons.counts.rows.min() == 12


def test_a_time_that_cannot_be_read_is_named(evaluation, monkeypatch):
    timed(evaluation, ["2026-01-05T00:00:00Z"] * 2999 + ["tomorrow"])
    assert evaluation.run(monkeypatch) == 64
    failure = read_message(evaluation.message, Failure)
    assert failure.reason == "BadData"
    assert "row 2999 of event_timestamp" in failure.message


def test_segments_that_the_model_asks_for_are_in_the_profile(evaluation, monkeypatch):
    assert evaluation.run(monkeypatch) == 0
    plain = evaluation.bucket.read(read_message(evaluation.message, EvaluationResult).profile.uri)
    assert "segments" not in plain
    evaluation.specification["segments"] = ["carrier", "gate"]
    assert evaluation.run(monkeypatch) == 0
    profile = evaluation.bucket.read(read_message(evaluation.message, EvaluationResult).profile.uri)
    by_carrier, by_gate = profile.pop("segments")
    assert profile == plain
    assert by_carrier["values"] == ["AA", "B6", "UA"]
    assert by_carrier["rows"][:3] == [int((flights(3000, 1)["carrier"] == name).sum()) for name in by_carrier["values"]]
    assert [one["name"] for one in by_carrier["features"]] == ["distance", "temp", "wind"]
    assert by_gate["refused"] == "is no input of this version"


def test_golden_samples_are_what_the_loaded_model_answers(evaluation, monkeypatch, tmp_path):
    evaluation.run(monkeypatch)
    golden = evaluation.bucket.read(read_message(evaluation.message, EvaluationResult).golden_samples.uri)
    frame = pd.DataFrame({one["name"]: one["data"] for one in golden["inputs"]})
    assert len(frame) == 32
    assert not frame.isna().any().any()
    model = load(evaluation.bucket.root / "r1" / "model", "sklearn-skops")
    assert score(model, Rows.of_frame(frame), "BinaryClassification", "1").tolist() == pytest.approx(
        golden["outputs"][0]["data"], abs=golden["tolerance"]
    )


def test_shuffled_labels_are_measured_as_worse_than_the_champion(evaluation, monkeypatch):
    evaluation.specification["champion"] = {"artifact": evaluation.specification["candidate"]["artifact"]}
    evaluation.specification["candidate"]["artifact"] = evaluation.bucket.publish("r2", shuffled_model())
    evaluation.specification["run"] = "r2"
    assert evaluation.run(monkeypatch) == 0
    result = read_message(evaluation.message, EvaluationResult)
    assert float(by_name(result.differences)["roc_auc"].high) < -0.1
    assert float(by_name(result.differences)["log_loss"].low) > 0
    assert float(by_name(result.champion)["roc_auc"].value) > float(by_name(result.metrics)["roc_auc"].value)
    assert len(evaluation.message.encode()) <= MAXIMUM_BYTES


def test_a_model_against_itself_differs_by_nothing_and_a_repetition_gives_the_same_bytes(evaluation, monkeypatch):
    evaluation.specification["champion"] = {"artifact": evaluation.specification["candidate"]["artifact"]}
    assert evaluation.run(monkeypatch) == 0
    first = evaluation.message
    assert {(d.value, d.low, d.high) for d in read_message(first, EvaluationResult).differences} == {("0", "0", "0")}
    assert evaluation.run(monkeypatch) == 0
    assert evaluation.message == first


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def relabel(evaluation, **columns):
    frame = flights(300, 5).assign(**columns)
    evaluation.specification["holdout"] = [evaluation.bucket.dataset("other", {"a.parquet": frame})]


class Unknown:
    def __init__(self):
        self.secret = 1


def unsafe(evaluation):
    model = make_pipeline(FunctionTransformer(Unknown), LinearRegression())
    evaluation.specification["candidate"]["artifact"] = evaluation.bucket.publish("bad", model)


def no_skops(evaluation):
    artifact = evaluation.bucket.publish("bad", good_model())
    folder = evaluation.bucket.root / "bad" / "model"
    (folder / "model.skops").unlink()
    (folder / "model.pkl").write_bytes(b"\x80\x04.")
    manifest = holdout.Downloads(None, {}, folder).store(evaluation.bucket.uri)
    document = json.dumps({"files": [{"bytes": 3, "digest": digest_of(b"\x80\x04."), "path": "model.pkl"}]},
                          sort_keys=True, separators=(",", ":"))  # fmt: skip
    manifest.put("bad/manifest.json", document.encode(), overwrite=True)
    evaluation.specification["candidate"]["artifact"] = artifact | {"digest": digest_of(document.encode())}


def one_file_more(evaluation):
    (evaluation.bucket.root / "holdout/c.csv").write_text("a\n1\n")


def no_artifact(evaluation):
    evaluation.specification["candidate"]["artifact"]["uri"] = f"{evaluation.bucket.uri}x/"


BAD = {
    "a byte of the model": (lambda e: flip(e.bucket.root / "r1/model/model.skops"), 64, "DigestMismatch"),
    "a byte of the manifest": (lambda e: flip(e.bucket.root / "r1/manifest.json"), 64, "DigestMismatch"),
    "a byte of the reference": (lambda e: flip(e.bucket.root / "r1/reference.parquet"), 64, "DigestMismatch"),
    "a byte of the holdout": (lambda e: flip(e.bucket.root / "holdout/2013-04/b.csv"), 64, "DigestMismatch"),
    "a file more in the holdout": (one_file_more, 64, "DigestMismatch"),
    "no artefact": (no_artifact, 64, "StorageNotFound"),
    "unknown types": (unsafe, 64, "UnsafeFormat"),
    "a pickle": (no_skops, 64, "UnsafeFormat"),
    "one class only": (lambda e: relabel(e, label=1), 64, "BadData"),
    "no labels": (lambda e: relabel(e, label=np.nan), 64, "BadData"),
    "text where numbers are": (lambda e: relabel(e, temp="cold"), 64, "BadData"),
    "another positive class": (lambda e: e.specification.update(positiveClass="yes"), 78, "BadConfiguration"),
    "an unknown metric": (lambda e: e.specification.update(metrics=["bleu"]), 78, "BadConfiguration"),
    "another contract": (lambda e: e.specification.update(contract=2), 78, "BadConfiguration"),
    "three segments": (lambda e: e.specification.update(segments=["a", "b", "c"]), 78, "BadConfiguration"),
    "no candidate": (lambda e: e.specification.pop("candidate"), 78, "BadConfiguration"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code", "reason"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_ends_with_a_typed_reason(evaluation, monkeypatch, change, code, reason):
    change(evaluation)
    assert evaluation.run(monkeypatch) == code
    failure = read_message(evaluation.message, Failure)
    assert (failure.run, failure.reason) == ("r1", reason)
    assert failure.message


def test_the_process_speaks_through_exit_code_and_message(evaluation, tmp_path):
    evaluation.specification["output"]["uri"] = "nowhere://x/"
    environment = {
        "PYTHONPATH": ":".join(sys.path),
        "LEEBOARD_EVALUATION_SPEC": json.dumps(evaluation.specification),
        "LEEBOARD_TERMINATION_LOG": str(evaluation.termination),
    }
    done = subprocess.run(
        [sys.executable, "-m", "leeboard.evaluator.holdout"], env=environment, check=False, capture_output=True
    )
    assert done.returncode == 64, done.stderr
    assert read_message(evaluation.message, Failure).reason == "StorageNotFound"


def test_more_inputs_than_a_message_can_name_are_refused(evaluation, monkeypatch):
    frame = flights(600, 3).assign(**{f"a_rather_long_name_of_an_input_{number}": 1.0 for number in range(120)})
    evaluation.specification["candidate"]["reference"] = evaluation.bucket.reference("wide", frame)
    evaluation.specification["holdout"] = [evaluation.bucket.dataset("wide-holdout", {"a.parquet": frame})]
    assert evaluation.run(monkeypatch) == 78
    assert "124 inputs" in read_message(evaluation.message, Failure).message


def test_a_regression_is_measured_too(tmp_path):
    frame = pd.DataFrame({"a": np.arange(50.0), "b": np.arange(50) % 3, "label": np.arange(50.0) * 2})
    folder = tmp_path / "model"
    folder.mkdir()
    skops.io.dump(LinearRegression().fit(frame[["a", "b"]], frame["label"]), folder / "model.skops")
    served = as_served(frame, inputs_of(frame))
    assert score(load(folder, "sklearn-skops"), Rows.of_frame(served), "Regression", "") == pytest.approx(
        frame["label"].to_numpy()
    )


def test_the_version_that_the_operator_will_register_is_archived_beside_the_artefact(evaluation, monkeypatch):
    world = World()
    world.settle()
    run = world.run
    told = training_result(run.id)
    training = TrainingResult.model_validate(told | {"artifact": evaluation.specification["candidate"]["artifact"]})
    drafted = draft(TrainingJob.parse(world.job), run, training, None)
    evaluation.specification["registration"] = drafted
    assert evaluation.run(monkeypatch) == 0
    archived = json.loads((evaluation.bucket.root / "r1" / "version.json").read_text())
    moment = archived["metadata"].pop("annotations")["leeboard.dev/registered-at"]
    assert datetime.fromisoformat(moment).tzinfo is not None
    measured = read_message(evaluation.message, EvaluationResult)
    assert archived == json.loads(json.dumps(completed(drafted, measured)))
    assert archived["spec"]["profile"] == measured.profile.dump()
