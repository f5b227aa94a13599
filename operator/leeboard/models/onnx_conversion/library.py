"""Models of scikit-learn that take numbers and have no converter here: skl2onnx converts them, as a whole."""

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import skl2onnx  # type: ignore[import-untyped]
from onnx import ModelProto, helper, numpy_helper
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType  # type: ignore[import-untyped]

from leeboard.models.onnx_conversion.data import TYPES, Data, Kind, Piece
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.graph import MATRIX, Graph, metadata
from leeboard.models.onnx_conversion.refusals import Refusals, refusing
from leeboard.models.predictor import PREDICT, PREDICT_PROBA, Predictor
from leeboard.models.rows import Rows

LOG = logging.getLogger(__name__)
MOST_BYTES = 256 << 20
_PRECISIONS: tuple[Kind, ...] = ("double", "float")


def converted(predictor: Predictor, rows: Rows, refusals: Refusals) -> Iterator[bytes]:
    """The model in double precision, then in single precision; which one holds is found out by comparing.

    Raises Unconvertible where it takes texts, or is of no library that skl2onnx knows.
    """
    estimator = getattr(predictor, "estimator", None)
    if estimator is None:
        raise Unconvertible(f"a model of format {predictor.format} has no converter")
    if any(rows.column(name).dtype.kind == "O" for name in rows.names) or len(rows.names) < 2:
        raise Unconvertible("skl2onnx is asked for models that take one matrix of numbers alone")
    failed = ""
    for kind in _PRECISIONS:
        try:
            yield _one(predictor, estimator, rows, kind, refusals)
        except Unconvertible:
            raise
        except Exception as error:
            # whatever it stumbles over is a model that it does not know; the next precision may do
            LOG.info("skl2onnx: %s", type(error).__name__, exc_info=error)
            failed = type(error).__name__
    if failed:
        raise Unconvertible(f"skl2onnx cannot convert it: {failed}")


def _one(predictor: Predictor, estimator: Any, rows: Rows, kind: Kind, refusals: Refusals) -> bytes:
    given = (DoubleTensorType if kind == "double" else FloatTensorType)([None, len(rows.names)])
    options = {id(estimator): {"zipmap": False}} if predictor.classes else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = skl2onnx.convert_sklearn(estimator, initial_types=[(MATRIX, given)], options=options)
    _name_outputs(model, bool(predictor.classes))
    _refuse(model, len(rows.names), kind, refusals)
    helper.set_model_props(model, metadata(predictor.names, predictor.classes))
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    if len(data) > MOST_BYTES:
        raise Unconvertible(f"as ONNX it has {len(data)} bytes; at most {MOST_BYTES} are used")
    return data


def _refuse(model: ModelProto, width: int, kind: Kind, refusals: Refusals) -> None:
    """Let the model have its matrix by way of a check, which ends the run for rows that the source refuses."""
    graph = Graph()
    zero = refusing(graph, Data(graph, (Piece(MATRIX, kind, width),)), refusals)
    if zero is None:
        return
    checked = graph.op("Add", MATRIX, graph.cast(zero, TYPES[kind]))
    for node in model.graph.node:
        node.input[:] = [checked if name == MATRIX else name for name in node.input]
    graph.put_before(model.graph)


def _name_outputs(model: ModelProto, classifier: bool) -> None:
    """The first output is the label or the value, the second has the probabilities."""
    names = (PREDICT, PREDICT_PROBA) if classifier else (PREDICT,)
    kept = list(model.graph.output)[: len(names)]
    if len(kept) < len(names):
        raise Unconvertible("skl2onnx gives no probabilities for it")
    del model.graph.output[:]
    for one, name in zip(kept, names, strict=True):
        source = one.name
        if name == PREDICT and not classifier:
            shape = numpy_helper.from_array(np.array([-1], dtype=np.int64), "leeboard/shape")
            model.graph.initializer.append(shape)
            model.graph.node.append(helper.make_node("Reshape", [source, shape.name], [name]))
            kind = one.type.tensor_type.elem_type
            model.graph.output.append(helper.make_tensor_value_info(name, kind, [None]))
        else:
            model.graph.node.append(helper.make_node("Identity", [source], [name]))
            one.name = name
            model.graph.output.append(one)
