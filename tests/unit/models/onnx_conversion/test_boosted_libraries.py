"""XGBoost and LightGBM as ONNX, held against the libraries themselves."""

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from leeboard.models import Rows, load
from leeboard.models.onnx_conversion import convert
from leeboard.models.scikit_learn import ScikitLearnPredictor

GENERATOR = np.random.default_rng(6)
ROWS = 300
NUMBERS = GENERATOR.normal(size=(ROWS, 4))
HOLES = np.where(GENERATOR.random(NUMBERS.shape) < 0.15, np.nan, NUMBERS)
CODES = np.column_stack([NUMBERS[:, :3], GENERATOR.integers(0, 30, ROWS)])
TWO = (NUMBERS[:, 0] + np.sin(CODES[:, 3]) > 0).astype(np.int64)
THREE = TWO + (NUMBERS[:, 1] > 0.3)
VALUES = np.exp(NUMBERS[:, 0] / 2)
BINARY, REGRESSION = "BinaryClassification", "Regression"
SHAPE = {"n_estimators": 6, "max_depth": 4, "n_jobs": 1}
LEAVES = {"n_estimators": 6, "num_leaves": 12, "min_child_samples": 5, "n_jobs": 1, "verbosity": -1}

CASES: dict[str, tuple[Any, Any, Any, str]] = {
    "xgboost two": (xgboost.XGBClassifier(**SHAPE), HOLES, TWO, BINARY),
    "xgboost three": (xgboost.XGBClassifier(**SHAPE), NUMBERS, THREE, BINARY),
    "xgboost values": (xgboost.XGBRegressor(**SHAPE), HOLES, VALUES, REGRESSION),
    "xgboost dart": (xgboost.XGBClassifier(booster="dart", rate_drop=0.5, seed=1, **SHAPE), HOLES, TWO, BINARY),
    "xgboost categories": (
        xgboost.XGBClassifier(feature_types=["q", "q", "q", "c"], enable_categorical=True, **SHAPE),
        CODES,
        TWO,
        BINARY,
    ),
    **{
        f"xgboost {objective}": (xgboost.XGBRegressor(objective=objective, **SHAPE), HOLES, VALUES, REGRESSION)
        for objective in ("count:poisson", "reg:gamma", "reg:tweedie", "reg:absoluteerror")
    },
    "xgboost reg:logistic": (xgboost.XGBRegressor(objective="reg:logistic", **SHAPE), HOLES, TWO * 0.9, REGRESSION),
    "lightgbm two": (lightgbm.LGBMClassifier(**LEAVES), HOLES, TWO, BINARY),
    "lightgbm complete": (lightgbm.LGBMClassifier(**LEAVES), NUMBERS, TWO, BINARY),
    "lightgbm zero": (
        lightgbm.LGBMClassifier(zero_as_missing=True, **LEAVES),
        np.where(np.isnan(HOLES), 0.0, HOLES),
        TWO,
        BINARY,
    ),
    "lightgbm three": (lightgbm.LGBMClassifier(**LEAVES), HOLES, THREE, BINARY),
    "lightgbm one against all": (lightgbm.LGBMClassifier(objective="multiclassova", **LEAVES), HOLES, THREE, BINARY),
    "lightgbm forest": (
        lightgbm.LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **LEAVES),
        HOLES,
        TWO,
        BINARY,
    ),
    "lightgbm categories": (
        lightgbm.LGBMClassifier(categorical_feature=[3], min_data_per_group=5, cat_smooth=1, **LEAVES),
        CODES,
        TWO,
        BINARY,
    ),
    **{
        f"lightgbm {objective}": (lightgbm.LGBMRegressor(objective=objective, **LEAVES), HOLES, VALUES, REGRESSION)
        for objective in ("regression", "poisson", "gamma", "tweedie", "huber", "quantile", "cross_entropy")
    },
    "lightgbm roots": (lightgbm.LGBMRegressor(reg_sqrt=True, **LEAVES), HOLES, VALUES, REGRESSION),
}


@pytest.mark.parametrize("name", CASES)
def test_it_answers_as_its_source(name: str) -> None:
    """In the precision of its library: the conversion compares every threshold with its neighbours."""
    estimator, given, labels, task = CASES[name]
    if "cross_entropy" in name:
        labels = labels / labels.max()
    predictor = ScikitLearnPredictor(estimator.fit(given, labels), "sklearn-pickle")
    conversion = convert(predictor, Rows(tuple("abcd"), np.ascontiguousarray(given)), task)
    assert conversion.report.refused == ""
    assert conversion.report.rows > ROWS
    assert conversion.report.worst < (1e-6 if name.startswith("xgboost") else 1e-12)


def test_a_file_of_xgboost_answers_up_to_its_best_round(tmp_path: Path) -> None:
    estimator = xgboost.XGBClassifier(**SHAPE | {"n_estimators": 60}, early_stopping_rounds=2)
    estimator.fit(HOLES, TWO, eval_set=[(NUMBERS[::-1], GENERATOR.permutation(TWO))], verbose=False)
    assert estimator.best_iteration + 1 < estimator.get_booster().num_boosted_rounds()
    estimator.save_model(tmp_path / "model.ubj")
    conversion = convert(load(tmp_path, "xgboost"), Rows(tuple("abcd"), HOLES), BINARY)
    assert conversion.report.refused == ""
    assert conversion.report.worst < 1e-6


def test_a_file_of_lightgbm_knows_its_categories(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": NUMBERS[:, 0], "b": pd.Categorical(np.array(["red", "green", "blue"])[THREE])})
    lightgbm.LGBMClassifier(**LEAVES).fit(frame, TWO).booster_.save_model(tmp_path / "model.txt")
    rows = Rows.of_frame(frame.astype({"b": object}))
    conversion = convert(load(tmp_path, "lightgbm"), rows, BINARY)
    assert conversion.report.refused == ""
    assert conversion.report.worst < 1e-12
