"""What a connection may ask of the server, so that no caller can use it up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bytes, counts and seconds.

    `requests` are those of one connection whose answers are still owed, `idle` is how long a connection may rest
    between two requests, `slow` how long one may take to send a request or to take an answer; a long body has a second
    more for every `slowest` bytes.
    """

    head: int = 32 << 10
    headers: int = 100
    body: int = 16 << 20
    requests: int = 32
    connections: int = 4096
    idle: float = 75.0
    slow: float = 30.0
    slowest: int = 64 << 10
