"""Says in words of our own why a server could not be read: libraries' texts may hold addresses with credentials."""

import socket
import ssl
from collections.abc import Callable, Iterator

from urllib3 import exceptions as urllib3


def ended_early(came: int, announced: int) -> str:
    """What is said of an answer of so many bytes."""
    return f"the answer ended after {came} of {announced} bytes"


def _incomplete(error: BaseException) -> str:
    came, missing = getattr(error, "partial", None), getattr(error, "expected", None)
    if not isinstance(came, int) or not isinstance(missing, int):
        return "the answer ended early"
    return ended_early(came, came + missing)


def _verification(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "")) or "it could not be verified"


_FACTS: tuple[tuple[type[BaseException], Callable[[BaseException], str]], ...] = (
    (urllib3.IncompleteRead, _incomplete),
    (urllib3.NameResolutionError, lambda _: "its name cannot be resolved"),
    (socket.gaierror, lambda _: "its name cannot be resolved"),
    (ssl.SSLCertVerificationError, lambda error: f"its certificate is not trusted: {_verification(error)}"),
    (ssl.SSLError, lambda _: "no TLS connection"),
    (ConnectionRefusedError, lambda _: "connection refused"),
    (ConnectionResetError, lambda _: "connection reset"),
    (urllib3.NewConnectionError, lambda _: "no connection"),
    (urllib3.ConnectTimeoutError, lambda _: "no connection in time"),
    (urllib3.ReadTimeoutError, lambda _: "no answer in time"),
    (TimeoutError, lambda _: "no answer in time"),
)
"""The most telling first; to urllib3 every failed connection is one that timed out, too."""


def fact(error: BaseException) -> str:
    """What happened; the error's class where it is none that is known."""
    chain = list(_causes(error))
    for kind, said in _FACTS:
        found = next((one for one in chain if isinstance(one, kind)), None)
        if found is not None:
            return said(found)
    return type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and whatever it came from; urllib3 and botocore keep that in attributes of their own."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        kept = getattr(one, "kwargs", None)
        said = kept.get("error") if isinstance(kept, dict) else None
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), said, *one.args)
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]
