"""A git server over smart HTTP: Python's HTTP server in front of ``git http-backend``.

Run as ``git_server.py ROOT ADDRESS PORT``; serves the bare repositories below ROOT for reading.
"""

import os
import socketserver
import subprocess
import sys
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BIGGEST_REQUEST = 64 * 1024 * 1024


class GitHandler(BaseHTTPRequestHandler):
    """Passes each request to git as a CGI program."""

    root = ""

    def do_GET(self) -> None:
        """What a client asks first: the references."""
        self._answer(b"")

    def do_POST(self) -> None:
        """What a client asks then: a pack."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.send_error(411, "a request needs its length")
            return
        length = int(self.headers.get("Content-Length", "0"))
        if length > BIGGEST_REQUEST:
            self.send_error(413)
            return
        self._answer(self.rfile.read(length))

    def _answer(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": self.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": self.client_address[0],
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False, timeout=300
        )
        if done.returncode != 0:
            self.log_error("git http-backend: %s", done.stderr.decode(errors="replace"))
            self.send_error(500)
            return
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = BytesParser().parsebytes(head + b"\r\n\r\n")
        self.send_response(int((headers.get("Status") or "200").split()[0]))
        for name, value in headers.items():
            if name.lower() != "status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class GitServer(ThreadingHTTPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking DNS for the host's own name, which takes seconds where nothing answers."""
        socketserver.TCPServer.server_bind(self)


def main() -> None:
    """Serve until stopped."""
    root, address, port = sys.argv[1:]
    GitHandler.root = root
    GitServer((address, int(port)), GitHandler).serve_forever()


if __name__ == "__main__":
    main()
