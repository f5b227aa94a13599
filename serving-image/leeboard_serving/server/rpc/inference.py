"""Inference requests: one in a call of its own, or many in a stream."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from leeboard_serving.server.batching import Job, Overloaded
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.request import BadRequest, InferenceRequest
from leeboard_serving.server.rpc.bounds import check_parts
from leeboard_serving.server.rpc.call import Call
from leeboard_serving.server.rpc.encoding import Encoder
from leeboard_serving.server.rpc.page import parsed
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.refusal import FAILED, Refusal
from leeboard_serving.server.rpc.tensors import understood_message
from leeboard_serving.server.serving import Serving

LOG = logging.getLogger("leeboard.serving")
Outcome = bytes | Refusal
"""A ModelInferResponse as bytes, or why there is none."""


class Inference:
    """Gives the requests of calls to the model."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        model = serving.model
        self._encoder = Encoder(model.served.model, model.served.version, model.signature.outputs[0].name)

    def infer(self, data: bytes, call: Call) -> None:
        """The method ModelInfer."""

        def hear(outcome: Outcome) -> None:
            if isinstance(outcome, Refusal):
                call.refuse(outcome)
            else:
                call.answer(outcome)

        call.job = self.submit(data, call.patience, hear)

    def submit(self, data: bytes, patience: float | None, hear: Callable[[Outcome], None]) -> Job | None:
        """Have a request answered within so many seconds; `hear` is called once, maybe before this returns.

        Returns the job, or None where there is none.
        """
        started = time.perf_counter()
        identity = ""
        try:
            check_parts(data)
            message = parsed(protocol.ModelInferRequest, data)
            identity = message.id
            request = self._understood(message)
        except (Refusal, BadRequest, Overloaded) as error:
            refusal = error if isinstance(error, Refusal) else Refusal.of(error, identity)
        except Exception:
            LOG.exception("a request could not be read")
            refusal = Refusal(500, FAILED, identity=identity)
        else:
            return self._asked(request, started, patience, _final(hear) if _wants_final(message) else hear)
        self._serving.failed("", "grpc", started, refusal.status, refusal.text)
        hear(refusal)
        return None

    def _understood(self, message: protocol.ModelInferRequest) -> InferenceRequest:
        serving = self._serving
        check_name(serving, message.model_name, message.model_version)
        if not serving.loaded:
            raise Refusal(503, "the model is not loaded", identity=message.id)
        serving.batcher.check_load()
        return understood_message(message, serving.model.signature)

    def _asked(
        self, request: InferenceRequest, started: float, patience: float | None, hear: Callable[[Outcome], None]
    ) -> Job:
        bounded = patience is not None and patience < self._serving.settings.deadline

        def answered(answers: Answers, start: int) -> None:
            hear(self._encoder.encoded(request, answers, start))

        def failed(status: int, text: str) -> None:
            if status == 503 and bounded:
                hear(Refusal(504, text, identity=request.id))
            else:
                hear(Refusal(status, text, seconds=1.0 if status == 503 else 0.0, identity=request.id))

        return self._serving.infer(request, "grpc", started, answered, failed, patience=patience)


def check_name(serving: Serving, name: str, version: str) -> None:
    """Raises Refusal where another model is meant, or another version; an empty version means any."""
    served = serving.model.served
    if name != served.model or version not in ("", served.version):
        raise Refusal(404, f"no such model or version: this server has {served.model} in version {served.version}")


def _wants_final(message: protocol.ModelInferRequest) -> bool:
    """Whether a stream's caller wants to be told which answer is a request's last, as Triton's clients can ask."""
    parameters = message.parameters
    return bool(parameters) and "triton_enable_empty_final_response" in parameters


def _final(hear: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
    # what follows a message as bytes is added to it
    last = protocol.ModelInferResponse()
    last.parameters["triton_final_response"].bool_param = True

    def marked(outcome: Outcome) -> None:
        hear(outcome if isinstance(outcome, Refusal) else outcome + last.SerializeToString())

    return marked
