"""An imported model is measured by the code that evaluates trained ones."""

import json
from pathlib import Path

import pytest
import skops.io

from leeboard.api.model import Model
from leeboard.cli.errors import CommandError
from leeboard.cli.registry.measuring import measure
from tests.support.trained import flights, train
from tests.unit.cli import registry

FORMAT = "sklearn-skops"


def test_signature_profile_golden_samples_and_metrics(tmp_path: Path) -> None:
    skops.io.dump(train(flights(2000, 1)), tmp_path / "model.skops")
    reference, holdout = tmp_path / "reference.parquet", tmp_path / "holdout.csv"
    flights(1500, 2).to_parquet(reference)
    flights(900, 3).to_csv(holdout, index=False)
    model = Model.parse(registry.model())
    measured = measure(tmp_path, FORMAT, model, reference, holdout)
    inputs = {one["name"]: one["datatype"] for one in measured.signature["inputs"]}
    assert inputs == {"distance": "INT64", "temp": "FP64", "wind": "FP64", "carrier": "BYTES"}
    assert json.loads(measured.profile)["rows"] == 1500
    golden = json.loads(measured.golden)
    assert len(golden["outputs"][0]["data"]) == 32
    figures = {one["name"]: one for one in measured.metrics}
    assert 0.6 < float(figures["roc_auc"]["low"]) < float(figures["roc_auc"]["value"]) < 1
    without_label = tmp_path / "no-label.csv"
    flights(900, 3).drop(columns="label").to_csv(without_label, index=False)
    with pytest.raises(CommandError, match="has no column label"):
        measure(tmp_path, FORMAT, model, reference, without_label)


def test_a_file_that_is_no_model_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(b"no model")
    flights(50, 2).to_csv(tmp_path / "reference.csv", index=False)
    with pytest.raises(CommandError, match="UnsafeFormat"):
        measure(tmp_path, FORMAT, Model.parse(registry.model()), tmp_path / "reference.csv", None)
