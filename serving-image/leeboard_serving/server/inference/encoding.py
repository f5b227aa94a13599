"""Answers of the REST protocol, with the binary tensor data extension."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
from numpy.typing import NDArray

from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.datatypes import TEXTS, datatype_of
from leeboard_serving.server.inference.request import InferenceRequest, Wanted

_encode = msgspec.json.Encoder().encode
_LENGTH = struct.Struct("<I")


class Encoder:
    """Writes the answers of one version; the beginning and the end of the usual one are made once."""

    def __init__(self, model: str, version: str, default: str) -> None:
        self._default = default
        self._begin = b'{"model_name":%b,"model_version":%b,"id":' % (_encode(model), _encode(version))
        self._usual = b',"outputs":[{"name":%b,"datatype":"FP64","shape":[' % _encode(default)

    def encode(self, request: InferenceRequest, answers: Answers, start: int) -> tuple[bytes, int]:
        """The body of an answer and the length of its JSON; the request's rows begin at `start` of the answers."""
        if not request.outputs and not request.binary:
            data = _encode(answers.scores_list[start : start + request.rows])
            text = b'%b%b%b%d],"data":%b}]}' % (self._begin, _encode(request.id), self._usual, request.rows, data)
            return text, len(text)
        wanted = request.outputs or (Wanted(self._default, request.binary),)
        outputs, rest = [], []
        for one in wanted:
            values = answers.of(one.name)[start : start + request.rows]
            output: dict[str, Any] = {"name": one.name, "datatype": datatype_of(values), "shape": list(values.shape)}
            if one.binary:
                data = as_bytes(values)
                output["parameters"] = {"binary_data_size": len(data)}
                rest.append(data)
            else:
                output["data"] = values.reshape(-1).tolist()
            outputs.append(output)
        text = b'%b%b,"outputs":%b}' % (self._begin, _encode(request.id), _encode(outputs))
        return text + b"".join(rest), len(text)


def as_bytes(values: NDArray[Any]) -> bytes:
    """An array's values as the extension has them: little-endian, texts with their lengths before them."""
    if datatype_of(values) != TEXTS:
        return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return packed_texts(values.reshape(-1).tolist())


def packed_texts(texts: Sequence[Any]) -> bytes:
    """Texts as lengths and UTF-8."""
    encoded = [str(text).encode() for text in texts]
    return b"".join(part for one in encoded for part in (_LENGTH.pack(len(one)), one))
