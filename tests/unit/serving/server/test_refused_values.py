"""The value at fault is named, and only where it is a value of the caller's."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from leeboard.api.reasons import Reason
from leeboard.models import ModelError, Rows
from leeboard.models.scikit_learn import ScikitLearnPredictor
from leeboard_serving.server.refused_values import MOST_SUSPECTS, RefusedValues

GENERATOR = np.random.default_rng(4)
FRAME = pd.DataFrame({
    "wind": GENERATOR.normal(size=80),
    "temp": GENERATOR.normal(size=80),
    "carrier": pd.Series(GENERATOR.choice(["AA", "B6", "UA"], 80), dtype=object),
})  # fmt: skip


@pytest.fixture(scope="module")
def predictor():
    """Trees, which take numbers of single precision alone, behind categories that have to be known."""
    columns = make_column_transformer((OneHotEncoder(), ["carrier"]), remainder="passthrough")
    model = make_pipeline(columns, GradientBoostingClassifier(n_estimators=3, random_state=1))
    return ScikitLearnPredictor(model.fit(FRAME, FRAME["wind"] > 0), "sklearn-skops")


def refused(predictor, rows):
    return RefusedValues(predictor, "predict_proba", Rows.of_frame(FRAME[:5])).found(rows)


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (2, "temp", np.nan, "input temp, row 2: the model does not take a missing value"),
        (0, "wind", np.inf, "input wind, row 0: the model does not take the number inf"),
        (1, "wind", -1e300, "input wind, row 1: the model does not take the number -1e+300"),
        (3, "carrier", "ZZ", "input carrier, row 3: the model does not take the text 'ZZ'"),
        (4, "carrier", None, "input carrier, row 4: the model does not take a missing value"),
        (0, "carrier", "Z" * 5000, f"input carrier, row 0: the model does not take the text '{'Z' * 40}'…"),
    ],
    ids=["missing", "infinite", "too large", "unknown", "missing text", "long"],
)
def test_the_value_is_named_with_its_place(predictor, row, column, value, expected):
    frame = FRAME[10:16].reset_index(drop=True)
    frame.loc[row, column] = value
    assert refused(predictor, Rows.of_frame(frame)) == expected


def test_of_a_matrix_too():
    model = GradientBoostingClassifier(n_estimators=3).fit(FRAME[["wind", "temp"]].to_numpy(), FRAME["wind"] > 0)
    values = RefusedValues(ScikitLearnPredictor(model, "sklearn-skops"), "predict", Rows(("a", "b"), np.zeros((1, 2))))
    asked = np.array([[1, 2], [3, np.nan]], dtype=np.float32)
    assert values.found(Rows(("a", "b"), asked)) == "input b, row 1: the model does not take a missing value"


class Failing:
    """Fails for what `fails` says, and counts how often it was asked."""

    format, names, width, classes, outputs = "python", None, None, ("0", "1"), ("predict",)

    def __init__(self, fails):
        self.fails, self.asked = fails, 0

    def run(self, rows, outputs):
        self.asked += 1
        if self.fails(rows):
            raise ModelError(Reason.EVALUATION_FAILED, "the model cannot score: KeyError")
        return {"predict": np.zeros(rows.count)}


def test_good_values_are_no_callers_mistake(predictor):
    assert refused(predictor, Rows.of_frame(FRAME[10:16])) is None
    model = Failing(lambda rows: rows.count > 1)
    asked = FRAME[10:16].assign(temp=np.nan)
    assert refused(model, Rows.of_frame(asked)) is None


def test_a_model_that_answers_nothing_any_more_is_no_callers_mistake():
    model = Failing(lambda rows: True)
    assert refused(model, Rows.of_frame(FRAME[10:16].assign(temp=np.nan))) is None
    assert model.asked == 1


def test_a_request_costs_a_bounded_number_of_rows():
    model = Failing(lambda rows: False)
    names = pd.Series([f"carrier {number}" for number in range(5000)], dtype=object)
    asked = pd.DataFrame({"wind": np.zeros(5000), "temp": np.zeros(5000), "carrier": names})
    assert refused(model, Rows.of_frame(asked)) is None
    assert model.asked == MOST_SUSPECTS + 1
