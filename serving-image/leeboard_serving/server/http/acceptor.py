"""Takes connections from a listening socket, all that wait in one turn of the event loop.

libuv, beneath uvloop, takes one a turn. Where a turn is full of requests, five hundred callers that come at once would
be let in over seconds, while those that came first are answered again and again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

LOG = logging.getLogger("leeboard.serving")
MOST_AT_ONCE = 1024
"""Connections of one turn."""
OPENING_SECONDS = 1.0
"""How long connections may take that were taken last."""
REST_SECONDS = 0.2
"""How long none is taken where the process has no descriptor or no memory for one."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """`made` gives the protocol of a connection."""

    def __init__(self, listening: socket.socket, made: Callable[[], asyncio.Protocol]) -> None:
        self._listening, self._made = listening, made
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._resting: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._listen()

    async def close(self) -> None:
        """Take what waits, and listen no longer."""
        self._take()
        if self._resting is not None:
            self._resting.cancel()
        self._loop.remove_reader(self._listening.fileno())
        self._listening.close()
        if self._opening:
            await asyncio.wait(self._opening, timeout=OPENING_SECONDS)

    def _listen(self) -> None:
        self._resting = None
        self._loop.add_reader(self._listening.fileno(), self._take)

    def _take(self) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                accepted, _ = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._rest(error)
                    return
                continue  # the caller left while it waited
            task = self._loop.create_task(self._open(accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket) -> None:
        try:
            accepted.setblocking(False)
            await self._loop.connect_accepted_socket(self._made, accepted)
        except OSError:
            accepted.close()  # the caller is gone already

    def _rest(self, error: OSError) -> None:
        if self._resting is None:
            LOG.error("no connection can be taken: %s", error.strerror)
            self._loop.remove_reader(self._listening.fileno())
            self._resting = self._loop.call_later(REST_SECONDS, self._listen)
