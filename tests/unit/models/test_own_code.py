"""Formats that run code which came with the model: only where that is allowed, and by the same library."""

import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from leeboard.models import FORMATS, ModelError, Rows, load, score
from leeboard.models.pickled import version_in
from tests.unit.models.fitted import labels, numbers, rows_of

CLASSIFICATION = "BinaryClassification"
MATRIX = numbers()
PYTHON = '''
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from words import WEIGHTS


@dataclass
class Late:
    """A model of nobody's library."""

    threshold: float
    inputs = ("a", "b")
    classes = ("in time", "late")
    outputs = ("predict_proba", "margin")

    @classmethod
    def load(cls, folder: Path) -> "Late":
        return cls(float((folder / "threshold.txt").read_text()))

    def preprocess(self, columns):
        return {name: np.nan_to_num(values) for name, values in columns.items()}

    def predict(self, columns):
        return WEIGHTS[0] * columns["a"] + WEIGHTS[1] * columns["b"] - self.threshold

    def postprocess(self, margin):
        late = 1 / (1 + np.exp(-margin))
        return {"predict_proba": np.column_stack((1 - late, late)), "margin": margin}
'''


def python(folder: Path, code: str = PYTHON) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.py").write_text(code)
    (folder / "words.py").write_text("WEIGHTS = (2.0, -1.0)\n")
    (folder / "threshold.txt").write_text("0.5")
    return folder


def test_a_class_of_the_users_with_its_own_files_and_steps(tmp_path) -> None:
    model = load(python(tmp_path), "python", allow_unsafe=True)
    assert (model.names, model.width) == (("a", "b"), 2)
    assert (model.classes, model.outputs) == (("in time", "late"), ("predict_proba", "margin"))
    matrix = MATRIX.copy()
    matrix[0, 0] = np.nan
    margin = 2 * np.nan_to_num(matrix[:, 0]) - matrix[:, 1] - 0.5
    assert model.run(rows_of(matrix), ("margin",))["margin"] == pytest.approx(margin)
    assert score(model, rows_of(matrix), CLASSIFICATION, "late") == pytest.approx(1 / (1 + np.exp(-margin)))
    with pytest.raises(ModelError, match="no output labels; it has predict_proba, margin"):
        model.run(rows_of(matrix), ("labels",))


PLAIN = """
class Plain:
    @classmethod
    def load(cls, folder):
        return cls()

    def predict(self, columns):
        return ANSWER
"""


def test_two_versions_bring_modules_of_one_name(tmp_path) -> None:
    rows = rows_of(MATRIX)
    first = load(python(tmp_path / "first"), "python", allow_unsafe=True)
    python(tmp_path / "second")
    (tmp_path / "second" / "words.py").write_text("WEIGHTS = (0.0, 0.0)\n")
    second = load(tmp_path / "second", "python", allow_unsafe=True)
    assert set(second.run(rows, ("margin",))["margin"]) == {-0.5}
    assert first.run(rows, ("margin",))["margin"] == pytest.approx(2 * MATRIX[:, 0] - MATRIX[:, 1] - 0.5)


ANSWERS = {
    "a figure a row": ("columns['a'] * 2", "Regression", 2.0),
    "a column for each class": ("__import__('numpy').stack([1 - columns['a'], columns['a']], 1)", CLASSIFICATION, 1.0),
}


@pytest.mark.parametrize(("answer", "task", "times"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_array_is_told_by_its_shape(tmp_path, answer, task, times) -> None:
    code = PLAIN.replace("ANSWER", answer).replace("    @classmethod", "    classes = (0, 1)\n    @classmethod")
    rows = Rows(("a",), np.linspace(0, 1, 5).reshape(-1, 1))
    model = load(python(tmp_path, code), "python", allow_unsafe=True)
    assert score(model, rows, task, "1") == pytest.approx(np.linspace(0, 1, 5) * times)


def test_labels_follow_from_probabilities(tmp_path) -> None:
    code = PLAIN.replace("ANSWER", ANSWERS["a column for each class"][0])
    code = code.replace("    @classmethod", "    classes = ('in time', 'late')\n    @classmethod")
    model = load(python(tmp_path, code), "python", allow_unsafe=True)
    found = model.run(Rows(("a",), np.array([[0.1], [0.9]])), model.outputs)
    assert found["predict"].tolist() == ["in time", "late"]
    assert found["predict_proba"].shape == (2, 2)


BROKEN = {
    "no class": ("x = 1", "needs exactly one class with load and predict; it has none"),
    "two classes": (
        PLAIN.replace("ANSWER", "1") + PLAIN.replace("ANSWER", "1").replace("Plain", "Other"),
        "it has Plain, Other",
    ),
    "a syntax error": ("class", "cannot be loaded: SyntaxError"),
    "an end of the process": ("raise SystemExit(3)", "cannot be loaded: SystemExit"),
    "load fails": (
        PLAIN.replace("ANSWER", "1").replace("return cls()", "raise KeyError('secret')"),
        "cannot be loaded: KeyError$",
    ),
    "load makes nothing": (
        PLAIN.replace("ANSWER", "1").replace("return cls()", "return None"),
        "load of the class NoneType made no",
    ),
}


@pytest.mark.parametrize(("code", "text"), BROKEN.values(), ids=BROKEN.keys())
def test_a_class_that_is_none(tmp_path, code, text) -> None:
    with pytest.raises(ModelError, match=text) as told:
        load(python(tmp_path, code), "python", allow_unsafe=True)
    assert told.value.reason == "ModelLoadFailed"


@pytest.mark.parametrize("answer", ["1 / 0", "[1, 2]", "columns['z']"])
def test_a_class_that_does_not_answer(tmp_path, answer) -> None:
    model = load(python(tmp_path, PLAIN.replace("ANSWER", answer)), "python", allow_unsafe=True)
    with pytest.raises(ModelError) as told:
        model.run(rows_of(MATRIX), ("predict",))
    assert told.value.reason == "EvaluationFailed"


def kept(folder: Path, estimator, format: str) -> Path:
    path = folder / FORMATS[format].files[0]
    if format == "sklearn-joblib":
        joblib.dump(estimator, path)
    else:
        path.write_bytes(pickle.dumps(estimator))
    return path


@pytest.mark.parametrize("format", ["sklearn-pickle", "sklearn-joblib"])
def test_a_pickle_where_it_is_allowed(tmp_path, format) -> None:
    estimator = make_pipeline(FunctionTransformer(np.tanh), LogisticRegression()).fit(MATRIX, labels(MATRIX))
    assert version_in(kept(tmp_path, estimator, format)) == sklearn.__version__
    model = load(tmp_path, format, allow_unsafe=True)
    assert model.format == format
    np.testing.assert_array_equal(
        score(model, rows_of(MATRIX), CLASSIFICATION, "1"), estimator.predict_proba(MATRIX)[:, 1]
    )


class Touch:
    """What a pickle can do to whoever opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("format", [name for name, one in FORMATS.items() if not one.safe])
def test_nothing_of_an_unsafe_format_runs_unasked(tmp_path, format) -> None:
    touched = tmp_path / "touched"
    if format == "python":
        python(tmp_path, f"from pathlib import Path\nPath({str(touched)!r}).touch()")
    else:
        kept(tmp_path, Touch(touched), format)
    with pytest.raises(ModelError, match=f"{format} runs code that came with the model") as told:
        load(tmp_path, format)
    assert told.value.reason == "UnsafeFormat"
    assert not touched.exists()
    with pytest.raises(ModelError):
        load(tmp_path, format, allow_unsafe=True)
    assert touched.exists(), "it is the permission that kept it from running"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("format", ["sklearn-pickle", "sklearn-joblib"])
def test_a_pickle_of_another_scikit_learn_is_refused_before_it_is_opened(tmp_path, format, protocol) -> None:
    estimator = LogisticRegression().fit(MATRIX, labels(MATRIX))
    path = tmp_path / FORMATS[format].files[0]
    (joblib.dump if format == "sklearn-joblib" else lambda one, to, **how: to.write_bytes(pickle.dumps(one, **how)))(
        estimator, path, protocol=protocol
    )
    data, ours = path.read_bytes(), sklearn.__version__.encode()
    assert data.count(ours) == 1
    path.write_bytes(data.replace(ours, b"0" + ours[1:]))
    with pytest.raises(ModelError, match=r"written by scikit-learn 0\.\S+, and \S+ is installed") as told:
        load(tmp_path, format, allow_unsafe=True)
    assert told.value.reason == "LibraryMismatch"


def test_a_compressed_pickle_of_another_scikit_learn_is_known_by_its_warning(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("sklearn.base.__version__", "0.9.9")
    joblib.dump(LogisticRegression().fit(MATRIX, labels(MATRIX)), tmp_path / "model.joblib", compress=3)
    monkeypatch.undo()
    assert version_in(tmp_path / "model.joblib") is None
    with pytest.raises(ModelError, match=r"written by scikit-learn 0\.9\.9"):
        load(tmp_path, "sklearn-joblib", allow_unsafe=True)


@pytest.mark.parametrize("data", [b"", b"no pickle", pickle.dumps(1)[:-1], pickle.dumps({"no": "model"})])
def test_a_pickle_that_is_none(tmp_path, data) -> None:
    (tmp_path / "model.pkl").write_bytes(data)
    with pytest.raises(ModelError) as told:
        load(tmp_path, "sklearn-pickle", allow_unsafe=True)
    assert told.value.reason == "ModelLoadFailed"


@pytest.mark.parametrize(
    ("format", "files", "text"),
    [
        ("opaque", (), "opaque is never loaded; sklearn-skops, onnx"),
        ("xgboost", (), "the artefact has no model.json or model.ubj"),
        ("xgboost", ("model.json", "model.ubj"), "the artefact has both model.json and model.ubj"),
        ("onnx", ("model.skops",), "the artefact has no model.onnx"),
    ],
)
def test_files_that_are_not_the_formats(tmp_path, format, files, text) -> None:
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError, match=text) as told:
        load(tmp_path, format)
    assert told.value.reason == "UnsafeFormat"
