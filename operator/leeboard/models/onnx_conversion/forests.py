"""Trees, forests and gradient boosting of scikit-learn: numbers in single precision, thresholds in double."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.onnx_conversion.data import TYPES, Data
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures, binary, logistic, softmax
from leeboard.models.onnx_conversion.graph import Graph
from leeboard.models.onnx_conversion.trees import Tree, constant_tree, tree_ensemble


def single_precision(data: Data) -> str:
    """The matrix rounded to single precision and back: what these estimators compare with their thresholds.

    They refuse what it does not hold, also where a scaler before them made it so large.
    """
    graph, single = data.graph, data.numbers("float")
    graph.refuse(single, graph.op("IsInf", single))
    return graph.cast(single, TYPES["double"])


def tree_of(grown: Any, column: int, factor: float, target: int, *, missing: bool) -> Tree:
    """One tree of scikit-learn's, whose leaves give `factor` times one column of their values.

    `missing` is whether its estimator takes NaN.
    """
    nodes = grown.__getstate__()["nodes"]
    leaf = nodes["left_child"] < 0
    here = np.arange(len(leaf))
    return Tree(
        leaf=leaf,
        feature=np.where(leaf, 0, nodes["feature"]).astype(np.int64),
        threshold=nodes["threshold"].astype(np.float64),
        yes=np.where(leaf, here, nodes["left_child"]).astype(np.int64),
        no=np.where(leaf, here, nodes["right_child"]).astype(np.int64),
        missing_yes=nodes["missing_go_to_left"].astype(np.bool_) & missing,
        value=grown.value[:, 0, column] * factor,
        target=target,
    )


def forest_trees(estimator: Any) -> tuple[list[Tree], int]:
    """The trees of a decision tree or forest, and how many figures they add up to. Raises Unconvertible."""
    grown = [one.tree_ for one in getattr(estimator, "estimators_", None) or [estimator]]
    if estimator.n_outputs_ != 1:
        raise Unconvertible(f"it predicts {estimator.n_outputs_} targets at once")
    share = 1.0 / len(grown)
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return [tree_of(one, 0, share, 0, missing=True) for one in grown], 1
    # the operator's leaves add to one figure: with more than two classes every tree is there once for each of them
    columns = [1] if len(classes) == 2 else list(range(len(classes)))
    trees = [
        tree_of(one, column, share, target, missing=True) for target, column in enumerate(columns) for one in grown
    ]
    return trees, len(columns)


def forest(graph: Graph, estimator: Any, data: Data) -> Figures:
    """DecisionTree, RandomForest and ExtraTrees: the mean of the leaves."""
    trees, targets = forest_trees(estimator)
    figures = tree_ensemble(graph, single_precision(data), trees, targets)
    if getattr(estimator, "classes_", None) is None:
        return Figures(values=figures)
    if targets == 1:
        centred = graph.op("Sub", figures, graph.number(0.5))
        return binary(graph, centred, figures)
    return Figures(decision=figures, probabilities=figures, classes=targets)


def boosted_trees(estimator: Any) -> list[Tree]:
    """The trees of GradientBoosting, with what it begins from. Raises Unconvertible."""
    stages = estimator.estimators_
    begin = _beginning(estimator, stages.shape[1])
    trees = [constant_tree(value, target, np.float64) for target, value in enumerate(begin)]
    rate = float(estimator.learning_rate)
    # scikit-learn refuses NaN for these, and its trees hold a direction for it all the same
    return trees + [
        tree_of(one.tree_, 0, rate, target, missing=False) for stage in stages for target, one in enumerate(stage)
    ]


def gradient_boosting(graph: Graph, estimator: Any, data: Data) -> Figures:
    """GradientBoosting: the sum of the leaves, and the loss's link."""
    targets = estimator.estimators_.shape[1]
    raw = tree_ensemble(graph, single_precision(data), boosted_trees(estimator), targets)
    if getattr(estimator, "classes_", None) is None:
        return Figures(values=raw)
    if targets > 1:
        return softmax(graph, raw, targets)
    if estimator.loss == "exponential":
        return binary(graph, raw, graph.op("Sigmoid", graph.op("Mul", raw, graph.number(2.0))))
    return logistic(graph, raw)


def _beginning(estimator: Any, targets: int) -> NDArray[np.float64]:
    first = estimator.init_
    if not isinstance(first, str) and type(first).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise Unconvertible(f"its boosting begins with a {type(first).__name__}")
    some = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
    raw: NDArray[np.float64] = np.asarray(estimator._raw_predict_init(some), dtype=np.float64).reshape(targets)
    return raw
