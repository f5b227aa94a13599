"""A real web server that webhooks are sent to, and that answers as a test asks for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from e2e.cluster.control_plane import LOOPBACK
from tests.support.web_server import place_of, serving


@dataclass(frozen=True)
class Post:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebhookReceiver:
    """Where it listens, what came, and how it answers: with a status, once `may_answer` is set, with a body."""

    address: str = ""
    posts: list[Post] = field(default_factory=list)
    status: int = 204
    may_answer: threading.Event = field(default_factory=threading.Event)
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, receiver: WebhookReceiver, **more: Any) -> None:
        self.receiver = receiver
        super().__init__(*args, **more)

    def do_POST(self) -> None:
        receiver = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.posts.append(Post(self.path, {key.lower(): value for key, value in self.headers.items()}, body))
        receiver.may_answer.wait()
        self.send_response(receiver.status)
        for name, value in receiver.headers.items():
            self.send_header(name, value)
        if not receiver.endless:
            self.send_header("Content-Length", "0")
        self.end_headers()
        while receiver.endless:
            self.wfile.write(b"x" * 65536)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        """What came is kept in `posts`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A caller that goes away in the midst of an answer is what some tests are about."""


@contextmanager
def webhook_receiver(certificates: Path | None = None) -> Iterator[WebhookReceiver]:
    """Listens as long as the context; by https, with the authority `ca.crt` in `certificates`."""
    receiver = WebhookReceiver()
    receiver.may_answer.set()
    server = _Server((LOOPBACK, 0), partial(_Handler, receiver=receiver))
    receiver.address = place_of(server, certificates)
    with serving(server, certificates):
        try:
            yield receiver
        finally:
            receiver.may_answer.set()
