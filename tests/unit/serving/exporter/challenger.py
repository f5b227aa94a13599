"""A challenger as bad as can be, on a port of its own; good ones are real servers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

VERSION = "v2"


@dataclass
class Challenger:
    """`behave` gives the bytes of the answer to a request's JSON, or None for silence."""

    behave: Callable[[dict], bytes | None]
    port: int = 0
    requests: list[dict] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(re.search(r"\ncontent-length: (\d+)", head)[1])
                body = await reader.readexactly(length)
                asked = json.loads(body[: int(re.search(r"content-length: (\d+)", head)[1])])
                self.heads.append(head)
                self.requests.append(asked)
                answer = self.behave(asked)
                if answer is None:
                    await asyncio.sleep(3600)
                writer.write(answer)
                await writer.drain()
                if b"connection: close" in answer.lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def http(body: bytes, *, status: int = 200, version: str = VERSION, more: str = "") -> bytes:
    """An answer."""
    head = f"HTTP/1.1 {status} X\r\nx-leeboard-version: {version}\r\n{more}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def scores(values: list[float], **options: object) -> bytes:
    """Scores as JSON."""
    output = {"name": "probability", "datatype": "FP64", "shape": [len(values)], "data": values}
    return http(json.dumps({"outputs": [output]}).encode(), **options)


def rows_of(asked: dict) -> int:
    """How many rows a request has."""
    return asked["inputs"][0]["shape"][0]


def always(score: float) -> Callable[[dict], bytes]:
    """The same score for every row."""
    return lambda asked: scores([score] * rows_of(asked))


@asynccontextmanager
async def running(behave: Callable[[dict], bytes | None]):
    """On a port of this machine."""
    challenger = Challenger(behave)
    server = await asyncio.start_server(challenger.serve, "127.0.0.1", 0)
    challenger.port = server.sockets[0].getsockname()[1]
    try:
        yield challenger
    finally:
        server.close()


def binary_scores(values: list[float]) -> bytes:
    """Scores as bytes."""
    data = np.asarray(values, "<f8").tobytes()
    output = {"name": "probability", "datatype": "FP64", "shape": [len(values)]}
    text = json.dumps({"outputs": [output | {"parameters": {"binary_data_size": len(data)}}]}).encode()
    return http(text + data, more=f"inference-header-content-length: {len(text)}\r\n")
