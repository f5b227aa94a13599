"""Answers as messages of the protocol: as bytes where the request's tensors were, else in lists of their data type."""

from __future__ import annotations

from struct import pack

from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.datatypes import TEXTS, datatype_of
from leeboard_serving.server.inference.encoding import as_bytes
from leeboard_serving.server.inference.request import InferenceRequest, Wanted
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.tensors import CONTENTS

_SHAPE, _CONTENTS, _OUTPUT, _IDENTITY = b"\x1a", b"\x2a", b"\x2a", b"\x1a"
_FP64 = b"\x3a"
"""Tags of fields, all of bytes: of InferOutputTensor 3 and 5, of ModelInferResponse 5 and 3, of the contents 7."""


class Encoder:
    """Writes the answers of one version."""

    def __init__(self, model: str, version: str, default: str) -> None:
        self._model, self._version = model, version
        self._default = (Wanted(default),)
        self._begun = protocol.ModelInferResponse(model_name=model, model_version=version).SerializeToString()
        named = protocol.ModelInferResponse.InferOutputTensor(name=default, datatype="FP64")
        self._named = named.SerializeToString()

    def encoded(self, request: InferenceRequest, answers: Answers, start: int) -> bytes:
        """The answer to a request, as bytes.

        The one that nearly every request gets, the scores in a list, is put together from what all such answers have.
        """
        if request.outputs or request.binary:
            return self.message(request, answers, start).SerializeToString()
        rows = request.rows
        scores = _delimited(_FP64, pack(f"<{rows}d", *answers.scores_list[start : start + rows]))
        output = b"%b%b%b" % (self._named, _delimited(_SHAPE, _number(rows)), _delimited(_CONTENTS, scores))
        return b"%b%b%b" % (self._begun, _delimited(_IDENTITY, request.id.encode()), _delimited(_OUTPUT, output))

    def message(self, request: InferenceRequest, answers: Answers, start: int) -> protocol.ModelInferResponse:
        """The answer to a request, whose rows begin at `start` of the answers."""
        message = protocol.ModelInferResponse(model_name=self._model, model_version=self._version, id=request.id)
        if not request.outputs and not request.binary:
            scores = answers.scores_list[start : start + request.rows]
            output = message.outputs.add(name=self._default[0].name, datatype="FP64", shape=(request.rows,))
            output.contents.fp64_contents.extend(scores)
            return message
        chosen = [
            (one.name, answers.of(one.name)[start : start + request.rows]) for one in request.outputs or self._default
        ]
        # of all outputs or of none, and one data type has no list
        raw = request.binary or any(datatype_of(values) not in CONTENTS for _, values in chosen)
        for name, values in chosen:
            datatype = datatype_of(values)
            output = message.outputs.add(name=name, datatype=datatype, shape=values.shape)
            if raw:
                message.raw_output_contents.append(as_bytes(values))
                continue
            flat = values.reshape(-1).tolist()
            sendable = [str(one).encode() for one in flat] if datatype == TEXTS else flat
            getattr(output.contents, CONTENTS[datatype]).extend(sendable)
        return message


def _delimited(tag: bytes, data: bytes) -> bytes:
    return b"%b%b%b" % (tag, _number(len(data)), data)


def _number(value: int) -> bytes:
    """As the wire has it: seven bits a byte, the lowest first."""
    if value < 0x80:
        return _SHORT[value]
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


_SHORT = tuple(bytes([value]) for value in range(0x80))
