"""The same requests as gRPC's messages."""

from __future__ import annotations

import grpc
import numpy as np

from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from tests.bench_serving.cases import Case

_INFER = "/inference.GRPCInferenceService/ModelInfer"


def message(case: Case) -> bytes:
    """The request, with its numbers in `fp32_contents`."""
    numbers = case.numbers()
    tensor = protocol.ModelInferRequest.InferInputTensor(name="input-0", datatype="FP32", shape=numbers.shape)
    tensor.contents.fp32_contents.extend(numbers.reshape(-1).tolist())
    return protocol.ModelInferRequest(model_name="m", inputs=[tensor]).SerializeToString()


def rows_answered(address: str, asked: bytes) -> int:
    """Of the first output. Raises grpc.RpcError."""
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(_INFER, response_deserializer=protocol.ModelInferResponse.FromString)
        answer = call(asked, timeout=30)
    return int(np.atleast_1d(answer.outputs[0].shape)[0])
