"""Answers as messages of the protocol: as bytes where the request's tensors were, else in lists of their data type."""

from __future__ import annotations

from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.datatypes import TEXTS, datatype_of
from leeboard_serving.server.inference.encoding import as_bytes
from leeboard_serving.server.inference.request import InferenceRequest, Wanted
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.tensors import CONTENTS


class Encoder:
    """Writes the answers of one version."""

    def __init__(self, model: str, version: str, default: str) -> None:
        self._model, self._version = model, version
        self._default = (Wanted(default),)

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
