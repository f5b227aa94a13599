"""One process that answers requests, from its first connection to its last."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from dataclasses import dataclass

import uvloop

from leeboard_serving.environment import Folders
from leeboard_serving.server.counts import SharedCounts
from leeboard_serving.server.http.site import Site
from leeboard_serving.server.metrics import server_registry
from leeboard_serving.server.observer import Observer
from leeboard_serving.server.rest import Rest
from leeboard_serving.server.rpc.server import RpcServer
from leeboard_serving.server.served_model import ServedModel
from leeboard_serving.server.serving import Serving
from leeboard_serving.server.settings import Settings

LOG = logging.getLogger("leeboard.serving")
DRAIN_SECONDS = 8.0
"""How long connections are told to end. With preStop and the exporter's flush it fits into the pod's grace period."""
PATIENCE_SECONDS = 10.0
"""For what is under way after it."""
BACKLOG = 2048


@dataclass(frozen=True)
class Worker:
    """What all workers of a server have, and which one this is."""

    number: int
    model: ServedModel
    folders: Folders
    settings: Settings
    counts: SharedCounts
    load_seconds: float

    def run(self, listening: socket.socket) -> None:
        """Answer until SIGTERM or SIGINT."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: socket.socket) -> None:
        stop, at_once = asyncio.Event(), asyncio.Event()
        _listen_for_signals(stop, at_once)
        observer = Observer(self.folders.socket)
        serving = Serving(self.model, observer, self.counts, self.number, self.settings)
        served = self.model.served
        address = (served.model, served.version)
        registry = server_registry(address, self.counts, self.settings.workers, self.load_seconds)
        rest = Rest(serving, registry, self.settings.limits.body)
        site = Site(rest.pages(), rest, self.settings.limits, {"x-leeboard-version": served.version})
        serving.connections = lambda: site.connections
        observer.start()
        site.open(listening)
        rpc = RpcServer(serving)
        if self.settings.grpc_port:
            await rpc.open(self.settings.host, self.settings.grpc_port, shared=self.settings.workers > 1)
        await stop.wait()
        draining = asyncio.ensure_future(_drain(site, rpc))
        ending = asyncio.ensure_future(at_once.wait())
        await asyncio.wait([draining, ending], return_when=asyncio.FIRST_COMPLETED)
        for task in (draining, ending):
            task.cancel()
        await serving.close()


async def _drain(site: Site, rpc: RpcServer) -> None:
    """End both within the same seconds: gRPC's callers hear at once that they have to go, in a way of the protocol."""
    await asyncio.gather(site.drain(DRAIN_SECONDS, PATIENCE_SECONDS), rpc.drain(DRAIN_SECONDS + PATIENCE_SECONDS))


def _listen_for_signals(stop: asyncio.Event, at_once: asyncio.Event) -> None:
    """The first signal begins to drain, the second ends at once."""

    def hear() -> None:
        if stop.is_set():
            at_once.set()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, hear)


def listen(host: str, port: int, shared: bool) -> socket.socket:
    """A listening socket. A `shared` one is one of several on a port, among which the kernel spreads connections.

    Raises OSError.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
