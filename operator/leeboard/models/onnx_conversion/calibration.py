"""CalibratedClassifierCV: the mean of several classifiers, the probabilities of each put right."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto

from leeboard.models.onnx_conversion.data import Data
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures, binary, normalised
from leeboard.models.onnx_conversion.graph import Graph


def calibrated(graph: Graph, estimator: Any, data: Data, answered: Callable[[Graph, Any, Data], Figures]) -> Figures:
    """Its probabilities. Raises Unconvertible for methods other than sigmoid and isotonic."""
    parts = [_one(graph, one, data, answered) for one in estimator.calibrated_classifiers_]
    classes = len(estimator.classes_)
    total = parts[0]
    for part in parts[1:]:
        total = graph.op("Add", total, part)
    mean = graph.op("Div", total, graph.number(float(len(parts))))
    return Figures(probabilities=mean, classes=classes)


def _one(graph: Graph, one: Any, data: Data, answered: Callable[[Graph, Any, Data], Figures]) -> str:
    if one.method not in ("sigmoid", "isotonic"):
        raise Unconvertible(f"probabilities are calibrated by {one.method}")
    classes = len(one.classes)
    if list(one.estimator.classes_) != list(one.classes):
        raise Unconvertible("a calibrated classifier saw other classes than the others")
    decision = _decision(graph, one.estimator, answered(graph, one.estimator, data), classes)
    if classes == 2:
        probabilities = binary(graph, decision, _corrected(graph, one.calibrators[0], decision)).probabilities
        return _at_most_one(graph, str(probabilities))
    columns = [graph.columns(decision, [place]) for place in range(classes)]
    shares = [_corrected(graph, one, column) for one, column in zip(one.calibrators, columns, strict=True)]
    return _at_most_one(graph, str(normalised(graph, None, graph.joined(shares), classes).probabilities))


def _decision(graph: Graph, estimator: Any, figures: Figures, classes: int) -> str:
    """What the calibrators were fitted on: the decision of estimators that have one, else probabilities."""
    if hasattr(estimator, "decision_function"):
        if figures.decision is None:
            raise Unconvertible("a calibrated classifier decides by what has no converter")
        return _double(graph, figures.decision, figures)
    if figures.probabilities is None:
        raise Unconvertible("a calibrated classifier has no probabilities")
    both = _double(graph, figures.probabilities, figures)
    return graph.columns(both, [1]) if classes == 2 else both


def _double(graph: Graph, tensor: str, figures: Figures) -> str:
    return tensor if figures.kind == "double" else graph.cast(tensor, int(TensorProto.DOUBLE))


def _corrected(graph: Graph, calibrator: Any, decision: str) -> str:
    if type(calibrator).__name__ == "_SigmoidCalibration":
        line = graph.op("Mul", decision, graph.number(float(calibrator.a_)))
        line = graph.op("Add", line, graph.number(float(calibrator.b_)))
        return graph.op("Sigmoid", graph.op("Neg", line))
    if type(calibrator).__name__ == "IsotonicRegression":
        return _interpolated(graph, calibrator, decision)
    raise Unconvertible(f"probabilities are calibrated by a {type(calibrator).__name__}")


def _interpolated(graph: Graph, isotonic: Any, decision: str) -> str:
    """Between the two points of the fitted line that a decision lies between; at its ends beyond them."""
    if isotonic.out_of_bounds != "clip":
        raise Unconvertible(f"an isotonic calibration that does not clip but {isotonic.out_of_bounds}")
    places = np.asarray(isotonic.X_thresholds_, dtype=np.float64)
    values = np.asarray(isotonic.y_thresholds_, dtype=np.float64)
    if len(places) == 1:
        zero = graph.op("Mul", decision, graph.number(0.0))
        return graph.op("Add", zero, graph.number(float(values[0])))
    ends = (graph.constant(np.array(places[0])), graph.constant(np.array(places[-1])))
    inside = graph.op("Clip", decision, *ends)
    passed = graph.op("GreaterOrEqual", inside, graph.constant(places[1:-1].reshape(1, -1)))
    axis = graph.constant(np.array([1], dtype=np.int64))
    segment = graph.op("ReduceSum", graph.cast(passed, int(TensorProto.INT64)), axis, keepdims=1)
    slope = graph.op("Gather", graph.constant(np.diff(values) / np.diff(places)), segment)
    begin = graph.op("Gather", graph.constant(places[:-1]), segment)
    low = graph.op("Gather", graph.constant(values[:-1]), segment)
    return graph.op("Add", low, graph.op("Mul", slope, graph.op("Sub", inside, begin)))


def _at_most_one(graph: Graph, probabilities: str) -> str:
    return graph.op("Min", probabilities, graph.number(1.0))
