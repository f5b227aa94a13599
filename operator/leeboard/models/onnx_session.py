"""An ONNX graph as a predictor, by onnxruntime on the processor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError, cannot_score, no_output
from leeboard.models.onnx_graph import Inspected, inspected
from leeboard.models.onnx_outputs import Roles, roles_of
from leeboard.models.predictor import PREDICT_PROBA
from leeboard.models.rows import Column, Rows

_TYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(double)": np.dtype(np.float64),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(bool)": np.dtype(np.bool_),
    "tensor(string)": np.dtype(object),
}
_BINARY = ("0", "1")
_SILENT = 4
"""onnxruntime's severity of fatal errors alone: what it says of a model names parts that may be secret."""


def load(path: Path, format: str, threads: int) -> "OnnxPredictor":
    """The graph in a file. Raises ModelError as `inspected`, and ModelLoadFailed where onnxruntime does not take it."""
    graph = inspected(path)
    try:
        session = onnxruntime.InferenceSession(graph.data, _options(threads), providers=["CPUExecutionProvider"])
    except Exception as error:
        # the file is a user's: it may stumble over anything
        text = f"{path.name} cannot be loaded: {type(error).__name__}"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text) from error
    return OnnxPredictor(session, graph, format)


def _options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # a thread that spins while it waits takes the processor's time from every other container
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = _SILENT
    return options


class OnnxPredictor:
    """A graph that takes one matrix, or one column for each input."""

    def __init__(self, session: Any, graph: Inspected, format: str) -> None:
        """Raises ModelError (ModelLoadFailed) where its inputs are neither."""
        self.format = format
        self._session = session
        self._inputs = [(one.name, _type(one)) for one in session.get_inputs()]
        self.width, by_column = _shape(session.get_inputs())
        self.names = tuple(name for name, _ in self._inputs) if by_column else graph.inputs
        self._matrix = None if by_column else self._inputs[0]
        own = {tensor: name for name, tensor in graph.renamed.items()}
        answers = [one for one in session.get_outputs() if one.type in _TYPES]
        self._tensors = {own.get(one.name, one.name): one.name for one in answers}
        self._roles: Roles = roles_of([(own.get(one.name, one.name), one.type, one.shape) for one in answers])
        self.outputs = tuple(self._tensors)
        self.classes = graph.classes or _BINARY if self._roles.two else graph.classes

    def run(self, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """See Predictor. An output that is `predict` or `predict_proba` by what it is also has that name."""
        tensors = [self._tensor(name) for name in outputs]
        given = self._given(rows)
        try:
            answers = self._session.run(tensors, given)
        except Exception as error:
            # the graph is a user's: it may fail in any way
            raise cannot_score(error) from error
        found = dict(zip(outputs, answers, strict=True))
        for name, answer in found.items():
            if not isinstance(answer, np.ndarray) or answer.ndim == 0 or len(answer) != rows.count:
                raise ModelError(Reason.EVALUATION_FAILED, f"{rows.count} rows gave another number of {name}")
        if self._roles.single and PREDICT_PROBA in found:
            found[PREDICT_PROBA] = _of_both(found[PREDICT_PROBA])
        return found

    def _tensor(self, name: str) -> str:
        tensor: str | None = self._tensors.get(name) or self._tensors.get(self._roles.named.get(name, ""))
        if tensor is None:
            raise no_output(name, self.outputs)
        return tensor

    def _given(self, rows: Rows) -> dict[str, NDArray[Any]]:
        if self.names is not None:
            rows = rows.select(self.names)
        if self._matrix is None:
            return {name: _column(rows.column(name), name, dtype) for name, dtype in self._inputs}
        if self.width is not None and len(rows.names) != self.width:
            raise ModelError(Reason.BAD_DATA, f"the model takes {self.width} inputs, and {len(rows.names)} came")
        name, dtype = self._matrix
        return {name: rows.as_matrix(dtype)}


def _column(values: Column, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """One input of shape (rows, 1). ONNX has no missing text: None is the empty one."""
    if dtype.kind == "O":
        if values.dtype.kind != "O":
            raise ModelError(Reason.BAD_DATA, f"the model takes texts, and {name} holds numbers")
        texts: NDArray[Any] = np.array(["" if value is None else str(value) for value in values], dtype=object)
        return texts.reshape(-1, 1)
    try:
        return np.ascontiguousarray(values, dtype).reshape(-1, 1)
    except (TypeError, ValueError) as error:
        raise ModelError(Reason.BAD_DATA, f"the model takes numbers, and {name} holds what is none") from error


def _type(one: Any) -> np.dtype[Any]:
    if one.type not in _TYPES:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"the graph's input {one.name[:100]!r} is a {one.type}")
    return _TYPES[one.type]


def _shape(inputs: Sequence[Any]) -> tuple[int | None, bool]:
    """How many inputs there are, and whether each is a tensor of its own."""
    if not inputs:
        raise ModelError(Reason.MODEL_LOAD_FAILED, "the graph takes no inputs")
    for one in inputs:
        if isinstance(one.shape[0] if one.shape else None, int):
            text = f"the graph takes {one.shape[0]} rows at a time: export it with a first dimension that may vary"
            raise ModelError(Reason.MODEL_LOAD_FAILED, text)
    if len(inputs) == 1 and len(inputs[0].shape) == 2 and inputs[0].shape[1] != 1:
        width = inputs[0].shape[1]
        return (width if isinstance(width, int) else None), False
    for one in inputs:
        if len(one.shape) != 2 or one.shape[1] != 1:
            text = f"the graph takes {one.name[:100]!r} of shape {one.shape}; one matrix or columns [-1, 1] are served"
            raise ModelError(Reason.MODEL_LOAD_FAILED, text)
    return len(inputs), True


def _of_both(positive: NDArray[Any]) -> NDArray[Any]:
    """Columns for classes 0 and 1 from the probability of 1."""
    single = positive.reshape(len(positive))
    if not ((single >= 0) & (single <= 1)).all():
        raise ModelError(Reason.EVALUATION_FAILED, "the model gave values outside 0 to 1: they are no probabilities")
    return np.column_stack((1 - single, single))
