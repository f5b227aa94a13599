"""The server's configuration, from its environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from leeboard.api.reasons import Reason
from leeboard_serving.failures import ServingError
from leeboard_serving.server.http.limits import Limits

HTTP_PORT, GRPC_PORT = 8080, 8082
MOST_WORKERS = 32
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True)
class Settings:
    """`workers` are processes with the model, `threads` those that each computes with, `most_waiting` requests of one
    of them, `longest_wait` and `deadline` seconds: of the queue before a request is refused at once, and of a request
    before it is given up.

    `control` allows callers to load and unload the model, which takes the pod out of its Service. `access_log` asks
    for a line about every request.
    """

    port: int
    grpc_port: int
    host: str
    workers: int
    threads: int
    most_waiting: int
    longest_wait: float
    deadline: float
    limits: Limits
    control: bool
    access_log: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read it. Raises ServingError (BadConfiguration) that names the variable.

        LEEBOARD_PORT, LEEBOARD_GRPC_PORT (0: none) and LEEBOARD_HOST are for tests; pods have the defaults.
        """
        body = _number(environment, "LEEBOARD_LARGEST_REQUEST", 16 << 20, 1 << 30)
        cores = quota()
        workers = _number(environment, "LEEBOARD_WORKERS", 0, MOST_WORKERS) or cores
        return cls(
            port=_number(environment, "LEEBOARD_PORT", HTTP_PORT, 65535),
            grpc_port=_number(environment, "LEEBOARD_GRPC_PORT", GRPC_PORT, 65535),
            host=environment.get("LEEBOARD_HOST") or "0.0.0.0",
            workers=workers,
            threads=max(1, cores // workers),
            most_waiting=_number(environment, "LEEBOARD_MOST_WAITING", 1024, 1 << 20),
            longest_wait=_number(environment, "LEEBOARD_LONGEST_WAIT_MS", 2_000, 600_000) / 1000,
            deadline=_number(environment, "LEEBOARD_DEADLINE_MS", 10_000, 600_000) / 1000,
            limits=Limits(body=body),
            control=environment.get("LEEBOARD_MODEL_CONTROL", "none") == "explicit",
            access_log=_flag(environment, "LEEBOARD_ACCESS_LOG"),
        )


def quota(path: Path = _QUOTA) -> int:
    """Whole cores that the container may use, by its cgroup; 1 where it has no limit.

    Without a limit the number of the node's cores says nothing of what the pod is meant to use.
    """
    try:
        limit, period = path.read_text().split()
    except (OSError, ValueError):
        return 1
    return 1 if limit == "max" else min(MOST_WORKERS, max(1, math.floor(int(limit) / int(period))))


def _flag(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name) or "false"
    if text not in ("true", "false"):
        raise ServingError(Reason.BAD_CONFIGURATION, f"{name} is neither true nor false: {text[:64]!r}")
    return text == "true"


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise ServingError(Reason.BAD_CONFIGURATION, f"{name} is not 0 to {most}: {text[:64]!r}")
    return int(text)
