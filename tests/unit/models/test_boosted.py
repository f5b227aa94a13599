"""Models of XGBoost and LightGBM answer as they did before they were saved."""

import numpy as np
import pandas as pd
import pytest
import xgboost
from lightgbm import LGBMClassifier, LGBMRegressor

from leeboard.models import ModelError, Rows, load, score
from tests.unit.models.fitted import NAMES, labels, numbers, rows_of, values

CLASSIFICATION = "BinaryClassification"
SMALL = {"n_estimators": 5, "max_depth": 3, "n_jobs": 1, "random_state": 1}


def gappy(rows: int = 300, seed: int = 3) -> np.ndarray:
    """Numbers of which some are missing."""
    matrix = numbers(rows, seed)
    matrix[::7, 1] = np.nan
    return matrix


def of_xgboost(folder, estimator, suffix="json"):
    estimator.save_model(folder / f"model.{suffix}")
    return load(folder, "xgboost")


def of_lightgbm(folder, estimator):
    estimator.booster_.save_model(folder / "model.txt")
    return load(folder, "lightgbm")


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_two_classes_of_xgboost(tmp_path, suffix, booster) -> None:
    matrix = gappy()
    estimator = xgboost.XGBClassifier(booster=booster, **SMALL).fit(matrix, labels(matrix))
    model = of_xgboost(tmp_path, estimator, suffix)
    assert (model.names, model.width, model.classes) == (None, 4, ("0", "1"))
    assert model.outputs == ("predict", "predict_proba")
    answers = model.run(rows_of(matrix), model.outputs)
    assert answers["predict"].tolist() == estimator.predict(matrix).tolist()
    np.testing.assert_array_equal(answers["predict_proba"], estimator.predict_proba(matrix))
    np.testing.assert_array_equal(
        score(model, rows_of(matrix), CLASSIFICATION, "true"), estimator.predict_proba(matrix)[:, 1]
    )


@pytest.mark.parametrize("objective", ["multi:softprob", "multi:softmax"])
def test_three_classes_of_xgboost(tmp_path, objective) -> None:
    matrix = gappy()
    target = labels(matrix) + (matrix[:, 3] > 0.5)
    estimator = xgboost.XGBClassifier(objective=objective, **SMALL).fit(matrix, target)
    model = of_xgboost(tmp_path, estimator)
    assert model.classes == ("0", "1", "2")
    answers = model.run(rows_of(matrix), model.outputs)
    assert answers["predict"].tolist() == estimator.predict(matrix).tolist()
    # of multi:softmax XGBoost's own estimator sums in numpy, in single precision
    np.testing.assert_allclose(answers["predict_proba"], estimator.predict_proba(matrix), rtol=1e-6)


@pytest.mark.parametrize("booster", ["gbtree", "gblinear"])
def test_a_regression_of_xgboost_on_named_columns(tmp_path, booster) -> None:
    matrix = numbers()
    frame = pd.DataFrame(matrix, columns=NAMES)
    options = SMALL if booster == "gbtree" else {"n_estimators": 5, "n_jobs": 1}
    estimator = xgboost.XGBRegressor(booster=booster, **options).fit(frame, values(matrix))
    model = of_xgboost(tmp_path, estimator)
    assert (model.names, model.classes, model.outputs) == (NAMES, (), ("predict",))
    asked = Rows.of_frame(frame[["d", "b", "a", "c"]].assign(z=0))
    np.testing.assert_array_equal(score(model, asked, "Regression", ""), estimator.predict(frame))


def test_a_training_of_xgboost_that_was_stopped_early_answers_by_its_best_round(tmp_path) -> None:
    matrix, other = numbers(300, 1), numbers(200, 2)
    estimator = xgboost.XGBClassifier(**SMALL | {"n_estimators": 200}, early_stopping_rounds=2)
    noisy = np.random.default_rng(1).permutation(labels(other))
    estimator.fit(matrix, labels(matrix), eval_set=[(other, noisy)], verbose=False)
    assert estimator.best_iteration + 1 < estimator.get_booster().num_boosted_rounds()
    model = of_xgboost(tmp_path, estimator)
    np.testing.assert_array_equal(
        score(model, rows_of(matrix), CLASSIFICATION, "1"), estimator.predict_proba(matrix)[:, 1]
    )


def test_splits_by_category_of_xgboost(tmp_path) -> None:
    matrix = numbers()
    matrix[:, 2] = np.random.default_rng(5).integers(0, 40, len(matrix))
    data = xgboost.DMatrix(matrix, labels(matrix) ^ (matrix[:, 2] > 20), feature_types=["q", "q", "c", "q"])
    data.set_info(feature_types=["q", "q", "c", "q"])
    booster = xgboost.train({"objective": "binary:logistic", "nthread": 1, "max_cat_to_onehot": 1}, data, 5)
    booster.save_model(tmp_path / "model.json")
    model = load(tmp_path, "xgboost")
    assert '"categories_nodes":[]' not in (tmp_path / "model.json").read_text().replace(" ", "")[:50]
    expected = booster.predict(data)
    np.testing.assert_array_equal(score(model, rows_of(matrix), CLASSIFICATION, "1"), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_two_classes_of_lightgbm(tmp_path, dtype) -> None:
    matrix = (gappy() if dtype is not np.int64 else numbers() * 10).astype(dtype)
    estimator = LGBMClassifier(**SMALL, verbose=-1).fit(matrix, labels(matrix.astype(float)))
    model = of_lightgbm(tmp_path, estimator)
    assert (model.names, model.width, model.classes) == (None, 4, ("0", "1"))
    answers = model.run(Rows(NAMES, matrix), model.outputs)
    assert answers["predict"].tolist() == estimator.predict(matrix).tolist()
    np.testing.assert_array_equal(answers["predict_proba"], estimator.predict_proba(matrix))


@pytest.mark.parametrize("objective", ["multiclass", "multiclassova"])
def test_three_classes_of_lightgbm(tmp_path, objective) -> None:
    matrix = gappy()
    target = labels(matrix) + (matrix[:, 3] > 0.5)
    estimator = LGBMClassifier(objective=objective, **SMALL, verbose=-1).fit(matrix, target)
    model = of_lightgbm(tmp_path, estimator)
    assert model.classes == ("0", "1", "2")
    np.testing.assert_array_equal(
        model.run(rows_of(matrix), ("predict_proba",))["predict_proba"], estimator.predict_proba(matrix)
    )


def colours(rows: int = 400) -> pd.DataFrame:
    generator = np.random.default_rng(4)
    words = np.array(["red", "green", "blue", "none of them", None], dtype=object)
    return pd.DataFrame(
        {
            "a": generator.normal(size=rows),
            "colour": words[generator.integers(0, 5, rows)],
            "n": generator.integers(0, 9, rows),
        }
    )


def test_categories_of_a_table_are_known_to_lightgbm_by_their_texts(tmp_path) -> None:
    frame = colours()
    target = frame["a"] + (frame["colour"] == "red") * 3 - (frame["colour"] == "blue") * 2
    fitted = frame.assign(colour=frame["colour"].astype("category"))
    estimator = LGBMRegressor(n_estimators=10, n_jobs=1, verbose=-1, min_data_in_leaf=5, cat_smooth=1)
    estimator.fit(fitted, target)
    model = of_lightgbm(tmp_path, estimator)
    assert model.names == ("a", "colour", "n")
    np.testing.assert_array_equal(
        score(model, Rows.of_frame(frame[["n", "colour", "a"]]), "Regression", ""), estimator.predict(fitted)
    )
    unseen = frame.assign(colour="never seen")
    missing = fitted.assign(colour=pd.Categorical([None] * len(frame), categories=fitted["colour"].cat.categories))
    np.testing.assert_array_equal(score(model, Rows.of_frame(unseen), "Regression", ""), estimator.predict(missing))
    with pytest.raises(ModelError, match="takes texts in 1 inputs, and 0 hold them") as told:
        model.run(Rows.of_frame(frame.assign(colour=1.0)), ("predict",))
    assert told.value.reason == "BadData"


@pytest.mark.parametrize("format", ["xgboost", "lightgbm"])
def test_what_is_asked_wrongly(tmp_path, format) -> None:
    matrix = numbers()
    if format == "xgboost":
        model = of_xgboost(tmp_path, xgboost.XGBRegressor(**SMALL).fit(matrix, values(matrix)))
    else:
        model = of_lightgbm(tmp_path, LGBMRegressor(**SMALL, verbose=-1).fit(matrix, values(matrix)))
    with pytest.raises(ModelError, match="no output predict_proba; it has predict") as told:
        score(model, rows_of(matrix), CLASSIFICATION, "1")
    assert told.value.reason == "BadConfiguration"
    with pytest.raises(ModelError, match="takes 4 inputs, and 3 came") as told:
        model.run(rows_of(matrix[:, :3]), ("predict",))
    assert told.value.reason == "BadData"
    with pytest.raises(ModelError, match="takes numbers, and b holds what is none") as told:
        texts = {name: np.array(["1"] * 3, dtype=object) if name == "b" else np.ones(3) for name in NAMES}
        model.run(Rows(NAMES, columns=texts), ("predict",))
    assert told.value.reason == "BadData"


def test_xgboost_gets_a_matrix_of_its_type_as_it_is(tmp_path) -> None:
    matrix = numbers().astype(np.float32)
    model = of_xgboost(tmp_path, xgboost.XGBRegressor(**SMALL).fit(matrix, values(matrix)))
    assert model._matrix(Rows(NAMES, matrix)) is matrix
    assert model._matrix(Rows(NAMES, matrix.astype(np.float64))).dtype == np.float64


def test_a_newer_xgboost_wrote_it(tmp_path) -> None:
    matrix = numbers()
    xgboost.XGBRegressor(**SMALL).fit(matrix, values(matrix)).save_model(tmp_path / "model.json")
    path = tmp_path / "model.json"
    text = path.read_text()
    written = [int(part) for part in xgboost.__version__.split(".")[:3]]
    recorded = f'"version":{str(written).replace(" ", "")}'
    assert recorded in text
    path.write_text(text.replace(recorded, f'"version":[{written[0]},{written[1] + 1},0]'))
    with pytest.raises(ModelError, match=f"written by xgboost {written[0]}.{written[1] + 1}.0") as told:
        load(tmp_path, "xgboost")
    assert told.value.reason == "LibraryMismatch"
    path.write_text(text.replace(recorded, '"version":[2,0,0]'))
    assert load(tmp_path, "xgboost").outputs == ("predict",)


def test_a_newer_format_of_lightgbm(tmp_path) -> None:
    matrix = numbers()
    of_lightgbm(tmp_path, LGBMRegressor(**SMALL, verbose=-1).fit(matrix, values(matrix)))
    path = tmp_path / "model.txt"
    path.write_text(path.read_text().replace("version=v4", "version=v9"))
    with pytest.raises(ModelError, match="LightGBM's format 'v9'; v3 and v4 are known here") as told:
        load(tmp_path, "lightgbm")
    assert told.value.reason == "LibraryMismatch"
