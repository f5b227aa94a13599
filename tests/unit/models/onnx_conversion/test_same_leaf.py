"""Trees of any shape and rows of any kind: the graph ends in the very leaf."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor

from leeboard.models import Rows
from leeboard.models.failures import ModelError
from leeboard.models.onnx_conversion.refusals import Refusals
from leeboard.models.onnx_conversion.writing import written
from leeboard.models.onnx_session import load
from leeboard.models.scikit_learn import ScikitLearnPredictor

NAMES = ("a", "b", "c")
ANY = st.one_of(st.floats(width=32, allow_infinity=False), st.floats(-4, 4), st.integers(-3, 3).map(float))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    depth=st.integers(1, 8),
    asked=arrays(np.float64, (40, 3), elements=ANY),
    histogram=st.booleans(),
)
def test_every_row_ends_in_the_leaf_of_its_source(
    tmp_path_factory: object, seed: int, depth: int, asked: np.ndarray, histogram: bool
) -> None:
    """A leaf's value is its own: one tree gives exactly what its source gives, missing values too."""
    generator = np.random.default_rng(seed)
    fitted = np.round(generator.normal(size=(80, 3)), int(generator.integers(0, 4)))
    fitted[generator.random(fitted.shape) < 0.1] = np.nan
    values = generator.normal(size=80)
    estimator = (
        HistGradientBoostingRegressor(max_iter=1, max_depth=depth, min_samples_leaf=1, learning_rate=1.0)
        if histogram
        else DecisionTreeRegressor(max_depth=depth, random_state=0)
    )
    predictor = ScikitLearnPredictor(estimator.fit(fitted, values), "sklearn-skops")
    folder = tmp_path_factory.mktemp("graph")  # type: ignore[attr-defined]
    (folder / "model.onnx").write_bytes(written(predictor, Rows(NAMES, asked), Refusals()).data)
    graph = load(folder / "model.onnx", "onnx", 1)
    try:
        expected = predictor.run(Rows(NAMES, asked), ("predict",))["predict"]
    except ModelError:
        return  # more than single precision holds
    np.testing.assert_array_equal(graph.run(Rows(NAMES, asked), ("predict",))["predict"], expected)
