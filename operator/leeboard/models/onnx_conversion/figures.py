"""What an estimator answers, as tensors: values, or what tells classes from each other."""

from dataclasses import dataclass

import numpy as np

from leeboard.models.onnx_conversion.data import Kind
from leeboard.models.onnx_conversion.graph import Graph


@dataclass(frozen=True)
class Figures:
    """Tensors of an answer: of a classifier `decision`, `probabilities` or both, of a regression `values`.

    `decision`: of shape (rows, 1), above zero for the second of two classes, or (rows, classes), the largest for the
    class. `probabilities`: of shape (rows, classes). `values`: of shape (rows, 1).
    """

    values: str | None = None
    decision: str | None = None
    probabilities: str | None = None
    classes: int = 0
    kind: Kind = "double"


def binary(graph: Graph, decision: str, positive: str, kind: Kind = "double") -> Figures:
    """Two classes, from the decision and the probability of the second, each of shape (rows, 1)."""
    one = graph.number(1.0, np.float64 if kind == "double" else np.float32)
    both = graph.joined([graph.op("Sub", one, positive), positive])
    return Figures(decision=decision, probabilities=both, classes=2, kind=kind)


def logistic(graph: Graph, decision: str, kind: Kind = "double") -> Figures:
    """Two classes, from the logarithm of the odds of the second, of shape (rows, 1)."""
    return binary(graph, decision, graph.op("Sigmoid", decision), kind)


def softmax(graph: Graph, decision: str, classes: int, kind: Kind = "double") -> Figures:
    """As many classes, from figures of shape (rows, classes)."""
    probabilities = graph.op("Softmax", decision, axis=1)
    return Figures(decision=decision, probabilities=probabilities, classes=classes, kind=kind)


def normalised(graph: Graph, decision: str | None, shares: str, classes: int, kind: Kind = "double") -> Figures:
    """As many classes, from what is in proportion to their probabilities; equal ones where all are zero."""
    dtype = np.float64 if kind == "double" else np.float32
    total = graph.op("ReduceSum", shares, graph.constant(np.array([1], dtype=np.int64)), keepdims=1)
    nothing = graph.op("Equal", total, graph.number(0.0, dtype))
    divided = graph.op("Div", shares, graph.op("Where", nothing, graph.number(1.0, dtype), total))
    probabilities = graph.op("Where", nothing, graph.number(1.0 / classes, dtype), divided)
    return Figures(decision=decision, probabilities=probabilities, classes=classes, kind=kind)
