"""Every kind of scikit-learn model as ONNX, held against the model itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from leeboard.models import Rows
from leeboard.models.onnx_conversion import Conversion, convert
from leeboard.models.onnx_session import OnnxPredictor
from leeboard.models.onnx_session import load as load_onnx
from leeboard.models.scikit_learn import ScikitLearnPredictor

GENERATOR = np.random.default_rng(4)
ROWS = 240
NUMBERS = GENERATOR.normal(size=(ROWS, 4))
HOLES = np.where(GENERATOR.random(NUMBERS.shape) < 0.15, np.nan, NUMBERS)
TWO = (NUMBERS[:, 0] + NUMBERS[:, 1] * NUMBERS[:, 2] > 0).astype(np.int64)
THREE = TWO + (NUMBERS[:, 3] > 0.5)
VALUES = np.exp(NUMBERS[:, 0] / 2) + NUMBERS[:, 1] ** 2
CODES = np.column_stack([NUMBERS[:, :3], GENERATOR.integers(0, 40, ROWS)])
TABLE = pd.DataFrame(
    {
        "a": HOLES[:, 0],
        "n": GENERATOR.integers(0, 40, ROWS),
        "yes": NUMBERS[:, 1] > 0,
        "colour": np.array(["red", "green", "blue", None], dtype=object)[GENERATOR.integers(0, 4, ROWS)],
        "size": np.array(["s", "m", "l"], dtype=object)[GENERATOR.integers(0, 3, ROWS)],
    }
)
BINARY, REGRESSION = "BinaryClassification", "Regression"


def on_columns(final: Any, **encoder: Any) -> Any:
    """A pipeline as people write it for tables of every type."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    texts = OneHotEncoder(**({"handle_unknown": "ignore", "sparse_output": False} | encoder))
    parts = [("numbers", numbers, ["a", "n"]), ("texts", texts, ["colour", "size"])]
    return make_pipeline(ColumnTransformer(parts, remainder="passthrough"), final)


def rows_of(given: Any) -> Rows:
    """A table or a matrix as rows."""
    if isinstance(given, pd.DataFrame):
        return Rows.of_frame(given)
    return Rows(tuple("abcd"[: given.shape[1]]), np.ascontiguousarray(given))


def converted(estimator: Any, given: Any, labels: Any, task: str) -> tuple[Conversion, ScikitLearnPredictor]:
    """A fitted estimator and what became of it."""
    predictor = ScikitLearnPredictor(estimator.fit(given, labels), "sklearn-skops")
    return convert(predictor, rows_of(given), task), predictor


OWN: dict[str, tuple[Callable[[], Any], Any, Any, str]] = {
    "hist two": (lambda: HistGradientBoostingClassifier(max_iter=8), NUMBERS, TWO, BINARY),
    "hist missing": (lambda: HistGradientBoostingClassifier(max_iter=8), HOLES, TWO, BINARY),
    "hist three": (lambda: HistGradientBoostingClassifier(max_iter=4), HOLES, THREE, BINARY),
    "hist codes": (
        lambda: HistGradientBoostingClassifier(max_iter=8, categorical_features=[3]),
        CODES,
        (np.sin(CODES[:, 3]) > 0).astype(int),
        BINARY,
    ),
    "hist texts": (
        lambda: HistGradientBoostingClassifier(max_iter=8, categorical_features=["colour", "size", "n"]),
        TABLE,
        TWO,
        BINARY,
    ),
    **{
        f"hist {loss}": (
            lambda loss=loss: HistGradientBoostingRegressor(max_iter=5, loss=loss, quantile=0.3),  # type: ignore[misc]
            HOLES,
            VALUES,
            REGRESSION,
        )
        for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile")
    },
    "forest": (lambda: RandomForestClassifier(5, random_state=0), NUMBERS, TWO, BINARY),
    "forest missing": (lambda: RandomForestClassifier(5, random_state=0), HOLES, TWO, BINARY),
    "forest three": (lambda: RandomForestClassifier(4, random_state=0), NUMBERS, THREE, BINARY),
    "forest values": (lambda: RandomForestRegressor(5, random_state=0), NUMBERS, VALUES, REGRESSION),
    "extra trees": (lambda: ExtraTreesClassifier(5, random_state=0), NUMBERS, TWO, BINARY),
    "one tree": (lambda: DecisionTreeClassifier(random_state=0), NUMBERS, TWO, BINARY),
    "one leaf": (lambda: DecisionTreeClassifier(max_leaf_nodes=2, min_samples_leaf=200), NUMBERS, TWO, BINARY),
    "boosting": (lambda: GradientBoostingClassifier(n_estimators=8), NUMBERS, TWO, BINARY),
    "boosting three": (lambda: GradientBoostingClassifier(n_estimators=5), NUMBERS, THREE, BINARY),
    "boosting exponential": (
        lambda: GradientBoostingClassifier(n_estimators=5, loss="exponential"),
        NUMBERS,
        TWO,
        BINARY,
    ),
    "boosting from zero": (lambda: GradientBoostingClassifier(n_estimators=5, init="zero"), NUMBERS, TWO, BINARY),
    "boosting values": (lambda: GradientBoostingRegressor(n_estimators=8), NUMBERS, VALUES, REGRESSION),
    "logistic": (LogisticRegression, NUMBERS, TWO, BINARY),
    "logistic three": (LogisticRegression, NUMBERS, THREE, BINARY),
    "logistic texts": (LogisticRegression, NUMBERS, np.where(TWO, "late", "on time"), BINARY),
    "logistic truths": (LogisticRegression, NUMBERS, TWO.astype(bool), BINARY),
    "linear": (LinearRegression, NUMBERS, VALUES, REGRESSION),
    "ridge": (Ridge, NUMBERS, VALUES, REGRESSION),
    "poisson": (PoissonRegressor, NUMBERS, VALUES, REGRESSION),
    "gradient descent": (lambda: SGDClassifier(loss="log_loss", random_state=0), NUMBERS, THREE, BINARY),
    "modified huber": (lambda: SGDClassifier(loss="modified_huber", random_state=0), NUMBERS, THREE, BINARY),
    "imputed": (
        lambda: make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression()),
        HOLES,
        TWO,
        BINARY,
    ),
    "scaled trees": (
        lambda: make_pipeline(SimpleImputer(), MinMaxScaler(clip=True), GradientBoostingClassifier(n_estimators=5)),
        HOLES,
        TWO,
        BINARY,
    ),
    "scalers": (lambda: make_pipeline(RobustScaler(), MaxAbsScaler(), LogisticRegression()), NUMBERS, TWO, BINARY),
    "calibrated": (
        lambda: CalibratedClassifierCV(GradientBoostingClassifier(n_estimators=4), cv=2),
        NUMBERS,
        TWO,
        BINARY,
    ),
    "calibrated isotonic": (
        lambda: CalibratedClassifierCV(RandomForestClassifier(4, random_state=0), cv=2, method="isotonic"),
        NUMBERS,
        TWO,
        BINARY,
    ),
    "calibrated three": (lambda: CalibratedClassifierCV(LogisticRegression(), cv=2), NUMBERS, THREE, BINARY),
    "table": (lambda: on_columns(LogisticRegression()), TABLE, TWO, BINARY),
    "table trees": (lambda: on_columns(HistGradientBoostingClassifier(max_iter=5)), TABLE, TWO, BINARY),
    "table strict": (
        lambda: on_columns(GradientBoostingClassifier(n_estimators=5), handle_unknown="error"),
        TABLE,
        TWO,
        BINARY,
    ),
    "table infrequent": (
        lambda: on_columns(LogisticRegression(), min_frequency=0.3, handle_unknown="infrequent_if_exist", drop="first"),
        TABLE,
        TWO,
        BINARY,
    ),
    "table ordinal": (
        lambda: make_pipeline(
            ColumnTransformer(
                [("o", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["colour", "n"])]
            ),
            HistGradientBoostingClassifier(max_iter=5),
        ),
        TABLE,
        TWO,
        BINARY,
    ),
    "table target": (
        lambda: make_pipeline(
            ColumnTransformer([("t", TargetEncoder(random_state=0), ["size", "n"])]), LogisticRegression()
        ),
        TABLE,
        TWO,
        BINARY,
    ),
    "table of texts imputed": (
        lambda: make_pipeline(
            ColumnTransformer(
                [
                    (
                        "texts",
                        make_pipeline(
                            SimpleImputer(strategy="most_frequent", missing_values=None),
                            OneHotEncoder(handle_unknown="ignore"),
                        ),
                        ["colour"],
                    )
                ]
            ),
            LogisticRegression(),
        ),
        TABLE,
        TWO,
        BINARY,
    ),
    "table of numbers": (
        lambda: make_pipeline(
            ColumnTransformer([("s", StandardScaler(), ["n"])], remainder="passthrough"),
            RandomForestClassifier(4, random_state=0),
        ),
        TABLE[["a", "n", "yes"]],
        TWO,
        BINARY,
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_it_answers_as_its_source(name: str) -> None:
    """Every row of the sample, every threshold with its neighbours, and every refusal is compared by the conversion."""
    make, given, labels, task = OWN[name]
    conversion, _ = converted(make(), given, labels, task)
    assert conversion.report.refused == ""
    assert conversion.data is not None
    assert conversion.report.converter == "leeboard"
    assert conversion.report.rows > ROWS
    assert conversion.report.worst < 1e-12


def on_disk(data: bytes | None, folder: Any) -> OnnxPredictor:
    """The graph as a pod loads it."""
    assert data is not None
    (folder / "model.onnx").write_bytes(data)
    return load_onnx(folder / "model.onnx", "onnx", 1)


def test_outputs_are_named_and_double(tmp_path: Any) -> None:
    """Probabilities are as precise as the source's, labels are its classes, inputs are known by name."""
    conversion, source = converted(on_columns(LogisticRegression()), TABLE, np.where(TWO, "late", "no"), BINARY)
    graph = on_disk(conversion.data, tmp_path)
    assert graph.outputs == ("predict", "predict_proba")
    assert graph.names == source.names
    assert graph.classes == source.classes == ("late", "no")
    found = graph.run(Rows.of_frame(TABLE), ("predict", "predict_proba"))
    assert found["predict_proba"].dtype == np.float64
    assert found["predict"].tolist() == source.run(Rows.of_frame(TABLE), ("predict",))["predict"].tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_the_graph_refuses_what_the_source_refuses(tmp_path: Any, value: float) -> None:
    """A number that the source raises an error for gives no answer, alone or among others."""
    conversion, _ = converted(GradientBoostingClassifier(n_estimators=3), NUMBERS, TWO, BINARY)
    graph = on_disk(conversion.data, tmp_path)
    bad = NUMBERS[:3].copy()
    assert len(graph.run(rows_of(bad), ("predict",))["predict"]) == 3
    bad[1, 2] = value
    for output in ("predict", "predict_proba"):
        with pytest.raises(Exception, match="cannot score"):
            graph.run(rows_of(bad), (output,))


def nodes_of(data: bytes) -> dict[str, Any]:
    """The attributes of the graph's trees, by name."""
    (trees,) = (one for one in onnx.load_from_string(data).graph.node if one.op_type == "TreeEnsemble")
    return {one.name: one for one in trees.attribute}


def test_nan_is_looked_for_only_where_it_has_a_branch() -> None:
    """Boosting refuses it, a forest that was fitted with it does not: to look at every node costs time."""
    never, _ = converted(GradientBoostingClassifier(n_estimators=3), NUMBERS, TWO, BINARY)
    always, _ = converted(RandomForestClassifier(4, random_state=0), HOLES, TWO, BINARY)
    assert never.data is not None
    assert always.data is not None
    assert "nodes_missing_value_tracks_true" not in nodes_of(never.data)
    assert any(nodes_of(always.data)["nodes_missing_value_tracks_true"].ints)


def test_what_has_no_converter_of_ours_is_given_to_skl2onnx() -> None:
    """Compared in the same way, and refusing the same."""
    for estimator in (GaussianNB(), make_pipeline(PolynomialFeatures(2), StandardScaler(), LogisticRegression())):
        conversion, _ = converted(estimator, NUMBERS, TWO, BINARY)
        assert conversion.report.refused == ""
        assert conversion.report.converter == "skl2onnx"


class Contrary(LogisticRegression):
    """A class of a user's that answers otherwise than the one that it is derived from."""

    def predict_proba(self, X: Any) -> Any:
        """The other way round."""
        return super().predict_proba(X)[:, ::-1]


REFUSED: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "derived": (Contrary, NUMBERS, "no converter for Contrary"),
    "without probabilities": (SVC, NUMBERS, "the model has no probabilities"),
    "empty text": (
        lambda: on_columns(LogisticRegression()),
        TABLE.assign(size=TABLE["size"].where(TABLE["size"] != "s", "")),
        "knows the empty text",
    ),
    "name of an output": (lambda: on_columns(LogisticRegression()), None, "cannot be named"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_converted_is_said_and_raises_nothing(name: str) -> None:
    """The report tells why."""
    make, given, told = REFUSED[name]
    if given is None:
        given = TABLE.assign(predict=NUMBERS[:, 3])
    conversion, _ = converted(make(), given, TWO, BINARY)
    assert conversion.data is None
    assert told in conversion.report.refused


def test_a_graph_that_differs_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """One threshold that is off by one place of double precision is found."""
    from leeboard.models.onnx_conversion import hist_gradient_boosting as module

    honest = module.hist_trees

    def off(estimator: Any) -> Any:
        trees = honest(estimator)
        first = next(tree for tree in trees if not tree.leaf[0])
        first.threshold[0] = np.nextafter(first.threshold[0], np.inf)
        return trees

    monkeypatch.setattr(module, "hist_trees", off)
    conversion, _ = converted(HistGradientBoostingClassifier(max_iter=3), NUMBERS, TWO, BINARY)
    assert "the model's" in conversion.report.refused.split(";")[0]


def test_a_comparison_ends_in_time() -> None:
    """What is not compared is not used."""
    predictor = ScikitLearnPredictor(LogisticRegression().fit(NUMBERS, TWO), "sklearn-skops")
    conversion = convert(predictor, rows_of(NUMBERS), BINARY, seconds=0.0)
    assert conversion.data is None
    assert "in the time there was" in conversion.report.refused


def test_too_many_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large forest is not held in memory a second time."""
    monkeypatch.setattr("leeboard.models.onnx_conversion.trees.MOST_NODES", 50)
    conversion, _ = converted(RandomForestClassifier(5, random_state=0), NUMBERS, TWO, BINARY)
    assert "at most 50 are converted" in conversion.report.refused
