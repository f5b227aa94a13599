"""Every method that a caller may name, and what answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message

from leeboard_serving.server.rpc.call import Call
from leeboard_serving.server.rpc.described import Described
from leeboard_serving.server.rpc.health import Health
from leeboard_serving.server.rpc.inference import Inference
from leeboard_serving.server.rpc.method import Method, Methods
from leeboard_serving.server.rpc.page import absent, page
from leeboard_serving.server.rpc.protocol import health_pb2 as health_protocol
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
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


def methods(serving: Serving, ending: asyncio.Future[None]) -> Methods:
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
    found: Methods = {INFERENCE + name: page(serving, route, kind, how) for name, route, kind, how in pages}
    found |= {INFERENCE + name: absent(serving, name) for name in _ABSENT}

    async def stream(call: Call) -> None:
        await Stream(inference, call, ending).run()

    found[INFERENCE + "ModelInfer"] = Method("grpc", answer=inference.infer)
    found[INFERENCE + "ModelStreamInfer"] = Method("grpc", converse=stream)
    found[HEALTH + "Check"] = page(serving, "health", health_protocol.HealthCheckRequest, health.check)
    found[HEALTH + "Watch"] = Method("health", converse=health.watch)
    return found
