"""What a traffic process is told while it runs: a JSON object a line on its input, an answer a line on its output.

`{"command": "play" | "append", "segment": {...}}` and `{"command": "write"}` (write the state file now) are answered
by `{"done": <command>}` when it is done, or `{"error": "..."}` when it cannot be. The end of the input ends the
traffic.
"""

import asyncio
import json
import sys
from collections.abc import Callable

from e2e.demo.traffic.playlist import Playlist
from e2e.demo.traffic.rows import read_rows
from e2e.demo.traffic.segment import Segment


class Commands:
    """Carries out one command after the other."""

    def __init__(self, playlist: Playlist, write: Callable[[], None]) -> None:
        self._playlist = playlist
        self._write = write

    async def follow(self) -> None:
        """Follow the standard input until its end."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        try:
            while line := await reader.readline():
                sys.stdout.write(json.dumps(await self.carry_out(line)) + "\n")
                sys.stdout.flush()
        finally:
            transport.close()

    async def carry_out(self, line: bytes) -> dict[str, str]:
        """Do what a line says; returns the answer."""
        try:
            raw = json.loads(line)
            command = raw["command"]
            if command == "write":
                self._write()
            elif command in ("play", "append"):
                await self._load(command, Segment.model_validate(raw["segment"]))
            else:
                raise ValueError(f"no such command: {command}")
        except (ValueError, KeyError, TypeError, OSError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"done": command}

    async def _load(self, command: str, segment: Segment) -> None:
        # in a thread: what plays now is not to wait for the file
        rows = await asyncio.to_thread(read_rows, segment.rows)
        if command == "play":
            self._playlist.play(segment, rows)
        else:
            self._playlist.append(segment, rows)
