"""Listens on the Unix socket on which the server tells what it observed."""

import asyncio
import logging
import socket
from pathlib import Path

from leeboard_serving import observation
from leeboard_serving.exporter.recorder import Recorder

LOG = logging.getLogger("leeboard.serving.exporter")
BUFFER = 256 << 10
"""Bytes of a connection that are read ahead."""
BACKLOG_SECONDS = 0.2
"""In which a connection that was made before the end is seen."""


class Receiver:
    """`malformed` counts the frames that were none; each cost its connection, and nothing else."""

    def __init__(self, path: Path, recorder: Recorder) -> None:
        self._path = path
        self._recorder = recorder
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.malformed = 0

    async def start(self) -> None:
        """Listen, for processes of the same user only. Raises OSError."""
        self._path.unlink(missing_ok=True)  # of the container before this one
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(self._path))
            self._path.chmod(0o600)
            self._server = await asyncio.start_unix_server(self._connected, sock=listening, limit=BUFFER)
        except BaseException:
            listening.close()
            raise

    async def stop(self, patience: float) -> None:
        """Listen until the server has closed every connection, for `patience` seconds at most; then end them."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        await asyncio.sleep(BACKLOG_SECONDS)
        while self._connections and loop.time() < deadline:
            await asyncio.wait(self._connections, timeout=deadline - loop.time())
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("connections are served by tasks")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            while (one := await self._read(reader)) is not None:
                await self._recorder.observe(one)
        except ValueError as error:
            self.malformed += 1
            LOG.warning("a connection of the server is closed: %s", error)
        except OSError as error:
            LOG.warning("a connection of the server ended: %s", error)
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> observation.Observations | None:
        """The next frame. Raises ValueError for what is none: nobody knows how many requests it told of."""
        try:
            return await observation.read(reader)
        except ValueError:
            self._recorder.undecoded()
            raise
