"""Requests of the REST protocol, with the binary tensor data extension.

Sources: the protocol's REST specification (kserve/open-inference-protocol) and Triton's extension_binary_data.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from leeboard.models.rows import Column
from leeboard_serving.server.inference.datatypes import FLOATS, NUMBERS, TEXTS
from leeboard_serving.server.inference.request import LONGEST_ID, MOST_ROWS, BadRequest, InferenceRequest, Wanted
from leeboard_serving.server.inference.signature import ACCEPTED, Signature, Tensor
from leeboard_serving.server.inference.values import Values, values_of_bytes, values_of_json

Parameters = dict[str, str | bool | int | float]
_EXACT = 1 << 53
"""Whole numbers below it are floating-point numbers without a loss."""


ABSENT = msgspec.Raw()


class Given(msgspec.Struct, gc=False):
    """A tensor as JSON describes it; without `data` its values follow the JSON."""

    name: str
    shape: list[int]
    datatype: str
    data: msgspec.Raw = ABSENT
    parameters: Parameters | None = None


class Asked(msgspec.Struct, gc=False):
    """An output that a request names."""

    name: str
    parameters: Parameters | None = None


class Body(msgspec.Struct, gc=False):
    """The JSON of a request."""

    inputs: list[Given]
    id: str | None = None
    outputs: list[Asked] | None = None
    parameters: Parameters | None = None


class GivenTensor(msgspec.Struct, gc=False):
    """A tensor as it came: its values flat, None or NaN where one is missing."""

    name: str
    datatype: str
    shape: list[int]
    values: Any


_decode = msgspec.json.Decoder(Body).decode


def parse_request(body: bytes | bytearray | memoryview, signature: Signature, json_length: int) -> InferenceRequest:
    """Read a request, whose first `json_length` bytes are JSON. Raises BadRequest."""
    asked, tensors = parse_body(body, json_length)
    every = bool(asked.parameters and asked.parameters.get("binary_data_output"))
    outputs = wanted_outputs(asked.outputs, signature, every) if asked.outputs else ()
    return understood(asked.id, tensors, outputs, every, signature)


def parse_body(body: bytes | bytearray | memoryview, json_length: int) -> tuple[Body, list[GivenTensor]]:
    """What a request says, whatever the model takes. Raises BadRequest."""
    if json_length > len(body):
        raise BadRequest(f"the JSON has {json_length} bytes by the header, and the body only {len(body)}")
    try:
        asked = _decode(body if json_length == len(body) else memoryview(body)[:json_length])
    except msgspec.ValidationError as error:
        raise BadRequest(f"the request is none of the protocol: {error}") from error
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    return asked, _tensors(asked.inputs, memoryview(body)[json_length:])


def understood(
    identity: str | None, tensors: list[GivenTensor], outputs: tuple[Wanted, ...], binary: bool, signature: Signature
) -> InferenceRequest:
    """A request whose tensors fit the signature: one for each input, or one matrix for all. Raises BadRequest."""
    name = checked_identity(identity)
    if len(tensors) == 1 and _is_matrix(tensors[0], signature):
        request = _of_matrix(name, tensors[0], signature)
    else:
        request = _of_columns(name, tensors, signature)
    request.outputs, request.binary = outputs, binary
    return request


def wanted_outputs(asked: Any, signature: Signature, every: bool = False) -> tuple[Wanted, ...]:
    """What was asked for; `every` says that all are wanted as bytes. Raises BadRequest."""
    wanted = tuple(
        Wanted(one.name, bool(one.parameters.get("binary_data", every)) if one.parameters else every) for one in asked
    )
    return checked_outputs(wanted, signature)


def checked_outputs(wanted: tuple[Wanted, ...], signature: Signature) -> tuple[Wanted, ...]:
    """The same, where the model has them all and none is there twice. Raises BadRequest."""
    unknown = [one.name for one in wanted if one.name not in signature.known_outputs]
    if unknown or len({one.name for one in wanted}) < len(wanted):
        known = ", ".join(one.name for one in signature.outputs)
        raise BadRequest(f"outputs name {known}, each once, and no others; not {', '.join(unknown)[:256]}")
    return wanted


def checked_identity(value: str | None) -> str:
    """Empty where the client gave none. Control characters would split lines of logs and ledgers."""
    if value is None:
        return ""
    if len(value) > LONGEST_ID or not value.isprintable():
        raise BadRequest(f"id has to be a text of at most {LONGEST_ID} printable characters")
    return value


def _tensors(given: list[Given], rest: memoryview) -> list[GivenTensor]:
    tensors, offset = [], 0
    for one in given:
        size = one.parameters.get("binary_data_size") if one.parameters else None
        if size is None:
            if one.data is ABSENT:
                raise BadRequest(f"input {one.name} has no list named data")
            values: Values = values_of_json(one.name, one.datatype, one.shape, bytes(one.data))
        else:
            if one.data is not ABSENT:
                raise BadRequest(f"input {one.name} has both data and binary_data_size")
            if type(size) is not int or not 0 <= size <= len(rest) - offset:
                left = len(rest) - offset
                raise BadRequest(f"input {one.name}: binary_data_size is {size}, and {left} bytes follow the JSON")
            values = values_of_bytes(one.name, one.datatype, one.shape, rest[offset : offset + size])
            offset += size
        tensors.append(GivenTensor(one.name, one.datatype, one.shape, values))
    if offset != len(rest):
        raise BadRequest(f"{len(rest) - offset} bytes follow the JSON that belong to no input")
    return tensors


def _is_matrix(tensor: GivenTensor, signature: Signature) -> bool:
    """Whether one tensor brings all inputs: of a shape [rows, inputs], and under no input's name where that decides."""
    width = len(signature.inputs)
    if tensor.name in signature.positions or len(tensor.shape) != 2 or not signature.numeric:
        return False
    if tensor.shape[1] != width:
        raise BadRequest(
            f"input {tensor.name} has the shape {tensor.shape}; the model takes {width} inputs, as a tensor each"
            f" or together as [rows, {width}]"
        )
    return True


def _of_matrix(identity: str, tensor: GivenTensor, signature: Signature) -> InferenceRequest:
    dtype = NUMBERS.get(tensor.datatype) or (np.dtype("<f4") if tensor.datatype == "BF16" else None)
    if dtype is None:
        raise BadRequest(f"input {tensor.name} is {tensor.datatype}; numbers are wanted")
    rows = _bounded(tensor.shape[0])
    if not isinstance(tensor.values, list):
        return InferenceRequest(identity, rows, dtype, matrix=tensor.values.reshape(tensor.shape))
    if tensor.datatype in FLOATS:
        return InferenceRequest(identity, rows, dtype, flat=tensor.values)
    try:
        matrix = np.array(tensor.values, dtype=dtype).reshape(tensor.shape)
    except (OverflowError, TypeError) as error:
        raise BadRequest(f"input {tensor.name} holds a number, or null, that {tensor.datatype} does not") from error
    return InferenceRequest(identity, rows, dtype, matrix=matrix)


def _of_columns(identity: str, tensors: list[GivenTensor], signature: Signature) -> InferenceRequest:
    by_name = {one.name: one for one in tensors}
    if len(by_name) < len(tensors):
        names = [one.name for one in tensors]
        raise BadRequest(f"input {next(name for name in names if names.count(name) > 1)} is given twice")
    _check_names(by_name.keys(), signature)
    lengths = {_rows(one) for one in tensors}
    if len(lengths) > 1:
        raise BadRequest(f"the inputs have different numbers of rows: {', '.join(map(str, sorted(lengths)))}")
    rows = _bounded(lengths.pop() if lengths else 0)
    if rows == 1 and signature.floating and all(one.datatype == "FP64" for one in tensors):
        flat = [by_name[name].values[0] for name in signature.names]
        return InferenceRequest(identity, rows, NUMBERS["FP64"], flat=flat)
    columns = {one.name: column(by_name[one.name], one) for one in signature.inputs}
    if signature.floating:
        return InferenceRequest(identity, rows, NUMBERS["FP64"], matrix=np.column_stack(tuple(columns.values())))
    return InferenceRequest(identity, rows, columns=columns)


def _check_names(given: Any, signature: Signature) -> None:
    wanted = signature.positions.keys()
    if absent := sorted(wanted - given):
        raise BadRequest(f"inputs are absent: {', '.join(absent)[:512]}")
    if unknown := sorted(given - wanted):
        raise BadRequest(f"the model has no such inputs: {', '.join(unknown)[:512]}")


def _rows(tensor: GivenTensor) -> int:
    shape = tensor.shape
    if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1):
        return shape[0]
    raise BadRequest(f"input {tensor.name} has the shape {shape}, and not [rows] or [rows, 1]")


def _bounded(rows: int) -> int:
    if not 0 < rows <= MOST_ROWS:
        raise BadRequest(f"{rows} rows; 1 to {MOST_ROWS} are taken at once")
    return rows


def column(tensor: GivenTensor, wanted: Tensor) -> Column:
    """The column of an input: float64, int64, bool, or objects that are text or None. Raises BadRequest.

    Whole numbers and truth values with a null among them become float64 with NaN: they have no missing one.
    """
    name, datatype = wanted.name, tensor.datatype
    if datatype not in ACCEPTED[wanted.datatype]:
        raise BadRequest(f"input {name} is {wanted.datatype}, not {datatype}")
    if datatype == TEXTS:
        texts = np.empty(len(tensor.values), dtype=object)
        texts[:] = tensor.values
        return texts
    try:
        missing = isinstance(tensor.values, list) and None in tensor.values
        sent = np.array(tensor.values, dtype=np.float64 if missing else NUMBERS[datatype])
    except OverflowError as error:
        raise BadRequest(f"input {name} holds a number that {datatype} does not") from error
    if wanted.datatype == "BOOL":
        return sent
    if wanted.datatype == "INT64":
        return _whole(name, sent, missing)
    return sent.astype(np.float64, copy=False)


def _whole(name: str, sent: Column, missing: bool) -> Column:
    if sent.dtype.kind == "u" and sent.size and sent.max() > np.iinfo(np.int64).max:
        raise BadRequest(f"input {name} holds a number that INT64 does not")
    if sent.dtype.kind != "f":
        return sent.astype(np.int64, copy=False)
    numbers = sent.astype(np.float64, copy=False)
    present = numbers[~np.isnan(numbers)]
    if not bool((present == np.trunc(present)).all() and (np.abs(present) < 2.0**63).all()):
        raise BadRequest(f"input {name} is INT64 and holds a fraction, or a number that INT64 does not")
    return numbers if missing or len(present) < len(numbers) else numbers.astype(np.int64)
