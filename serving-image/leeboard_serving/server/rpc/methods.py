"""Every method that a caller may name, and what answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import Message

from leeboard_serving.server.rpc.call import Context, Handler, Handlers, page, refuse
from leeboard_serving.server.rpc.described import Described
from leeboard_serving.server.rpc.health import Health
from leeboard_serving.server.rpc.inference import Inference
from leeboard_serving.server.rpc.protocol import health_pb2 as health_protocol
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.refusal import Refusal
from leeboard_serving.server.rpc.stream import Stream
from leeboard_serving.server.serving import Serving

INFERENCE, HEALTH = "/inference.GRPCInferenceService/", "/grpc.health.v1.Health/"
_ABSENT = (
    *(f"SystemSharedMemory{action}" for action in ("Status", "Register", "Unregister")),
    *(f"CudaSharedMemory{action}" for action in ("Status", "Register", "Unregister")),
    *("TraceSetting", "LogSettings"),
)
"""Methods of the Triton inference server that its clients know, and this server does not have."""
_Answer = Callable[[Any], Awaitable[Message]]


def handlers(serving: Serving, ending: asyncio.Future[None]) -> Handlers:
    """All of them, by path; streams end when `ending` is done."""
    described, health, inference = Described(serving), Health(serving, ending), Inference(serving)
    pages: list[tuple[str, str, type[Message], _Answer]] = [
        ("ServerLive", "health", protocol.ServerLiveRequest, described.server_live),
        ("ServerReady", "health", protocol.ServerReadyRequest, described.server_ready),
        ("ModelReady", "health", protocol.ModelReadyRequest, described.model_ready),
        ("ServerMetadata", "metadata", protocol.ServerMetadataRequest, described.server_metadata),
        ("ModelMetadata", "metadata", protocol.ModelMetadataRequest, described.model_metadata),
        ("ModelConfig", "metadata", protocol.ModelConfigRequest, described.model_config),
        ("ModelStatistics", "metadata", protocol.ModelStatisticsRequest, described.model_statistics),
        ("RepositoryIndex", "repository", protocol.RepositoryIndexRequest, described.repository_index),
        ("RepositoryModelLoad", "repository", protocol.RepositoryModelLoadRequest, described.repository_model_load),
        (
            *("RepositoryModelUnload", "repository"),
            *(protocol.RepositoryModelUnloadRequest, described.repository_model_unload),
        ),
    ]
    found: Handlers = {INFERENCE + name: page(serving, route, kind, how) for name, route, kind, how in pages}
    found |= {INFERENCE + name: _absent(serving, name) for name in _ABSENT}

    async def stream(_: object, context: Context) -> None:
        await Stream(inference, context, ending).run()

    found[INFERENCE + "ModelInfer"] = grpc.unary_unary_rpc_method_handler(inference.infer)
    found[INFERENCE + "ModelStreamInfer"] = grpc.stream_stream_rpc_method_handler(stream)
    found[HEALTH + "Check"] = page(serving, "health", health_protocol.HealthCheckRequest, health.check)
    found[HEALTH + "Watch"] = grpc.unary_stream_rpc_method_handler(health.watch)
    return found


def _absent(serving: Serving, name: str) -> Handler:
    """A method that says that it is not there, in other words than a name that was misspelt."""

    async def handle(_: bytes, context: Context) -> bytes:
        refusal = Refusal(501, f"this server has no {name}")
        serving.counts.answered("other", refusal.status)
        await refuse(context, refusal)
        raise AssertionError("refused")

    return grpc.unary_unary_rpc_method_handler(handle)
