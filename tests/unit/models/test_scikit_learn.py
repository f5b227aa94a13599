"""Estimators from model.skops answer as they did before they were saved."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from leeboard.models import ModelError, Rows, load, score
from leeboard.models.scikit_learn import ScikitLearnPredictor
from tests.unit.models.fitted import NAMES, labels, numbers, rows_of, saved, table, values

FORMAT = "sklearn-skops"


@pytest.mark.parametrize("estimator", [LogisticRegression(), RandomForestClassifier(5, random_state=1)])
def test_a_classifier_of_an_array_is_asked_with_an_array(tmp_path, recwarn, estimator) -> None:
    matrix = numbers()
    estimator.fit(matrix, labels(matrix))
    model = load(saved(tmp_path, estimator), FORMAT)
    assert (model.format, model.names, model.width) == (FORMAT, None, 4)
    assert (model.classes, model.outputs) == (("0", "1"), ("predict", "predict_proba"))
    answers = model.run(rows_of(matrix), model.outputs)
    assert answers["predict"].tolist() == estimator.predict(matrix).tolist()
    assert answers["predict_proba"].tolist() == estimator.predict_proba(matrix).tolist()
    assert (
        score(model, rows_of(matrix), "BinaryClassification", "0").tolist() == answers["predict_proba"][:, 0].tolist()
    )
    assert not [one for one in recwarn if "feature names" in str(one.message)]


def test_a_model_of_named_columns_gets_them_by_name_in_any_order(tmp_path, recwarn) -> None:
    frame = table()
    target = frame["n"] * 0.5 + frame["yes"]
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder="passthrough")
    estimator = make_pipeline(columns, HistGradientBoostingRegressor(max_iter=5)).fit(frame, target)
    model = load(saved(tmp_path, estimator), FORMAT)
    assert model.names == tuple(frame.columns)
    assert (model.classes, model.outputs) == ((), ("predict",))
    shuffled = Rows.of_frame(frame[["yes", "colour", "a", "n"]].assign(other=1))
    assert score(model, shuffled, "Regression", "").tolist() == estimator.predict(frame).tolist()
    assert not [one for one in recwarn if "feature names" in str(one.message)]
    with pytest.raises(ModelError, match="columns that the data has not: yes, colour") as told:
        model.run(Rows.of_frame(frame[["a", "n"]]), ("predict",))
    assert told.value.reason == "BadData"


def test_a_model_that_tells_nothing_of_its_inputs_gets_a_table() -> None:
    class ByName:
        def predict(self, frame):
            return frame["b"].to_numpy() * 2

    matrix = numbers(5)
    model = ScikitLearnPredictor(ByName(), "sklearn-pickle")
    assert (model.names, model.width, model.outputs) == (None, None, ("predict",))
    assert model.run(rows_of(matrix), ("predict",))["predict"].tolist() == (matrix[:, 1] * 2).tolist()


def answering(**methods):
    return ScikitLearnPredictor(type("Answering", (), {"classes_": np.array([0, 1])} | methods)(), FORMAT)


BOTH = {"predict": lambda self, rows: np.zeros(len(rows))}
ROWS = rows_of(numbers(3))
WRONG = {
    "fewer rows": (BOTH | {"predict_proba": lambda self, rows: np.zeros((2, 2))}, "1", "EvaluationFailed"),
    "one figure": (BOTH | {"predict_proba": lambda self, rows: 0.5}, "1", "EvaluationFailed"),
    "no number": (BOTH | {"predict_proba": lambda self, rows: np.full((3, 2), np.nan)}, "1", "EvaluationFailed"),
    "texts": (BOTH | {"predict_proba": lambda self, rows: np.full((3, 2), "x")}, "1", "EvaluationFailed"),
    "an error": (BOTH | {"predict_proba": lambda self, rows: 1 / 0}, "1", "EvaluationFailed"),
    "a KeyError of its own": (BOTH | {"predict_proba": lambda self, rows: {}["k"]}, "1", "EvaluationFailed"),
    "fewer columns": (BOTH | {"predict_proba": lambda self, rows: np.zeros((3, 1))}, "1", "EvaluationFailed"),
    "another class": (BOTH | {"predict_proba": lambda self, rows: np.zeros((3, 2))}, "late", "BadConfiguration"),
    "no probabilities": (BOTH, "1", "BadConfiguration"),
}


@pytest.mark.parametrize(("methods", "positive", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_answer_as_it_should(methods, positive, reason) -> None:
    with pytest.raises(ModelError) as told:
        score(answering(**methods), ROWS, "BinaryClassification", positive)
    assert told.value.reason == reason


def test_a_machine_without_probabilities_does_not_offer_them(tmp_path) -> None:
    matrix = numbers(60)
    model = load(saved(tmp_path, SVC().fit(matrix, labels(matrix))), FORMAT)
    assert model.outputs == ("predict",)
    with pytest.raises(ModelError, match="no output predict_proba; it has predict"):
        score(model, rows_of(matrix), "BinaryClassification", "1")


def test_what_does_not_predict_is_no_model(tmp_path) -> None:
    with pytest.raises(ModelError, match="a StandardScaler does not predict") as told:
        load(saved(tmp_path, StandardScaler().fit(numbers())), FORMAT)
    assert told.value.reason == "ModelLoadFailed"


def test_a_matrix_of_single_precision_stays_one(tmp_path) -> None:
    matrix = numbers().astype(np.float32)
    estimator = LinearRegression().fit(matrix, values(matrix))
    model = load(saved(tmp_path, estimator), FORMAT)
    given = Rows(NAMES, matrix)
    assert given.as_matrix() is matrix
    assert score(model, given, "Regression", "").tolist() == pytest.approx(estimator.predict(matrix).tolist())


def named(estimator, texts=False):
    frame = table().dropna()[["a", "n", "yes", *(["colour"] if texts else [])]]
    return estimator.fit(frame, frame["n"] > 50), frame


BY_PLACE = {
    "a linear model": (LogisticRegression(), True),
    "a pipeline": (make_pipeline(StandardScaler(), SimpleImputer(), RandomForestClassifier(3)), True),
    "boosted trees": (HistGradientBoostingClassifier(max_iter=3), True),
    "calibrated": (CalibratedClassifierCV(RandomForestClassifier(3), cv=2), True),
    "boosted trees with categories by name": (
        HistGradientBoostingClassifier(max_iter=3, categorical_features=["n"]),
        False,
    ),
    "columns by name": (
        make_pipeline(make_column_transformer((StandardScaler(), ["a"])), LogisticRegression()),
        False,
    ),
    "a function": (make_pipeline(FunctionTransformer(), LogisticRegression()), False),
    "columns within calibration": (
        CalibratedClassifierCV(
            make_pipeline(make_column_transformer((StandardScaler(), ["a"])), LogisticRegression()), cv=2
        ),
        False,
    ),
}


@pytest.mark.parametrize(("estimator", "by_place"), BY_PLACE.values(), ids=BY_PLACE.keys())
@pytest.mark.parametrize("as_matrix", [False, True])
def test_named_columns_as_an_array_where_that_is_the_same(recwarn, estimator, by_place, as_matrix) -> None:
    fitted, frame = named(estimator)
    model = ScikitLearnPredictor(fitted, FORMAT)
    asked = Rows.of_frame(frame[["yes", "n", "a"]])
    asked = Rows(asked.names, asked.as_matrix()) if as_matrix else asked
    assert isinstance(model._input(asked), np.ndarray) is by_place
    found = model.run(asked, ("predict_proba",))["predict_proba"]
    # rows that lie differently in memory may be summed in another order
    np.testing.assert_allclose(found, fitted.predict_proba(frame), rtol=1e-12)
    assert not [one for one in recwarn if "feature names" in str(one.message)]
