"""A real proxy process before a server: Leeboard's own, or one whose every byte a test decides."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.unit.serving.server.calling import free_port
from tests.unit.serving.server.running import POSITIVE, TASK, Exporter, Server, lay_out, start

MODEL, VERSION = "late-flights", "late-flights-1a2b3c4d"
INFER = f"/v2/models/{MODEL}/infer"


@dataclass
class Proxy:
    """The process."""

    process: subprocess.Popen
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return (self.folder / "proxy-log").read_text()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def say(self, data: bytes, silence: float = 1.0) -> bytes:
        """All that comes back to some bytes, until the proxy or so many seconds of silence end it."""
        with self.connect() as connection:
            connection.sendall(data)
            return heard(connection, silence)

    def readiness(self) -> httpx.Response:
        return httpx.get(f"{self.url}/v2/health/ready", timeout=10)

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.readiness().status_code != 200:
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


def heard(connection: socket.socket, silence: float = 1.0) -> bytes:
    """What comes over a connection until its end, or until nothing has come for so many seconds."""
    connection.settimeout(silence)
    found = b""
    with contextlib.suppress(TimeoutError):
        while part := connection.recv(1 << 20):
            found += part
    return found


@contextmanager
def proxying(folder: Path, target: str, **environment: str) -> Iterator[Proxy]:
    """A proxy before a server, once it listens. `folder` has the volume and the exporter's socket."""
    port = free_port()
    values = {
        "LEEBOARD_MODEL": MODEL,
        "LEEBOARD_VERSION": VERSION,
        "LEEBOARD_TASK": TASK,
        "LEEBOARD_SCORE_OUTPUT": "probability",
        "LEEBOARD_POSITIVE_CLASS": POSITIVE,
        "LEEBOARD_MODEL_FOLDER": str(folder / "volume"),
        "LEEBOARD_RUN_FOLDER": str(folder),
        "LEEBOARD_TERMINATION_LOG": str(folder / "proxy-termination"),
        "LEEBOARD_PORT": str(port),
        "LEEBOARD_HOST": "127.0.0.1",
        "LEEBOARD_PROXY_TARGET": target,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with (folder / "proxy-log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "leeboard_serving.proxy"], env=os.environ | values | environment, stderr=log
        )
    proxy = Proxy(process, port, folder)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                proxy.connect().close()
                break
            assert process.poll() is None, proxy.log()
            assert time.monotonic() < deadline, proxy.log()
            time.sleep(0.05)
        yield proxy
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextmanager
def before_ours(folder: Path, model, **environment: str) -> Iterator[tuple[Proxy, Server, Exporter]]:
    """A proxy before Leeboard's own server, which tells nobody of what it answers."""
    lay_out(folder / "volume", model)
    (folder / "silent").mkdir()
    exporter = Exporter(folder / "observe.sock")
    server = start(folder, LEEBOARD_RUN_FOLDER=str(folder / "silent"))
    try:
        with proxying(folder, server.url, **environment) as proxy:
            proxy.wait_ready()
            yield proxy, server, exporter
    finally:
        server.process.kill()
        server.process.wait()
        exporter.close()


@dataclass
class Scripted:
    """A server whose connections a function serves, each in a thread; `heads` are the heads that came."""

    serve: Callable[[socket.socket, Scripted], None]
    heads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def request(self, connection: socket.socket) -> bytes | None:
        """The body of the next request, whose head is kept; None at the end. Bodies in chunks are left as they come."""
        found = b""
        while b"\r\n\r\n" not in found:
            part = connection.recv(65536)
            if not part:
                return None
            found += part
        head, _, body = found.partition(b"\r\n\r\n")
        self.heads.append(head)
        lines = {
            name.strip().lower(): value.strip() for name, _, value in (x.partition(b":") for x in head.split(b"\r\n"))
        }
        if b"transfer-encoding" in lines:
            while not body.endswith(b"0\r\n\r\n"):
                body += connection.recv(65536)
            return body
        while len(body) < int(lines.get(b"content-length", b"0")):
            body += connection.recv(65536)
        return body

    def become(self, serve: Callable[[socket.socket, Scripted], None]) -> None:
        """Be another server, on the same port."""
        self.serve = serve
        self.heads.clear()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.serve(connection, self)

    def close(self) -> None:
        self._socket.close()


def answering(*answers: bytes) -> Callable[[socket.socket, Scripted], None]:
    """Serve every connection with these answers, one for each request, and the last for all that follow."""

    def serve(connection: socket.socket, scripted: Scripted) -> None:
        position = 0
        while scripted.request(connection) is not None:
            connection.sendall(answers[min(position, len(answers) - 1)])
            position += 1

    return serve


def answer(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    """An answer of that body."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
