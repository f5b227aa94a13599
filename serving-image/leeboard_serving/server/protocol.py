"""Requests and answers of the Open Inference Protocol v2 over JSON, for models that take named columns.

Source: the protocol's REST specification (kserve/open-inference-protocol). Each input of the signature is a tensor of
shape [rows] or [rows, 1]; a missing value is null.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]

MOST_ROWS = 100_000
LONGEST_ID = 256
"""Characters, and as many as the ledger keeps of an id."""
_FLOATS = frozenset({"FP16", "FP32", "FP64"})
_INTEGERS = frozenset({"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"})
_ACCEPTED = {
    "FP64": _FLOATS | _INTEGERS,
    # a table of integers with one missing value is sent as floating-point numbers by most clients
    "INT64": _FLOATS | _INTEGERS,
    "BOOL": {"BOOL"},
    "BYTES": {"BYTES"},
}


class BadRequest(ValueError):
    """The client's mistake, in words that name the place."""


@dataclass(frozen=True)
class Tensor:
    """One input or output of the signature."""

    name: str
    datatype: str

    def described(self) -> dict[str, Any]:
        """As metadata shows it; -1 is the batch."""
        return {"name": self.name, "datatype": self.datatype, "shape": [-1]}


@dataclass(frozen=True)
class Signature:
    """What the model takes and answers."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class InferenceRequest:
    """A request as it was understood: a column of `rows` values for every input, in the signature's order."""

    id: str
    rows: int
    columns: Mapping[str, Column]


def parse_request(body: bytes, signature: Signature) -> InferenceRequest:
    """Read a request. Raises BadRequest."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("inputs"), list):
        raise BadRequest("the body has to be an object with a list named inputs")
    tensors = _by_name(raw["inputs"])
    _check_names(tensors, signature)
    _check_outputs(raw.get("outputs"), signature)
    columns = {one.name: _column(tensors[one.name], one) for one in signature.inputs}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise BadRequest(f"the inputs have different numbers of rows: {', '.join(map(str, sorted(lengths)))}")
    rows = lengths.pop()
    if not 0 < rows <= MOST_ROWS:
        raise BadRequest(f"{rows} rows; 1 to {MOST_ROWS} are taken at once")
    return InferenceRequest(_identity(raw.get("id")), rows, columns)


def render_answer(model: str, version: str, identity: str, output: str, scores: NDArray[np.float64]) -> bytes:
    """The answer. `scores` are finite."""
    tensor = {"name": output, "datatype": "FP64", "shape": [len(scores)], "data": scores.tolist()}
    answer = {"model_name": model, "model_version": version, "id": identity, "outputs": [tensor]}
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()


def columns_of(inputs: Sequence[Mapping[str, Any]], signature: Signature) -> dict[str, Column]:
    """The columns of tensors that are already known to fit, as golden samples are. Raises BadRequest."""
    tensors = _by_name(list(inputs))
    return {one.name: _column(tensors[one.name], one) for one in signature.inputs}


def _by_name(inputs: list[Any]) -> dict[str, Mapping[str, Any]]:
    tensors: dict[str, Mapping[str, Any]] = {}
    for position, tensor in enumerate(inputs):
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise BadRequest(f"inputs[{position}] has to be an object with a name")
        if tensor["name"] in tensors:
            raise BadRequest(f"input {tensor['name']} is given twice")
        tensors[tensor["name"]] = tensor
    return tensors


def _check_names(tensors: Mapping[str, Any], signature: Signature) -> None:
    wanted = {one.name for one in signature.inputs}
    if absent := sorted(wanted - tensors.keys()):
        raise BadRequest(f"inputs are absent: {', '.join(absent)}")
    if unknown := sorted(tensors.keys() - wanted):
        raise BadRequest(f"the model has no such inputs: {', '.join(unknown)[:512]}")


def _check_outputs(asked: Any, signature: Signature) -> None:
    if asked is None:
        return
    known = {one.name for one in signature.outputs}
    names = [one.get("name") for one in asked if isinstance(one, dict)] if isinstance(asked, list) else [None]
    if not all(isinstance(name, str) and name in known for name in names):
        raise BadRequest(f"outputs name {', '.join(sorted(known))} and no others")


def _identity(value: Any) -> str:
    """Empty where the client gave none. Control characters would split lines of logs and ledgers."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_ID or not value.isprintable():
        raise BadRequest(f"id has to be a text of at most {LONGEST_ID} printable characters")
    return value


def _column(tensor: Mapping[str, Any], wanted: Tensor) -> Column:
    name, datatype, shape, data = wanted.name, tensor.get("datatype"), tensor.get("shape"), tensor.get("data")
    if not isinstance(datatype, str) or datatype not in _ACCEPTED[wanted.datatype]:
        raise BadRequest(f"input {name} is {wanted.datatype}, not {datatype}")
    if not isinstance(data, list):
        raise BadRequest(f"input {name} has no list named data")
    values = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in data]
    if not isinstance(shape, list) or shape not in ([len(values)], [len(values), 1]):
        raise BadRequest(f"input {name} has {len(values)} values, and its shape is not [{len(values)}]")
    if wanted.datatype == "BYTES":
        return _texts(name, values)
    return _numbers(name, values, wanted.datatype)


def _texts(name: str, values: list[Any]) -> Column:
    if not all(value is None or isinstance(value, str) for value in values):
        raise BadRequest(f"input {name} holds something that is neither a text nor null")
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _numbers(name: str, values: list[Any], datatype: str) -> Column:
    """Numbers with a null among them become float64 with NaN: integers and truth values have no missing one."""
    kinds = {type(value) for value in values}
    allowed = {bool} if datatype == "BOOL" else {int, float}
    if kinds - allowed - {type(None)}:
        raise BadRequest(f"input {name} holds something that is neither {datatype} nor null")
    if datatype == "INT64" and any(isinstance(value, float) and not value.is_integer() for value in values):
        raise BadRequest(f"input {name} is INT64 and holds a fraction")
    whole = {"INT64": np.int64, "BOOL": np.bool_}.get(datatype)
    try:
        if whole is None or type(None) in kinds:
            return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
        return np.array(values, dtype=whole)
    except OverflowError as error:
        raise BadRequest(f"input {name} holds a number that {datatype} does not") from error
