"""The same models in the formats that the servers load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import skops.io

from leeboard.models import Rows
from leeboard.models.onnx_conversion import convert
from leeboard.models.scikit_learn import ScikitLearnPredictor
from leeboard.stats.distributions import count_values, numeric_bins, to_profile
from tests.bench_serving.cases import WIDTH, Kind, data, fitted

GOLDEN_ROWS = 16


def pickled(kind: Kind, folder: Path) -> Path:
    """As joblib's file, which MLServer, KServe's server and BentoML load."""
    path = folder / f"{kind}.joblib"
    if not path.exists():
        joblib.dump(fitted(kind), path)
    return path


def lay_out(volume: Path, kind: Kind, format: str) -> None:
    """The volume of a pod with a model in a format, as `load` leaves it."""
    if (volume / "golden.json").exists():
        return
    (volume / "model").mkdir(parents=True, exist_ok=True)
    estimator = fitted(kind)
    if format == "onnx":
        (volume / "model" / "model.onnx").write_bytes(as_onnx(kind))
    else:
        skops.io.dump(estimator, volume / "model" / "model.skops")
    rows = data(kind)[0][:GOLDEN_ROWS]
    inputs = [
        {"name": f"x{position}", "datatype": "FP64", "data": rows[:, position].tolist()}
        for position in range(WIDTH[kind])
    ]
    scores = estimator.predict_proba(rows)[:, 1].tolist()
    golden = {"contract": 1, "inputs": inputs, "outputs": [{"name": "probability", "data": scores}], "tolerance": 1e-5}
    (volume / "profile.json").write_text(json.dumps(profile(kind)), encoding="utf-8")
    (volume / "golden.json").write_text(json.dumps(golden), encoding="utf-8")


def as_onnx(kind: Kind) -> bytes:
    """The model as the evaluation converts it. Raises RuntimeError where it cannot be converted."""
    names = tuple(f"x{position}" for position in range(WIDTH[kind]))
    predictor = ScikitLearnPredictor(fitted(kind), "sklearn-skops")
    converted = convert(predictor, Rows(names, matrix=data(kind)[0]), "BinaryClassification")
    if converted.data is None:
        raise RuntimeError(f"{kind} is not converted: {converted.report.document()}")
    return converted.data


def profile(kind: Kind) -> dict[str, Any]:
    """The reference distributions, as the evaluation makes them."""
    inputs, _ = data(kind)
    scores = fitted(kind).predict_proba(inputs)[:, 1]
    columns = {f"x{position}": inputs[:, position] for position in range(WIDTH[kind])} | {"probability": scores}
    *features, prediction = [
        to_profile(count_values(name, numeric_bins(values), values)) for name, values in columns.items()
    ]
    return {"contract": 1, "rows": len(inputs), "features": features, "prediction": prediction}
