"""Which numbers a model refuses, found out by asking it; the graph refuses the same ones.

scikit-learn raises an error where ONNX would answer with anything. A graph cannot raise errors, but an index beyond the
end of a constant ends a run, as an error of the model would.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from leeboard.models.failures import ModelError
from leeboard.models.onnx_conversion.data import Data
from leeboard.models.onnx_conversion.graph import Graph
from leeboard.models.predictor import Predictor
from leeboard.models.rows import Column, Rows

TOO_LARGE = 1e39
"""More than single precision holds."""


@dataclass(frozen=True)
class Refusals:
    """Places of the inputs in which NaN, infinity, or what single precision does not hold, is refused."""

    missing: tuple[int, ...] = ()
    infinite: tuple[int, ...] = ()
    large: tuple[int, ...] = ()


def refusals_of(predictor: Predictor, row: Rows, outputs: Sequence[str]) -> Refusals:
    """Ask about one row that it answers, with one value after another made a number of these."""
    return Refusals(
        _refused(predictor, row, outputs, np.nan),
        _refused(predictor, row, outputs, np.inf),
        _refused(predictor, row, outputs, TOO_LARGE),
    )


def with_value(rows: Rows, places: Sequence[int], value: float) -> Rows:
    """The rows with a number in some inputs."""
    if rows.matrix is not None:
        matrix = rows.matrix.astype(np.float64)
        matrix[:, list(places)] = value
        return Rows(rows.names, matrix)
    columns: dict[str, Column] = {name: rows.column(name) for name in rows.names}
    for place in places:
        columns[rows.names[place]] = np.full(rows.count, value)
    return Rows(rows.names, columns=columns)


def numeric_places(rows: Rows) -> tuple[int, ...]:
    """The inputs that hold numbers."""
    return tuple(place for place, name in enumerate(rows.names) if rows.column(name).dtype.kind in "biuf")


def answers(predictor: Predictor, rows: Rows, outputs: Sequence[str]) -> bool:
    """Whether it answers at all."""
    try:
        predictor.run(rows, outputs)
    except ModelError:
        return False
    return True


def _refused(predictor: Predictor, row: Rows, outputs: Sequence[str], value: float) -> tuple[int, ...]:
    places = numeric_places(row)
    if not places or answers(predictor, with_value(row, places, value), outputs):
        return ()
    return tuple(place for place in places if not answers(predictor, with_value(row, [place], value), outputs))


def refusing(graph: Graph, data: Data, refusals: Refusals) -> str | None:
    """A zero of shape (rows, 1), type int64, which cannot be computed for rows that are refused; None for no check."""
    found = list(graph.refused)
    if refusals.missing and refusals.missing == refusals.infinite:
        # nothing times zero is nothing, save for what is no finite number
        kind = TensorProto.FLOAT if refusals.large == refusals.missing else TensorProto.DOUBLE
        chosen = data.select(refusals.missing).numbers("float" if kind == TensorProto.FLOAT else "double")
        zero = graph.constant(np.zeros(1, np.float32 if kind == TensorProto.FLOAT else np.float64))
        axis = graph.constant(np.array([1], dtype=np.int64))
        found.append(graph.op("IsNaN", graph.op("ReduceSum", graph.op("Mul", chosen, zero), axis, keepdims=1)))
        if refusals.large and refusals.large != refusals.missing:
            found.append(graph.op("IsInf", data.select(refusals.large).numbers("float")))
    else:
        if refusals.missing:
            found.append(graph.op("IsNaN", data.select(refusals.missing).numbers()))
        if refusals.infinite and not set(refusals.infinite) <= set(refusals.large):
            found.append(graph.op("IsInf", data.select(refusals.infinite).numbers()))
        if refusals.large:
            found.append(graph.op("IsInf", data.select(refusals.large).numbers("float")))
    if not found:
        return None
    flags = [graph.cast(one, int(TensorProto.INT64)) for one in found]
    axis = graph.constant(np.array([1], dtype=np.int64))
    refused = graph.op("ReduceMax", graph.joined(flags), axis, keepdims=1)
    return graph.op("Gather", graph.constant(np.zeros(1, dtype=np.int64)), refused)
