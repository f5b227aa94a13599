"""The socket that callers connect to."""

from __future__ import annotations

import socket

BACKLOG = 2048


def listen(host: str, port: int, shared: bool) -> socket.socket:
    """A listening socket. A `shared` one is one of several on a port, among which the kernel spreads connections.

    Raises OSError.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
