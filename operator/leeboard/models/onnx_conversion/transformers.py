"""Scalers and imputers of scikit-learn."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto

from leeboard.models.onnx_conversion.data import Data, Piece, beside, of_tensor
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.graph import Graph


def standard_scaler(graph: Graph, scaler: Any, data: Data) -> Data:
    """Less the mean, by the deviation, where it was told to."""
    return _centred(graph, data, scaler.mean_ if scaler.with_mean else None, scaler.scale_ if scaler.with_std else None)


def robust_scaler(graph: Graph, scaler: Any, data: Data) -> Data:
    """Less the median, by the range between quantiles."""
    return _centred(
        graph,
        data,
        scaler.center_ if scaler.with_centering else None,
        scaler.scale_ if scaler.with_scaling else None,
    )


def max_abs_scaler(graph: Graph, scaler: Any, data: Data) -> Data:
    """By the largest value. Raises Unconvertible where it clips."""
    if getattr(scaler, "clip", False):
        raise Unconvertible("a MaxAbsScaler that clips")
    return _centred(graph, data, None, scaler.scale_)


def min_max_scaler(graph: Graph, scaler: Any, data: Data) -> Data:
    """Into a range, and cut there where it was told to."""
    scaled = graph.op("Mul", data.numbers(), graph.constant(np.asarray(scaler.scale_, dtype=np.float64)))
    scaled = graph.op("Add", scaled, graph.constant(np.asarray(scaler.min_, dtype=np.float64)))
    if scaler.clip:
        low, high = (graph.constant(np.array(float(end))) for end in scaler.feature_range)
        scaled = graph.op("Clip", scaled, low, high)
    return of_tensor(graph, scaled, data.width)


def _centred(graph: Graph, data: Data, centre: Any, scale: Any) -> Data:
    tensor = data.numbers()
    if centre is not None:
        tensor = graph.op("Sub", tensor, graph.constant(np.asarray(centre, dtype=np.float64)))
    if scale is not None:
        tensor = graph.op("Div", tensor, graph.constant(np.asarray(scale, dtype=np.float64)))
    return of_tensor(graph, tensor, data.width)


def simple_imputer(graph: Graph, imputer: Any, data: Data) -> Data:
    """A value for what is missing, and where it was told to, columns that say where something was."""
    if all(kind == "text" for kind in data.kinds):
        return _texts(graph, imputer, data)
    filled = np.asarray(imputer.statistics_, dtype=np.float64)
    kept = np.flatnonzero(~np.isnan(filled))
    if len(kept) < len(filled) and imputer.keep_empty_features:
        raise Unconvertible("an imputer keeps columns that were always missing")
    matrix = data.numbers()
    missing = _missing(graph, matrix, imputer.missing_values)
    value = graph.op("Where", missing, graph.constant(np.nan_to_num(filled).reshape(1, -1)), matrix)
    parts = [value if len(kept) == len(filled) else graph.columns(value, kept.tolist())]
    width = len(kept)
    if imputer.add_indicator:
        told = [int(one) for one in imputer.indicator_.features_]
        width += len(told)
        if told:
            parts.append(graph.cast(graph.columns(missing, told), int(TensorProto.DOUBLE)))
    return of_tensor(graph, graph.joined(parts), width)


def _missing(graph: Graph, matrix: str, value: Any) -> str:
    if isinstance(value, float) and np.isnan(value):
        return graph.op("IsNaN", matrix)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return graph.op("Equal", matrix, graph.number(float(value)))
    raise Unconvertible(f"an imputer of numbers takes {type(value).__name__} for missing")


def _texts(graph: Graph, imputer: Any, data: Data) -> Data:
    """The imputer is asked what it makes of None, as requests have it: not all of them take it for missing."""
    if imputer.add_indicator:
        raise Unconvertible("an imputer of texts adds columns that say where one was missing")
    answers = _asked(imputer, data.width)
    parts = []
    for place, answer in enumerate(answers):
        piece = data.select([place]).pieces[0]
        if answer is not None and not isinstance(answer, str):
            raise Unconvertible("an imputer of texts fills in what is none")
        if answer:
            empty = graph.op("Equal", piece.tensor, graph.constant(np.array([""], dtype=object)))
            filled = graph.op("Where", empty, graph.constant(np.array([answer], dtype=object)), piece.tensor)
            piece = Piece(filled, "text", 1)
        parts.append(Data(graph, (piece,)))
    return beside(graph, parts)


def _asked(imputer: Any, width: int) -> NDArray[Any]:
    names = list(getattr(imputer, "feature_names_in_", range(width)))
    nothing = pd.DataFrame([[None] * width], columns=names, dtype=object)
    given = nothing if hasattr(imputer, "feature_names_in_") else nothing.to_numpy()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: NDArray[Any] = np.asarray(imputer.transform(given), dtype=object)
    except (ValueError, TypeError) as error:
        raise Unconvertible("an imputer of texts refuses missing ones") from error
    if found.shape != (1, width):
        raise Unconvertible("an imputer of texts leaves columns out")
    first: NDArray[Any] = found[0]
    return first
