"""The golden samples as questions to a server of any kind, which may want the rows in another form than they lie in.

What the server's metadata says of its inputs is tried first, then the usual forms: a tensor for each input, of a shape
[rows] or [rows, 1], and all inputs as one matrix.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leeboard.api.reasons import Reason
from leeboard_serving.failures import ServingError
from leeboard_serving.proxy.heads import Header
from leeboard_serving.proxy.reading import Message, Unreadable, answer_of
from leeboard_serving.proxy.settings import LARGEST_COPY
from leeboard_serving.server.golden import Golden
from leeboard_serving.server.inference.datatypes import BOOLEAN, FLOATS, INTEGERS, TEXTS
from leeboard_serving.server.inference.decoding import GivenTensor

_BUSY = frozenset({408, 425, 429, 502, 503, 504})
_MATRIX = "input-0"
Ask = Callable[[str, str, bytes | None], "Answered"]
"""Method, path and body of a request to the server. Raises OSError."""


@dataclass(frozen=True)
class Answered:
    """What the server answered."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()


class NotYet(Exception):
    """The server is not ready, or too busy to say anything of the model."""


@dataclass(frozen=True)
class Layout:
    """How rows are brought: a tensor for each input, or one named `matrix`; `datatypes` by the tensor's name.

    `as_columns` gives single tensors the shape [rows, 1].
    """

    matrix: str = ""
    datatypes: Mapping[str, str] = field(default_factory=dict)
    as_columns: bool = False


def prove(ask: Ask, golden: Golden, model: str, score_output: str) -> None:
    """Have a server answer the golden samples.

    Raises NotYet, and ServingError: GoldenSamplesMismatch where it answers otherwise than at evaluation,
    GoldenSamplesRefused where it gives no answer to them in any form.
    """
    ready = _asked(ask, "GET", "/v2/health/ready")
    if ready.status != 200:
        raise NotYet(f"the server says that it is not ready: {ready.status}")
    page = f"/v2/models/{model}"
    refusal, nearest = "", float("inf")
    for body, positions in questions(golden.given, _asked(ask, "GET", page), score_output):
        answer = _asked(ask, "POST", f"{page}/infer", body)
        if answer.status in _BUSY:
            raise NotYet(f"the server does not answer the golden samples: {answer.status}")
        if answer.status != 200:
            refusal = refusal or f"{answer.status} {answer.body[:200].decode(errors='replace')}"
            continue
        try:
            _, scores = answer_of(Message(answer.body, answer.headers), score_output, LARGEST_COPY)
        except Unreadable as error:
            refusal = str(error)  # one that answers says more of itself than one that does not understand
            continue
        if len(scores) == len(positions):
            nearest = min(nearest, float(np.max(np.abs(scores - golden.scores[positions]))))
        if nearest <= golden.tolerance:
            return
    if nearest < float("inf"):
        text = f"an answer is {nearest:.3g} off that at evaluation, {golden.tolerance:.3g} is tolerated"
        raise ServingError(Reason.GOLDEN_SAMPLES_MISMATCH, text)
    raise ServingError(Reason.GOLDEN_SAMPLES_REFUSED, f"the server does not answer them with {score_output}: {refusal}")


def questions(given: Sequence[GivenTensor], metadata: Answered, score_output: str) -> Iterator[tuple[bytes, list[int]]]:
    """Bodies of requests, and which of the samples each asks about: those without a missing value where all cannot be
    said."""
    rows = range(len(given[0].values)) if given else range(0)
    complete = [row for row in rows if all(one.values[row] is not None for one in given)]
    for layout in layouts(given, metadata):
        for positions in [list(rows), *([complete] if 0 < len(complete) < len(rows) else [])]:
            inputs = tensors(given, layout, positions)
            if inputs is not None:
                asked = {"id": "leeboard-golden-samples", "inputs": inputs, "outputs": [{"name": score_output}]}
                yield json.dumps(asked, allow_nan=False).encode(), positions


def layouts(given: Sequence[GivenTensor], metadata: Answered) -> list[Layout]:
    """The forms in which rows may be brought, the likeliest first, none twice."""
    names = [one.name for one in given]
    own = {one.name: one.datatype for one in given}
    found: list[Layout] = []
    described = _described(metadata)
    if described and set(names) <= described.keys():
        datatypes = {name: described[name][0] for name in names}
        found.append(Layout(datatypes=datatypes, as_columns=any(described[name][1] > 1 for name in names)))
    numbers = not any(one.datatype == TEXTS for one in given)
    if numbers and len(described) == 1:
        ((name, (datatype, _)),) = described.items()
        found.append(Layout(matrix=name, datatypes={name: datatype}))
    found += [Layout(datatypes=own), Layout(datatypes=own, as_columns=True)]
    if numbers:
        found += [Layout(matrix=_MATRIX, datatypes={_MATRIX: datatype}) for datatype in ("FP64", "FP32")]
    return [one for position, one in enumerate(found) if one not in found[:position]]


def tensors(given: Sequence[GivenTensor], layout: Layout, positions: Sequence[int]) -> list[dict[str, Any]] | None:
    """Some of the samples in a layout, or None where a data type has no place for a value."""
    try:
        if layout.matrix:
            datatype = layout.datatypes[layout.matrix]
            data = [_value(one.values[row], datatype) for row in positions for one in given]
            return [_tensor(layout.matrix, datatype, [len(positions), len(given)], data)]
        shape = [len(positions), 1] if layout.as_columns else [len(positions)]
        found = []
        for one in given:
            datatype = layout.datatypes[one.name]
            data = [_value(one.values[row], datatype) for row in positions]
            found.append(_tensor(one.name, datatype, shape, data))
    except ValueError:
        return None
    return found


def _asked(ask: Ask, method: str, path: str, body: bytes | None = None) -> Answered:
    try:
        return ask(method, path, body)
    except OSError as error:
        raise NotYet(f"the server does not answer: {error.strerror or type(error).__name__}") from error


def _described(metadata: Answered) -> dict[str, tuple[str, int]]:
    """Data type and number of dimensions by input, where the server tells of its inputs."""
    try:
        inputs = json.loads(metadata.body)["inputs"] if metadata.status == 200 else []
        return {str(one["name"]): (str(one["datatype"]), len(one["shape"])) for one in inputs}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def _value(value: Any, datatype: str) -> Any:
    """A value as a data type has it. Raises ValueError where it has no place for it."""
    if value is None:
        return None
    if datatype == TEXTS:
        if isinstance(value, str):
            return value
    elif datatype in BOOLEAN:
        if isinstance(value, bool):
            return value
    elif isinstance(value, str):
        pass
    elif datatype in FLOATS:
        return float(value)
    elif datatype in INTEGERS and value == int(value):
        return int(value)
    raise ValueError(f"{datatype} has no place for a value")
