"""What is in an ONNX file, looked at before a runtime gets it: no parts elsewhere, no operators of others, no ZipMap.

ZipMap makes a dictionary for every row. It is taken out, and its input, a column for each class, is the output instead.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from leeboard.api.reasons import Reason
from leeboard.models.classes import class_text
from leeboard.models.failures import ModelError

LARGEST = 1 << 30
"""Bytes of a file; while it is looked at it is in memory three times."""
MOST_GENERATED = 1 << 26
"""Elements of a tensor that a node makes out of a constant shape, which a runtime does while it loads."""
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that onnxruntime has itself; those of any other domain come from libraries that would have to be loaded."""
CLASSES, INPUTS = "leeboard.classes", "leeboard.inputs"
"""Entries of the model's metadata, each a JSON array: classes in the order of predict_proba, inputs by name."""


@dataclass(frozen=True)
class Inspected:
    """A graph that may be loaded: its bytes, and what it tells of itself."""

    data: bytes
    renamed: dict[str, str]
    classes: tuple[str, ...]
    inputs: tuple[str, ...] | None


def inspected(path: Path) -> Inspected:
    """Read a file.

    Raises ModelError: UnsafeFormat where it leads out of itself or is too large, LibraryMismatch where its operators
    are newer than those known here, ModelLoadFailed where it is no model or its shapes cannot be.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{path.name} has {size} bytes, and at most {LARGEST} are loaded")
    data = path.read_bytes()
    model = ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"{path.name} is no ONNX model") from error
    if not model.graph.node and not model.graph.output:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"{path.name} is no ONNX model: it has no graph")
    _check_versions(model)
    nodes = list(_nodes(model))
    _check_domains(model, nodes)
    _check_tensors(model, nodes, size)
    told = {entry.key: entry.value for entry in model.metadata_props}
    classes = _array(told.get(CLASSES)) or _classes(nodes)
    renamed = _without_zipmap(model.graph)
    inputs = _array(told.get(INPUTS))
    return Inspected(model.SerializeToString() if renamed else data, renamed, classes, inputs or None)


def opsets(model: ModelProto) -> dict[str, int]:
    """The version of the operators of each domain that the model was made for."""
    return {one.domain or "ai.onnx": one.version for one in model.opset_import}


def _check_versions(model: ModelProto) -> None:
    known = {"ai.onnx": onnx.defs.onnx_opset_version(), "ai.onnx.ml": onnx.defs.onnx_ml_opset_version()}
    wanted = opsets(model)
    for domain, newest in known.items():
        if wanted.get(domain, 0) > newest:
            text = f"the model needs version {wanted[domain]} of the operators of {domain}; {newest} is the newest here"
            raise ModelError(Reason.LIBRARY_MISMATCH, text)
    if model.ir_version > onnx.IR_VERSION:
        text = f"the model is of ONNX's format {model.ir_version}; {onnx.IR_VERSION} is the newest here"
        raise ModelError(Reason.LIBRARY_MISMATCH, text)


def _check_domains(model: ModelProto, nodes: list[NodeProto]) -> None:
    own = {function.domain for function in model.functions}
    strange = sorted({node.domain for node in nodes} - DOMAINS - own)
    if strange:
        text = f"the model needs operators of {', '.join(strange[:5])}: libraries of operators are never loaded"
        raise ModelError(Reason.UNSAFE_FORMAT, text)


def _check_tensors(model: ModelProto, nodes: list[NodeProto], size: int) -> None:
    constants: dict[str, TensorProto] = {}
    for name, tensor in _tensors(model, nodes):
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            text = f"the values of {name[:100]!r} lie in another file: save the model as one file"
            raise ModelError(Reason.UNSAFE_FORMAT, text)
        # two values of four bits, the smallest that there are, share a byte
        if any(length < 0 for length in tensor.dims) or math.prod(tensor.dims) > 2 * size:
            shape = f"{list(tensor.dims)[:8]}"
            raise ModelError(
                Reason.MODEL_LOAD_FAILED, f"{name[:100]!r} of shape {shape} cannot be in a file of {size} bytes"
            )
        constants[name] = tensor
    for node in nodes:
        if node.op_type == "ConstantOfShape" and (shape_of := constants.get(node.input[0] if node.input else "")):
            lengths = _integers(shape_of)
            if any(length < 0 for length in lengths) or math.prod(lengths) > MOST_GENERATED:
                text = f"a node makes a tensor of shape {lengths[:8]}, and at most {MOST_GENERATED} elements are made"
                raise ModelError(Reason.MODEL_LOAD_FAILED, text)


def _integers(tensor: TensorProto) -> list[int]:
    try:
        return [int(value) for value in onnx.numpy_helper.to_array(tensor).ravel()]
    except (ValueError, TypeError) as error:
        raise ModelError(
            Reason.MODEL_LOAD_FAILED, f"{tensor.name[:100]!r} does not hold what its shape says"
        ) from error


def _nodes(model: ModelProto) -> Iterator[NodeProto]:
    """Every node, those of graphs within nodes and of functions too."""
    for function in model.functions:
        yield from _with_inner(function.node)
    yield from _with_inner(model.graph.node)


def _with_inner(nodes: Any) -> Iterator[NodeProto]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in _graphs(attribute):
                yield from _with_inner(graph.node)


def _graphs(attribute: AttributeProto) -> list[GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _tensors(model: ModelProto, nodes: list[NodeProto]) -> Iterator[tuple[str, TensorProto]]:
    """Every tensor, under the name that nodes know it by where it has one."""
    yield from _of_graph(model.graph)
    for function in model.functions:
        for attribute in function.attribute_proto:
            yield from _of_attribute(function.name, attribute)
    for node in nodes:
        for attribute in node.attribute:
            yield from _of_attribute(node.output[0] if node.output else node.name, attribute)


def _of_graph(graph: GraphProto) -> Iterator[tuple[str, TensorProto]]:
    yield from ((one.name, one) for one in graph.initializer)
    for sparse in graph.sparse_initializer:
        yield sparse.values.name, sparse.values
        yield sparse.values.name, sparse.indices


def _of_attribute(owner: str, attribute: AttributeProto) -> Iterator[tuple[str, TensorProto]]:
    if attribute.HasField("t"):
        yield owner, attribute.t
    yield from ((owner, one) for one in attribute.tensors)
    for sparse in [
        *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
        *attribute.sparse_tensors,
    ]:
        yield owner, sparse.values
        yield owner, sparse.indices
    for graph in _graphs(attribute):
        yield from _of_graph(graph)


def _without_zipmap(graph: GraphProto) -> dict[str, str]:
    """Take every ZipMap out whose result is an output; returns the tensor that each of these outputs now is."""
    outputs = {one.name: one for one in graph.output}
    renamed = {}
    for node in [one for one in graph.node if one.op_type == "ZipMap" and one.domain == "ai.onnx.ml"]:
        if len(node.input) == 1 and len(node.output) == 1 and node.output[0] in outputs:
            graph.node.remove(node)
            graph.output.remove(outputs[node.output[0]])
            renamed[node.output[0]] = node.input[0]
            if node.input[0] not in {one.name for one in graph.output}:
                columns = len(_labels(node)) or None
                probabilities = onnx.helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, [None, columns])
                graph.output.append(probabilities)
    return renamed


def _classes(nodes: list[NodeProto]) -> tuple[str, ...]:
    """Classes as the last classifier or ZipMap among the nodes lists them; empty where none does."""
    found: tuple[str, ...] = ()
    for node in nodes:
        if node.domain == "ai.onnx.ml":
            found = _labels(node) or found
    return found


def _labels(node: NodeProto) -> tuple[str, ...]:
    named = ("classlabels_int64s", "classlabels_ints", "classlabels_strings")
    if node.op_type != "ZipMap" and not node.op_type.endswith("Classifier"):
        return ()
    for attribute in node.attribute:
        if attribute.name in named:
            texts = [one.decode(errors="replace") for one in attribute.strings]
            return tuple(class_text(one) for one in (*attribute.ints, *texts))
    return ()


def _array(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or not all(isinstance(one, str | int | float) for one in values):
        raise ModelError(Reason.MODEL_LOAD_FAILED, "an entry of the model's metadata is no JSON array of names")
    return tuple(class_text(one) for one in values)
