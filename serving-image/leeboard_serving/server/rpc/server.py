"""The gRPC server of one worker: its port, what callers may ask of it, and its end."""

from __future__ import annotations

import asyncio
import errno

import grpc

from leeboard_serving.server.http.limits import Limits
from leeboard_serving.server.rpc.call import Handler, Handlers
from leeboard_serving.server.rpc.methods import handlers
from leeboard_serving.server.serving import Serving

STREAMS = 256
"""Calls that one connection may have under way."""
MOST_CALLS = 4096
"""Calls that one worker has under way, on all its connections."""
AGE = 300.0
"""Seconds after which a connection is told to end, so that callers spread over the pods that have come since."""
AGE_GRACE = 60.0
PING, PING_PATIENCE = 60.0, 20.0
"""Seconds without a word before a caller is asked whether it is still there, and for which its answer may take."""
MOST_PINGS_EVERY = 10.0
"""Seconds between two pings of a caller; one that asks more often is left."""


class RpcServer:
    """Listens from `open` to `drain`."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server: grpc.aio.Server | None = None

    async def open(self, host: str, port: int, shared: bool) -> int:
        """Listen, on a port that other workers listen on too where it is `shared`; returns the port. Raises OSError."""
        server = grpc.aio.server(
            handlers=[_Handlers(handlers(self._serving, self._ending))],
            options=_options(self._serving.settings.limits, shared),
            maximum_concurrent_rpcs=MOST_CALLS,
        )
        try:
            number = server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise OSError(errno.EADDRINUSE, "it is in use, or no port of this host", str(port)) from error
        await server.start()
        self._server = server
        return number

    async def drain(self, patience: float) -> None:
        """End without failing a call: callers are told to go elsewhere, and what is under way gets so many seconds."""
        if not self._ending.done():
            self._ending.set_result(None)
        if self._server is not None:
            await self._server.stop(patience)


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        return self._handlers.get(handler_call_details.method)


def _options(limits: Limits, shared: bool) -> list[tuple[str, int]]:
    """What gRPC's core is told; durations are milliseconds there."""
    durations = {
        "grpc.keepalive_time_ms": PING,
        "grpc.keepalive_timeout_ms": PING_PATIENCE,
        "grpc.http2.min_ping_interval_without_data_ms": MOST_PINGS_EVERY,
        "grpc.max_connection_age_ms": AGE,
        "grpc.max_connection_age_grace_ms": AGE_GRACE,
        "grpc.server_handshake_timeout_ms": limits.slow,
    }
    numbers = {
        "grpc.max_receive_message_length": limits.body,
        "grpc.max_send_message_length": -1,
        "grpc.max_metadata_size": limits.head,
        "grpc.absolute_max_metadata_size": limits.head,
        "grpc.max_concurrent_streams": STREAMS,
        "grpc.keepalive_permit_without_calls": 1,
        "grpc.so_reuseport": int(shared),
    }
    return [*((name, int(1000 * seconds)) for name, seconds in durations.items()), *numbers.items()]
