"""`python -m leeboard_serving.proxy`: listens at once, and is ready once the server has given the right answers."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Coroutine
from typing import Any

import uvloop

from leeboard.api.reasons import Reason
from leeboard.observability import logs
from leeboard_serving.environment import Folders
from leeboard_serving.failures import ServingError, end
from leeboard_serving.proxy.readiness import Readiness, asking
from leeboard_serving.proxy.settings import Settings
from leeboard_serving.proxy.site import Site
from leeboard_serving.proxy.teller import Teller
from leeboard_serving.server.golden import Golden, read_golden
from leeboard_serving.server.http.ending import DRAIN_SECONDS, PATIENCE_SECONDS, listen_for_signals
from leeboard_serving.server.http.listening import listen
from leeboard_serving.server.repetitions import Repetitions

LOG = logging.getLogger("leeboard.serving.proxy")
SECONDS_TO_TELL = 4.0
"""For the bodies that are not read yet."""


def main() -> int:
    """Answer until SIGTERM; the exit code is 0, or that of the reason in the termination message."""
    logs.configure("json", "INFO")
    LOG.addFilter(Repetitions())
    try:
        settings = Settings.of(os.environ)
        _, golden = read_golden(Folders.of(os.environ).golden)
        listening = listen(settings.host, settings.port, shared=False)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, golden.within(settings.tolerance), listening))
    except ServingError as error:
        LOG.error("%s: %s", error.reason, error.message)
        return end(os.environ, error.reason, error.message)
    except OSError as error:
        text = f"the port cannot be opened: {error.strerror or type(error).__name__}"
        return end(os.environ, Reason.BAD_CONFIGURATION, text)
    return 0


async def _serve(settings: Settings, golden: Golden, listening: socket.socket) -> None:
    """Raises ServingError once it is clear that the server does not give the right answers."""
    stop, at_once = asyncio.Event(), asyncio.Event()
    listen_for_signals(stop, at_once)
    served = settings.served
    teller = Teller()
    readiness = Readiness(asking(settings.target), golden, served.model, served.score_output)
    site = Site(settings, teller, readiness)
    teller.start()
    site.open(listening)
    LOG.info("%s of %s stands before %s:%d", served.version, served.model, *settings.target)
    await _first(stop.wait(), readiness.failed.wait())
    await _first(site.drain(DRAIN_SECONDS, PATIENCE_SECONDS), at_once.wait())
    await teller.stop(SECONDS_TO_TELL)
    if readiness.failure is not None:
        raise readiness.failure


async def _first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait for one of them, and end the others."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    sys.exit(main())
