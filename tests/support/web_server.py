"""A real web server over a folder, with the faults that a test asks for by the path."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from e2e.cluster.certificates import authority, signed
from e2e.cluster.control_plane import LOOPBACK

HALF = 100
"""Bytes of a truncated answer, of twice as many that it announces."""


@dataclass
class WebServer:
    """Where it listens, and the paths that it was asked for."""

    address: str
    asked: list[str] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    """`/faults/status/503/…`, `/faults/redirect/<n>/…`, `/faults/to/<address>`, `/faults/truncated/…`, …"""

    def __init__(self, *args: Any, web: WebServer, **more: Any) -> None:
        self.web = web
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        self.web.asked.append(self.path)
        _, first, *rest = unquote(self.path).split("/")
        if first != "faults":
            super().do_GET()
        else:
            getattr(self, f"_{rest[0]}")(rest[1:])

    def _status(self, rest: list[str]) -> None:
        self.send_response(int(rest[0]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _redirect(self, rest: list[str]) -> None:
        left, path = int(rest[0]), quote("/".join(rest[1:]))
        self._moved(f"/faults/redirect/{left - 1}/{path}" if left else f"/{path}")

    def _to(self, rest: list[str]) -> None:
        self._moved("/".join(rest))

    def _truncated(self, _: list[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(2 * HALF))
        self.end_headers()
        self.wfile.write(b"x" * HALF)
        self.close_connection = True

    def _endless(self, _: list[str]) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except ConnectionError:
            self.close_connection = True

    def _reset(self, _: list[str]) -> None:
        # what is not read when the socket is closed makes the kernel send a reset
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()
        self.close_connection = True

    def _moved(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """What was asked is kept in `asked`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A caller that goes away in the midst of an answer is what some tests are about."""


def place_of(server: HTTPServer, certificates: Path | None) -> str:
    """Where a server is reached: by https where it has certificates."""
    return f"{'https' if certificates else 'http'}://{LOOPBACK}:{server.server_port}"


@contextmanager
def serving(server: HTTPServer, certificates: Path | None) -> Iterator[None]:
    """Answers as long as the context; by https, with the authority `ca.crt` in `certificates`."""
    if certificates is not None:
        own = signed(certificates, authority(certificates), "web", common_name="web", names=(f"IP:{LOOPBACK}",))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate, own.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def web_server(folder: Path, certificates: Path | None = None) -> Iterator[WebServer]:
    """Serves the folder as long as the context; by https, with the authority `ca.crt` in `certificates`."""
    web = WebServer("")
    server = _Server((LOOPBACK, 0), partial(_Handler, directory=str(folder), web=web))
    web.address = place_of(server, certificates)
    with serving(server, certificates):
        yield web
