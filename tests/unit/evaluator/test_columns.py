"""What a column is, however it was stored."""

import numpy as np
import pandas as pd
import pytest

from leeboard.evaluator.columns import as_served, inputs_of, truth_of, values_of
from leeboard.evaluator.failures import EvaluationError
from leeboard.models.classes import class_text

FRAME = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "number": [1.5, np.nan, 3],
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "flag": [True, False, True],
        "text": ["a", None, "c"],
        "category": pd.Categorical(["x", "y", None]),
        "category of numbers": pd.Categorical([1, 2, 1]),
        "arrow text": pd.array(["a", None, "b"], dtype="string[pyarrow]"),
        "label": [1, 0, 1],
        "split": ["train"] * 3,
    }
)


def test_inputs_and_their_datatypes():
    assert {one.name: one.datatype for one in inputs_of(FRAME)} == {
        "whole": "INT64",
        "number": "FP64",
        "nullable": "FP64",
        "flag": "BOOL",
        "text": "BYTES",
        "category": "BYTES",
        "category of numbers": "BYTES",
        "arrow text": "BYTES",
    }


def test_the_model_gets_numbers_and_strings_or_none():
    inputs = inputs_of(FRAME)
    served = as_served(FRAME, inputs)
    assert list(served.columns) == [one.name for one in inputs]
    assert served["category"].tolist() == ["x", "y", None]
    assert served["category of numbers"].tolist() == ["1", "2", "1"]
    assert served["text"].tolist() == ["a", None, "c"]
    assert served["arrow text"].tolist() == ["a", None, "b"]
    assert served["whole"].dtype == np.int64
    assert served["flag"].dtype == np.bool_
    assert np.isnan(served["nullable"][1])
    for one in inputs:
        assert len(values_of(served, one)) == 3


def test_a_whole_number_that_is_missing_later_stays_a_number():
    inputs = inputs_of(pd.DataFrame({"whole": [1, 2]}))
    served = as_served(pd.DataFrame({"whole": [1.0, np.nan]}), inputs)
    assert served["whole"].dtype == np.float64


@pytest.mark.parametrize(
    ("labels", "positive", "expected"),
    [
        ([1, 0, 1], "1", [1, 0, 1]),
        ([1.0, 0.0, np.nan], "1", [1, 0, np.nan]),
        (["1", "0", None], "1", [1, 0, np.nan]),
        ([True, False, True], "1", [1, 0, 1]),
        ([True, False, True], "true", [1, 0, 1]),
        (["late", "early", "late"], "late", [1, 0, 1]),
        (["1.0", "0.0", "2.0"], "1", [1, 0, 0]),
        (pd.Categorical(["late", "early", None]), "late", [1, 0, np.nan]),
    ],
)
def test_the_positive_class_is_found_however_labels_are_written(labels, positive, expected):
    found = truth_of(pd.Series(labels), "BinaryClassification", positive)
    assert found.tolist() == pytest.approx(expected, nan_ok=True)


def test_class_text():
    assert [class_text(value) for value in (1, 1.0, "1", "1.0", np.int64(1), np.True_)] == ["1"] * 6
    assert [class_text(value) for value in (0.5, "yes", "-2.0", "v1.0")] == ["0.5", "yes", "-2", "v1.0"]


@pytest.mark.parametrize("frame", [pd.DataFrame({"label": [1]}), pd.DataFrame([[1, 2]], columns=["a", "a"])])
def test_references_without_usable_inputs_are_refused(frame):
    with pytest.raises(EvaluationError, match="input columns"):
        inputs_of(frame)
    with pytest.raises(EvaluationError, match="b are absent"):
        as_served(pd.DataFrame({"a": [1]}), inputs_of(pd.DataFrame({"a": [1], "b": [2]})))


def test_numbers_are_needed_for_a_regression():
    with pytest.raises(EvaluationError, match="no number"):
        truth_of(pd.Series(["far"]), "Regression", "")
