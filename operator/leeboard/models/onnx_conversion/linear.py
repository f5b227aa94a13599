"""Linear models of scikit-learn: one product of matrices, and a link."""

from typing import Any

import numpy as np

from leeboard.models.onnx_conversion.data import Data
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures, binary, logistic, normalised, softmax
from leeboard.models.onnx_conversion.graph import Graph


def product(graph: Graph, estimator: Any, data: Data) -> tuple[str, int]:
    """The decision of shape (rows, targets), and how many targets there are."""
    weights = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    offsets = np.broadcast_to(np.asarray(estimator.intercept_, dtype=np.float64), weights.shape[0])
    times = graph.op("MatMul", data.numbers(), graph.constant(np.ascontiguousarray(weights.T)))
    return graph.op("Add", times, graph.constant(np.ascontiguousarray(offsets))), weights.shape[0]


def linear_regression(graph: Graph, estimator: Any, data: Data) -> Figures:
    """Every regression whose prediction is the product itself."""
    values, targets = product(graph, estimator, data)
    if targets != 1:
        raise Unconvertible(f"it predicts {targets} targets at once")
    return Figures(values=values)


def generalised_linear(graph: Graph, estimator: Any, data: Data) -> Figures:
    """Poisson, gamma and Tweedie regression: the product under a link."""
    figures = linear_regression(graph, estimator, data)
    link = type(estimator._base_loss.link).__name__
    if link == "LogLink":
        return Figures(values=graph.op("Exp", str(figures.values)))
    if link == "IdentityLink":
        return figures
    raise Unconvertible(f"its loss has the link {link}")


def logistic_regression(graph: Graph, estimator: Any, data: Data) -> Figures:
    """One decision for two classes, one for each of more."""
    decision, targets = product(graph, estimator, data)
    return logistic(graph, decision) if targets == 1 else softmax(graph, decision, targets)


def stochastic_gradient(graph: Graph, estimator: Any, data: Data) -> Figures:
    """SGDClassifier: probabilities of one class against the others, by its loss; without them for other losses."""
    decision, targets = product(graph, estimator, data)
    if estimator.loss == "log_loss":
        share = graph.op("Sigmoid", decision)
    elif estimator.loss == "modified_huber":
        clipped = graph.op("Clip", decision, graph.constant(np.array(-1.0)), graph.constant(np.array(1.0)))
        share = graph.op("Div", graph.op("Add", clipped, graph.number(1.0)), graph.number(2.0))
    else:
        return Figures(decision=decision, classes=max(targets, 2))
    return binary(graph, decision, share) if targets == 1 else normalised(graph, decision, share, targets)


def decision_only(graph: Graph, estimator: Any, data: Data) -> Figures:
    """RidgeClassifier, LinearSVC, Perceptron: labels without probabilities."""
    decision, targets = product(graph, estimator, data)
    return Figures(decision=decision, classes=max(targets, 2))
