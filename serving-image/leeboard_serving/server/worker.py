"""One process that answers requests, from its first connection to its last."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import dataclass

import uvloop

from leeboard_serving.environment import Folders
from leeboard_serving.server.counts import SharedCounts
from leeboard_serving.server.http.ending import DRAIN_SECONDS, PATIENCE_SECONDS, listen_for_signals
from leeboard_serving.server.http.site import Site
from leeboard_serving.server.metrics import server_registry
from leeboard_serving.server.observer import Observer
from leeboard_serving.server.rest import Rest
from leeboard_serving.server.rpc.server import RpcServer
from leeboard_serving.server.served_model import ServedModel
from leeboard_serving.server.serving import Serving
from leeboard_serving.server.settings import Settings

LOG = logging.getLogger("leeboard.serving")


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
        listen_for_signals(stop, at_once)
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
            rpc.open(self.settings.host, self.settings.grpc_port, shared=self.settings.workers > 1)
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
