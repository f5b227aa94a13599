"""A graph of ONNX operators while it is written."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from leeboard.models.onnx_graph import CLASSES, INPUTS

OPSET, ML_OPSET, IR_VERSION = 22, 5, 10
"""Operators and format that every onnxruntime since 1.20 runs; trees in double precision are in ai.onnx.ml 5."""
ML = "ai.onnx.ml"
OWN = "leeboard/"
"""What the names of results begin with, so that none is that of an input."""
MATRIX = "inputs"
"""Name of the input of a graph that takes all numbers as one matrix."""


class Graph:
    """Nodes and constants, each result under a name of its own."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._as_given = {MATRIX}
        self.refused: list[str] = []
        """Tensors of truths of shape (rows, any), true where the model refuses a row for what a step made of it."""
        self.thresholds: dict[int, NDArray[np.float64]] = {}
        """What inputs are compared with, by their place in the matrix, as far as trees get them as they are given."""

    def op(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add one operator with one result, and return the result's name."""
        name = f"{OWN}{operator}/{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant of any shape: numbers, truths, or texts as objects."""
        name = f"{OWN}constant/{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def number(self, value: float, dtype: Any = np.float64) -> str:
        """Add one number that every row shares."""
        return self.constant(np.array([value], dtype=dtype))

    def cast(self, tensor: str, dtype: int) -> str:
        """A tensor as another type of TensorProto's."""
        name = self.op("Cast", tensor, to=dtype)
        if tensor in self._as_given:
            self._as_given.add(name)
        return name

    def refuse(self, tensor: str, truths: str) -> None:
        """Note that the model refuses rows by what `tensor` holds; inputs as they are given are looked at elsewhere."""
        if tensor not in self._as_given:
            self.refused.append(truths)

    def compared(self, matrix: str, thresholds: Mapping[int, NDArray[np.float64]]) -> None:
        """Note what the columns of a matrix are compared with: the rows next to it are those that tell."""
        if matrix in self._as_given:
            for place, values in thresholds.items():
                self.thresholds[place] = np.union1d(self.thresholds.get(place, values), values)

    def reshape(self, tensor: str, *shape: int) -> str:
        """A tensor in another shape; -1 is the rows."""
        return self.op("Reshape", tensor, self.constant(np.array(shape, dtype=np.int64)))

    def joined(self, tensors: Sequence[str]) -> str:
        """Matrices side by side."""
        return tensors[0] if len(tensors) == 1 else self.op("Concat", *tensors, axis=1)

    def columns(self, tensor: str, places: Sequence[int]) -> str:
        """Some columns of a matrix, in this order."""
        return self.op("Gather", tensor, self.constant(np.array(places, dtype=np.int64)), axis=1)

    def put_before(self, other: GraphProto) -> None:
        """Add all nodes to another graph, before its own."""
        own = list(other.node)
        del other.node[:]
        other.node.extend([*self._nodes, *own])
        other.initializer.extend(self._constants)

    def model(
        self,
        inputs: Sequence[ValueInfoProto],
        outputs: Mapping[str, tuple[str, int, Sequence[int | None]]],
        names: Sequence[str] | None,
        classes: Sequence[str],
    ) -> ModelProto:
        """The finished model. `outputs`: tensor, type and shape by the name of the output."""
        for name, (tensor, _, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        told = [helper.make_tensor_value_info(name, kind, shape) for name, (_, kind, shape) in outputs.items()]
        graph = helper.make_graph(self._nodes, "model", list(inputs), told, self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="leeboard")
        helper.set_model_props(model, metadata(names, classes))
        onnx.checker.check_model(model)
        return model


def metadata(names: Sequence[str] | None, classes: Sequence[str]) -> dict[str, str]:
    """What a model tells of itself beside its graph: its inputs by name, and its classes in order."""
    told = {INPUTS: json.dumps(list(names))} if names else {}
    return told | ({CLASSES: json.dumps(list(classes))} if classes else {})
