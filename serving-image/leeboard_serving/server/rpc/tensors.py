"""Requests as messages of the protocol: their tensors, in lists of their data type or as bytes."""

from __future__ import annotations

from typing import Any

from leeboard_serving.server.inference.datatypes import TEXTS
from leeboard_serving.server.inference.decoding import GivenTensor, checked_outputs, understood
from leeboard_serving.server.inference.request import BadRequest, InferenceRequest, Wanted
from leeboard_serving.server.inference.signature import Signature
from leeboard_serving.server.inference.values import size_of, values_of_bytes
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.refusal import Refusal

CONTENTS = (
    {"BOOL": "bool_contents", "INT64": "int64_contents", "UINT64": "uint64_contents", TEXTS: "bytes_contents"}
    | dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents")
    | dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents")
    | {"FP32": "fp32_contents", "FP64": "fp64_contents"}
)
"""The list that a data type's values are in. FP16 and BF16 have none."""
_RAW_ALONE = ("FP16", "BF16")
_ELSEWHERE = {
    "shared_memory_region": "tensors in shared memory: this server takes and gives them in messages alone",
    "classification": "classification: the output predict has the class",
}
"""Parameters of tensors that change what a request means, so that it cannot be answered without heeding them."""
_Tensor = protocol.ModelInferRequest.InferInputTensor


def understood_message(message: protocol.ModelInferRequest, signature: Signature) -> InferenceRequest:
    """A request that fits the signature; it is `binary` where its tensors came as bytes.

    Raises BadRequest, and Refusal for what this server does not have.
    """
    raws = message.raw_input_contents
    if raws and len(raws) != len(message.inputs):
        raise BadRequest(f"raw_input_contents has {len(raws)} values for {len(message.inputs)} inputs; all or none are")
    tensors = []
    for position, one in enumerate(message.inputs):
        _heed(one)
        shape = list(one.shape)
        values = _raw(one, shape, raws[position]) if raws else _typed(one, shape)
        tensors.append(GivenTensor(one.name, one.datatype, shape, values))
    for asked in message.outputs:
        _heed(asked)
    outputs = checked_outputs(tuple(Wanted(one.name) for one in message.outputs), signature) if message.outputs else ()
    return understood(message.id, tensors, outputs, bool(raws), signature)


def _heed(tensor: _Tensor | protocol.ModelInferRequest.InferRequestedOutputTensor) -> None:
    if tensor.parameters:
        for name, text in _ELSEWHERE.items():
            if name in tensor.parameters:
                raise Refusal(501, f"there is no {text}")


def _raw(tensor: _Tensor, shape: list[int], data: bytes) -> Any:
    if tensor.HasField("contents") and tensor.contents.ListFields():
        raise BadRequest(f"input {tensor.name} has values in contents, and others are in raw_input_contents")
    return values_of_bytes(tensor.name, tensor.datatype, shape, memoryview(data))


def _typed(tensor: _Tensor, shape: list[int]) -> list[Any]:
    name, datatype = tensor.name, tensor.datatype
    field = CONTENTS.get(datatype)
    if field is None:
        if datatype in _RAW_ALONE:
            raise BadRequest(f"input {name}: {datatype} has no list of its own; it is sent in raw_input_contents")
        raise BadRequest(f"input {name}: {datatype[:64]} is no data type")
    size = size_of(name, shape)
    contents = tensor.contents
    values = list(getattr(contents, field))
    if len(values) != size or len(contents.ListFields()) != bool(size):
        raise BadRequest(_other_contents(tensor, shape, f"{size} values in {field}"))
    return _texts(name, values) if datatype == TEXTS else values


def _other_contents(tensor: _Tensor, shape: list[int], wanted: str) -> str:
    found = {one.name: len(values) for one, values in tensor.contents.ListFields()}
    there = ", ".join(f"{count} in {where}" for where, count in found.items()) or "none"
    return f"input {tensor.name}: {tensor.datatype} of the shape {shape} takes {wanted}; it has {there}"


def _texts(name: str, values: list[bytes]) -> list[str]:
    try:
        return [str(value, "utf-8") for value in values]
    except UnicodeDecodeError as error:
        raise BadRequest(f"input {name} holds a text that is not UTF-8") from error
