"""The proxy's configuration, from its environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from leeboard.api.reasons import Reason
from leeboard_serving.environment import Served, required
from leeboard_serving.failures import ServingError
from leeboard_serving.server.http.limits import Limits

HTTP_PORT = 8080
LARGEST_COPY = 16 << 20
"""Bytes of one body, packed or unpacked, that is still read."""
COPIES = 64 << 20
"""Bytes of all bodies that are kept to be read."""
_WHOLE = Limits(body=1 << 62)
"""A body that goes on in parts needs no bound."""


@dataclass(frozen=True)
class Settings:
    """`target` is the server's address: host and port. `deadline` is how long it may be silent, in seconds;
    `tolerance` is how far its answers to the golden samples may be off, where that is not what the samples say.

    `connections` are those to the server, at most; `idle` is how long one may rest before it is closed, in seconds:
    less than servers wait, so that both ends seldom meet.
    """

    served: Served
    host: str
    port: int
    target: tuple[str, int]
    tolerance: float | None = None
    deadline: float = 60.0
    connect: float = 2.0
    connections: int = 1024
    idle: float = 3.0
    limits: Limits = _WHOLE
    largest_copy: int = LARGEST_COPY
    copies: int = COPIES

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read it. Raises ServingError (BadConfiguration) that names the variable.

        LEEBOARD_PORT, LEEBOARD_HOST, LEEBOARD_LARGEST_COPY and LEEBOARD_COPIES are for tests; pods have the defaults.
        """
        return cls(
            served=Served.of(environment),
            host=environment.get("LEEBOARD_HOST") or "0.0.0.0",
            port=_number(environment, "LEEBOARD_PORT", HTTP_PORT, 65535),
            target=_target(required(environment, "LEEBOARD_PROXY_TARGET")),
            tolerance=_tolerance(environment),
            deadline=_number(environment, "LEEBOARD_DEADLINE_MS", 60_000, 3_600_000) / 1000,
            largest_copy=_number(environment, "LEEBOARD_LARGEST_COPY", LARGEST_COPY, 1 << 30),
            copies=_number(environment, "LEEBOARD_COPIES", COPIES, 1 << 32),
        )


def _tolerance(environment: Mapping[str, str]) -> float | None:
    """LEEBOARD_GOLDEN_TOLERANCE, absolute; None where the samples' own holds."""
    text = environment.get("LEEBOARD_GOLDEN_TOLERANCE")
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise ServingError(Reason.BAD_CONFIGURATION, f"LEEBOARD_GOLDEN_TOLERANCE is no number from 0: {text[:64]!r}")
    return found


def _target(text: str) -> tuple[str, int]:
    try:
        found = urlsplit(text)
        port, host = found.port, found.hostname
    except ValueError:
        port, host = None, None
    plain = found.scheme == "http" and found.path in ("", "/") if host else False
    if not plain or host is None or not port:
        raise ServingError(Reason.BAD_CONFIGURATION, f"LEEBOARD_PROXY_TARGET is not http://host:port: {text[:128]!r}")
    return host, port


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise ServingError(Reason.BAD_CONFIGURATION, f"{name} is not 0 to {most}: {text[:64]!r}")
    return int(text)
