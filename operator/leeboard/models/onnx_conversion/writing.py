"""A model as an ONNX graph of our own writing: its inputs, its answers under the names of every predictor."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, ValueInfoProto, helper

from leeboard.models.onnx_conversion.composition import answered
from leeboard.models.onnx_conversion.data import TYPES, Data, Kind, Piece
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures
from leeboard.models.onnx_conversion.graph import MATRIX, OWN, Graph
from leeboard.models.onnx_conversion.refusals import Refusals, refusing
from leeboard.models.predictor import PREDICT, PREDICT_PROBA, Predictor
from leeboard.models.rows import Rows


@dataclass(frozen=True)
class Written:
    """An ONNX model as bytes, and what its inputs are compared with, by their place."""

    data: bytes
    thresholds: dict[int, NDArray[np.float64]]


def written(predictor: Predictor, rows: Rows, refusals: Refusals) -> Written:
    """The model as a graph; `rows` show its inputs. Raises Unconvertible."""
    graph = Graph()
    single = type(predictor).__name__ == "XGBoostPredictor"
    inputs, data = _inputs(graph, rows, "float" if single else "double")
    figures = _figures(graph, predictor, data)
    zero = refusing(graph, data, refusals)
    outputs: dict[str, tuple[str, int, list[int | None]]] = {}
    if figures.classes:
        outputs[PREDICT] = _labels(graph, predictor, figures, zero)
        if figures.probabilities is not None:
            checked = _checked(graph, figures.probabilities, figures.kind, zero)
            outputs[PREDICT_PROBA] = (checked, TYPES[figures.kind], [None, figures.classes])
    else:
        values = _checked(graph, str(figures.values), figures.kind, zero)
        outputs[PREDICT] = (graph.reshape(values, -1), TYPES[figures.kind], [None])
    model = graph.model(inputs, outputs, predictor.names if len(inputs) == 1 else None, predictor.classes)
    return Written(model.SerializeToString(), graph.thresholds)


def _inputs(graph: Graph, rows: Rows, kind: Kind) -> tuple[list[ValueInfoProto], Data]:
    """One matrix where there are numbers alone, and more than one; else a column each."""
    texts = [rows.column(name).dtype.kind == "O" for name in rows.names]
    if not any(texts) and len(texts) > 1:
        told = helper.make_tensor_value_info(MATRIX, TYPES[kind], [None, len(texts)])
        return [told], Data(graph, (Piece(MATRIX, kind, len(texts)),))
    kinds: list[Kind] = ["text" if is_text else kind for is_text in texts]
    taken = [name for name in rows.names if not name or name.startswith(OWN) or name in (PREDICT, PREDICT_PROBA)]
    if taken:
        raise Unconvertible(f"an input cannot be named {taken[0]!r} in a graph")
    pieces = tuple(Piece(name, one, 1) for name, one in zip(rows.names, kinds, strict=True))
    return [helper.make_tensor_value_info(one.tensor, TYPES[one.kind], [None, 1]) for one in pieces], Data(
        graph, pieces
    )


def _figures(graph: Graph, predictor: Predictor, data: Data) -> Figures:
    match predictor.format:
        case "xgboost":
            from leeboard.models.onnx_conversion import xgboost_trees  # noqa: PLC0415

            model: Any = predictor
            return xgboost_trees.of_booster(graph, model.booster, model.rounds[1], data)
        case "lightgbm":
            from leeboard.models.onnx_conversion import lightgbm_trees  # noqa: PLC0415

            model = predictor
            return lightgbm_trees.of_booster(graph, model.booster, model.codes, data)
        case _:
            estimator = getattr(predictor, "estimator", None)
            if estimator is None:
                raise Unconvertible(f"a model of format {predictor.format} has no converter")
            return answered(graph, estimator, data)


def _labels(
    graph: Graph, predictor: Predictor, figures: Figures, zero: str | None
) -> tuple[str, int, list[int | None]]:
    classes, kind = _classes(predictor)
    if len(classes) != figures.classes:
        raise Unconvertible(f"it has {len(classes)} classes and answers for {figures.classes}")
    if figures.decision is not None and figures.classes == 2:
        above = graph.op(
            "Greater", figures.decision, graph.number(0.0, np.float64 if figures.kind == "double" else np.float32)
        )
        place = graph.reshape(graph.cast(above, int(TensorProto.INT64)), -1)
    else:
        place = graph.op("ArgMax", figures.decision or str(figures.probabilities), axis=1, keepdims=0)
    if zero is not None:
        place = graph.op("Add", place, graph.reshape(zero, -1))
    return graph.op("Gather", graph.constant(classes), place), kind, [None]


def _classes(predictor: Predictor) -> tuple[NDArray[Any], int]:
    """The classes as the model answers with them, and their type."""
    given = getattr(getattr(predictor, "estimator", None), "classes_", None)
    if given is None:
        return np.arange(len(predictor.classes), dtype=np.int64), int(TensorProto.INT64)
    classes = np.asarray(given)
    if classes.dtype.kind in "iu":
        return classes.astype(np.int64), int(TensorProto.INT64)
    if classes.dtype.kind == "b":
        return classes, int(TensorProto.BOOL)
    if classes.dtype.kind == "f":
        return classes.astype(np.float64), int(TensorProto.DOUBLE)
    if all(isinstance(one, str) for one in classes):
        return np.array([str(one) for one in classes], dtype=object), int(TensorProto.STRING)
    raise Unconvertible("its classes are neither numbers, truths nor texts")


def _checked(graph: Graph, tensor: str, kind: Kind, zero: str | None) -> str:
    return tensor if zero is None else graph.op("Add", tensor, graph.cast(zero, TYPES[kind]))
