"""What one connection may ask of the server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bytes, counts and seconds.

    `head` is of a request's fields, `streams` are requests under way, `all_streams` those of all
    connections, `window` what may be sent of one of them before
    it is read, `all_windows` the same of all. `patience` is how many frames that ask for nothing are read in a second;
    each answer is good for some more. After `age` a connection is told to end, so that callers spread over the pods
    that have come since, and after `age_grace` more it is closed. One that is silent for `ping` is asked whether it is
    there, and closed where no answer comes within `ping_patience`; so is one that is slower than `slow` in beginning,
    or in taking an answer.
    """

    head: int = 32 << 10
    streams: int = 256
    all_streams: int = 4096
    window: int = 1 << 20
    all_windows: int = 4 << 20
    connections: int = 4096
    patience: int = 1000
    age: float = 300.0
    age_grace: float = 60.0
    ping: float = 60.0
    ping_patience: float = 20.0
    slow: float = 30.0
