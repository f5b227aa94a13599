"""The demo's training code, run as a process in the environment of a training pod."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest
import skops.io

from e2e.demo import flights as data
from e2e.demo.manifests import PARAMS, SCORE_OUTPUT, SEED, Places, training_job
from e2e.demo.study.quality import gates
from e2e.demo.study.versions import read_version
from e2e.demo.study.windows import Scored
from e2e.demo.training import ESTIMATORS, files
from e2e.demo.training.local import train
from leeboard.api.termination import EvaluationResult, read_message
from leeboard.evaluator import holdout as evaluation
from leeboard.models import ModelError
from leeboard.models.skops_file import TRUSTED
from leeboard.stats.performance import measure
from tests.support.trained import Bucket

pytestmark = pytest.mark.xdist_group("demo-training")  # what is trained for it takes a minute: once

MONTHS = ("2013-01", "2013-02")
ONE_IN = 2


@pytest.fixture(scope="module")
def everything():
    return data.load()


@pytest.fixture(scope="module")
def tables(everything, tmp_path_factory):
    """Half of two months, a partition each."""
    folder = tmp_path_factory.mktemp("train")
    for month in MONTHS:
        (folder / month).mkdir()
        rows = data.partition(everything, month).iloc[::ONE_IN]
        (folder / month / data.FILE).write_bytes(data.parquet(rows))
    return folder


@pytest.fixture(scope="module")
def trained(tables, tmp_path_factory):
    """What each estimator leaves; the first also with labels in random order."""
    runs = {name: (name, {}) for name in ESTIMATORS} | {"shuffled": ("first", {"shuffle_labels": "true"})}
    folders = {}
    for name, (estimator, params) in runs.items():
        folders[name] = tmp_path_factory.mktemp("runs") / name
        train(estimator, tables, folders[name], seed=SEED, params=PARAMS | {"trees": "40"} | params)
    return folders


@pytest.fixture(scope="module")
def holdout(everything):
    return data.holdout(everything, "2013-03")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_evaluator_loads_and_scores_what_was_left(trained, holdout, estimator):
    version = read_version(estimator, trained[estimator])
    assert tuple(one.name for one in version.inputs) == data.INPUTS
    scored = Scored(version, holdout)
    assert 0 < scored.scores.min() < scored.scores.max() < 1
    assert all(result.passed for result in gates(scored, None)), gates(scored, None)


def test_the_reference_is_what_was_read_in_order_and_says_what_was_set_aside(trained, tables):
    reference = pd.read_parquet(trained["first"] / "output" / "reference.parquet")
    read = pd.concat([pd.read_parquet(tables / month / data.FILE) for month in MONTHS], ignore_index=True)
    pd.testing.assert_frame_equal(reference.drop(columns="split"), read)
    assert np.flatnonzero(reference["split"] == "test").tolist() == list(range(9000, 10_000))
    assert set(reference["split"]) == {"train", "test"}


def test_the_same_seed_gives_the_same_answers(trained, tables, holdout, tmp_path):
    train("smaller_trees", tables, tmp_path / "again", seed=SEED, params=PARAMS | {"trees": "40"})
    first, again = (
        read_version("x", folder).scores(holdout) for folder in (trained["smaller_trees"], tmp_path / "again")
    )
    assert np.array_equal(first, again)


def test_parameters_and_seed_reach_the_estimator(trained, tables, tmp_path):
    train("smaller_trees", tables, tmp_path / "other", seed=SEED + 1, params={"trees": "5"})
    usual, other = (
        read_version("x", folder).model.estimator[-1] for folder in (trained["smaller_trees"], tmp_path / "other")
    )
    assert (usual.n_iter_, usual.random_state) == (40, SEED)
    assert (other.n_iter_, other.random_state) == (5, SEED + 1)


def test_shuffled_labels_are_refused_by_the_gate(trained, holdout):
    scored = Scored(read_version("shuffled", trained["shuffled"]), holdout)
    threshold, _ = gates(scored, None)
    assert threshold.gate == "Threshold roc_auc"
    assert not threshold.passed
    assert measure("roc_auc", scored.truth, scored.scores).value == pytest.approx(0.5, abs=0.05)


def test_a_row_without_weather_is_answered_by_all_but_gradient_boosting(trained, everything):
    usual = data.replay(everything, data.WINTER_REPLAY).head(200)
    struck = data.outage(usual, 0.2, seed=1)
    for estimator in ("first", "smaller_trees"):
        assert np.isfinite(read_version(estimator, trained[estimator]).scores(struck)).all()
    third = read_version("gradient_boosting", trained["gradient_boosting"])
    assert np.isfinite(third.scores(usual)).all()
    with pytest.raises(ModelError, match="cannot score: ValueError"):
        third.scores(struck)


def test_a_training_without_tables_fails_and_says_why(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(subprocess.CalledProcessError) as failure:
        train("first", tmp_path / "empty", tmp_path / "run", seed=SEED)
    assert "No objects to concatenate" in failure.value.stderr


def test_the_repository_has_the_script_that_the_manifest_starts():
    command = training_job(Places(s3="s", repository="r", image="i"), "main")["spec"]["command"]
    for estimator in ESTIMATORS:
        assert command[-1] in files(estimator)
    assert len({files(estimator)["estimator.py"] for estimator in ESTIMATORS}) == len(ESTIMATORS)


def test_the_evaluation_job_takes_a_run_and_its_champion(trained, holdout, tmp_path, monkeypatch):
    bucket = Bucket(tmp_path / "bucket")
    artifacts = {
        name: skops.io.load(trained[name] / "model" / "model.skops", trusted=sorted(TRUSTED))
        for name in ("first", "smaller_trees")
    }
    reference = pd.read_parquet(trained["smaller_trees"] / "output" / "reference.parquet")
    specification = {
        "contract": 1,
        "run": "second",
        "task": "BinaryClassification",
        "positiveClass": "1",
        "scoreOutput": SCORE_OUTPUT,
        "holdout": [bucket.dataset("holdout", {f"2013-03/{data.FILE}": holdout})],
        "candidate": {
            "artifact": bucket.publish("second", artifacts["smaller_trees"]),
            "reference": bucket.reference("second", reference),
        },
        "champion": {"artifact": bucket.publish("first", artifacts["first"])},
        "metrics": ["log_loss"],
        "output": {"uri": bucket.uri},
        "storage": {"endpoint": None},
    }
    monkeypatch.setenv("LEEBOARD_EVALUATION_SPEC", json.dumps(specification))
    monkeypatch.setenv("LEEBOARD_TERMINATION_LOG", str(tmp_path / "termination"))
    assert evaluation.main() == 0
    result = read_message((tmp_path / "termination").read_text(), EvaluationResult)
    assert [tensor.name for tensor in result.signature.inputs] == list(data.INPUTS)
    assert result.rows == len(holdout)
    assert {metric.name for metric in result.differences} >= {"roc_auc", "log_loss"}
