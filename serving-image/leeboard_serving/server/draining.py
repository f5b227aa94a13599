"""Ends a server without failing a request.

A kept-alive connection that is closed between two requests loses the second one where the two cross on the way. So
from SIGTERM on every answer says that its connection ends, for as long as a caller might still use one, and only then
the rest is closed.
"""

import time
from types import FrameType
from typing import Any

import uvicorn

DRAIN_SECONDS = 8.0
"""How long connections are told to end. With preStop and the exporter's flush it fits into the pod's grace period."""


class DrainingServer(uvicorn.Server):
    """uvicorn, with a time between the signal and the end."""

    def __init__(self, config: uvicorn.Config, seconds: float = DRAIN_SECONDS) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._deadline: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins to drain, the second ends at once."""
        if self._deadline is not None:
            self.should_exit = True
            return
        self._deadline = time.monotonic() + self._seconds
        ends = (b"connection", b"close")
        self.config.encoded_headers.append(ends)
        # those that are sent until the next second, when uvicorn puts its list together anew
        self.server_state.default_headers.append(ends)

    async def on_tick(self, counter: int) -> bool:
        """End when nobody is connected any more, or the time is over; uvicorn asks ten times a second."""
        if self._deadline is not None and (not self.server_state.connections or time.monotonic() >= self._deadline):
            self.should_exit = True
        return await super().on_tick(counter)


def serve(application: Any, port: int) -> DrainingServer:
    """The server, configured; `run` blocks until it has ended."""
    config = uvicorn.Config(
        application,
        host="0.0.0.0",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )
    return DrainingServer(config)
