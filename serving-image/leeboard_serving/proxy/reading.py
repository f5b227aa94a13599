"""What a request and its answer say of the model: rows, scores and the id, read from copies of both bodies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from leeboard_serving.proxy.heads import Header, value_of
from leeboard_serving.server.http.content_encoding import Refused, unpacked
from leeboard_serving.server.inference.datatypes import NUMBERS
from leeboard_serving.server.inference.decoding import ABSENT, Given, GivenTensor, parse_body, understood
from leeboard_serving.server.inference.request import LONGEST_ID, BadRequest, InferenceRequest
from leeboard_serving.server.inference.signature import Signature
from leeboard_serving.server.inference.values import values_of_bytes, values_of_json
from leeboard_serving.unread import Unread

_JSON_LENGTH = b"inference-header-content-length"


class Unreadable(ValueError):
    """A body that tells nothing of the model."""

    def __init__(self, why: Unread, text: str) -> None:
        super().__init__(text)
        self.why = why


@dataclass(frozen=True, slots=True)
class Message:
    """A body with its headers."""

    body: bytes
    headers: Sequence[Header] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """Rows that were asked about, under the id of the request or of the answer, and a score for each."""

    request: InferenceRequest
    scores: NDArray[np.float64]


class _Answer(msgspec.Struct, gc=False):
    outputs: list[Given]
    id: str | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def read(asked: Message, answered: Message, signature: Signature, score_output: str, largest: int) -> Prediction:
    """The rows and their scores; bodies have at most `largest` bytes unpacked. Raises Unreadable."""
    request = request_of(asked, signature, largest)
    identity, scores = answer_of(answered, score_output, largest)
    if len(scores) != request.rows:
        raise Unreadable(Unread.ROWS, f"{request.rows} rows, and {len(scores)} scores")
    request.id = request.id or identity
    return Prediction(request, scores)


def request_of(message: Message, signature: Signature, largest: int) -> InferenceRequest:
    """The rows of a request; inputs that the model does not have are left out. Raises Unreadable."""
    body, length = _plain(message, largest)
    try:
        said, tensors = parse_body(body, length)
        request = understood(None, _known(tensors, signature), (), False, signature)
    except (BadRequest, OverflowError) as error:
        raise Unreadable(Unread.REQUEST, str(error)) from error
    request.id = _identity(said.id)
    return request


def answer_of(message: Message, score_output: str, largest: int) -> tuple[str, NDArray[np.float64]]:
    """The id of an answer, and its scores: the output of that name, of a shape [rows], [rows, 1], or [rows, 2], where
    the second column is that of the positive class. Raises Unreadable."""
    body, length = _plain(message, largest)
    try:
        answer = _decode(memoryview(body)[:length])
        scores = _scores(_output(answer.outputs, score_output, memoryview(body)[length:]))
    except (msgspec.MsgspecError, RecursionError, BadRequest, ValueError, OverflowError) as error:
        raise Unreadable(Unread.ANSWER, str(error)) from error
    return _identity(answer.id), scores


def _plain(message: Message, largest: int) -> tuple[bytes | bytearray, int]:
    """The body unpacked, and how many bytes of it are JSON."""
    encoding = value_of(message.headers, b"content-encoding")
    try:
        body = unpacked(message.body, encoding, largest) if encoding else message.body
    except Refused as error:
        why = Unread.TOO_LARGE if error.status == 413 else Unread.ENCODING
        raise Unreadable(why, str(error)) from error
    length = value_of(message.headers, _JSON_LENGTH)
    if length is None:
        return body, len(body)
    if not length.isdigit() or len(length) > 12 or int(length) > len(body):
        raise Unreadable(Unread.ENCODING, "Inference-Header-Content-Length is no length within the body")
    return body, int(length)


def _known(tensors: list[GivenTensor], signature: Signature) -> list[GivenTensor]:
    """Those that are inputs of the model, where any is; else one may bring them all."""
    known = [one for one in tensors if one.name in signature.positions]
    return known or tensors


def _output(outputs: Sequence[Given], name: str, rest: memoryview) -> GivenTensor:
    offset = 0
    found: GivenTensor | None = None
    for one in outputs:
        size = one.parameters.get("binary_data_size") if one.parameters else None
        if size is not None and (type(size) is not int or not 0 <= size <= len(rest) - offset):
            raise ValueError(f"output {one.name[:64]}: {size} bytes do not follow the JSON")
        if one.name == name:
            values: Any = _values(one, rest[offset : offset + size] if type(size) is int else None)
            found = GivenTensor(one.name, one.datatype, one.shape, values)
        offset += size if type(size) is int else 0
    if found is None:
        raise ValueError(f"no output is named {name}")
    return found


def _values(one: Given, data: memoryview | None) -> Any:
    if data is not None:
        return values_of_bytes(one.name, one.datatype, one.shape, data)
    if one.data is ABSENT:
        raise ValueError(f"output {one.name[:64]} has no data")
    return values_of_json(one.name, one.datatype, one.shape, bytes(one.data))


def _scores(output: GivenTensor) -> NDArray[np.float64]:
    if output.datatype not in NUMBERS:
        raise ValueError(f"output {output.name[:64]} is {output.datatype[:16]}, and no number")
    shape = output.shape
    if not shape or len(shape) > 2 or (len(shape) == 2 and shape[1] not in (1, 2)):
        raise ValueError(f"output {output.name[:64]} has the shape {shape[:8]}, and not [rows], [rows, 1] or [rows, 2]")
    if isinstance(output.values, list) and None in output.values:
        raise ValueError(f"output {output.name[:64]} lacks a number")
    scores = np.asarray(output.values, dtype=np.float64).reshape(shape)
    scores = np.ascontiguousarray(scores if len(shape) == 1 else scores[:, -1])
    if not bool(np.isfinite(scores).all()):
        raise ValueError(f"output {output.name[:64]} holds a number that is not finite")
    return scores


def _identity(value: str | None) -> str:
    """Empty where there is none that can stand in a ledger."""
    return value if value and len(value) <= LONGEST_ID and value.isprintable() else ""
