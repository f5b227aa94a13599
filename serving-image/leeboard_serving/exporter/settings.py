"""The exporter's configuration, from its environment."""

import math
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from leeboard.api.reasons import Reason
from leeboard.api.request_log import RequestLogging
from leeboard_serving.environment import Served, request_logging, required
from leeboard_serving.failures import ServingError

METRICS_PORT, FEEDBACK_PORT = 9090, 8081
OUTBOX_BYTES = 200 << 20
"""Of the 256 MiB that a pod has at /tmp."""
SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.1, 86_400.0
_POD = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Settings:
    """`uri` is where the observations of the version lie; `interval` is how often they are written, in seconds.

    `outbox` is the folder of what could not be written yet, of `outbox_bytes` at most. `tokens` is the file with the
    tokens of /feedback, None where whoever reaches it may send labels; `logging` says which rows of requests are
    stored, None for none. `challengers` is where all of them are reached, None where each has its Service.
    """

    model: str
    version: str
    pod: str
    uri: str
    interval: float
    metrics_port: int
    feedback_port: int
    outbox: Path
    outbox_bytes: int
    tokens: Path | None = None
    logging: RequestLogging | None = None
    task: str = "BinaryClassification"
    score_output: str = "probability"
    challengers: tuple[str, int] | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read it. Raises ServingError (BadConfiguration) that names the variable.

        LEEBOARD_METRICS_PORT, LEEBOARD_FEEDBACK_PORT, LEEBOARD_OUTBOX_FOLDER, LEEBOARD_OUTBOX_BYTES and
        LEEBOARD_CHALLENGER_PORT (of this machine) are for tests; pods have the defaults.
        """
        served = Served.of(environment)
        pod = required(environment, "LEEBOARD_POD")
        if not _POD.fullmatch(pod) or ".." in pod:
            raise ServingError(Reason.BAD_CONFIGURATION, f"LEEBOARD_POD is no name of a pod: {pod!r}")
        folder, tokens = environment.get("LEEBOARD_OUTBOX_FOLDER"), environment.get("LEEBOARD_FEEDBACK_TOKENS")
        return cls(
            model=served.model,
            version=served.version,
            pod=pod,
            uri=required(environment, "LEEBOARD_OBSERVATIONS_URI"),
            interval=_interval(required(environment, "LEEBOARD_FLUSH_INTERVAL")),
            metrics_port=_number(environment, "LEEBOARD_METRICS_PORT", METRICS_PORT, most=65535),
            feedback_port=_number(environment, "LEEBOARD_FEEDBACK_PORT", FEEDBACK_PORT, most=65535),
            outbox=Path(folder) if folder else Path(tempfile.gettempdir()) / "outbox",
            outbox_bytes=_number(environment, "LEEBOARD_OUTBOX_BYTES", OUTBOX_BYTES, most=1 << 40),
            tokens=Path(tokens) if tokens else None,
            logging=request_logging(environment),
            task=served.task,
            score_output=served.score_output,
            challengers=("127.0.0.1", _number(environment, "LEEBOARD_CHALLENGER_PORT", 1, most=65535))
            if environment.get("LEEBOARD_CHALLENGER_PORT")
            else None,
        )


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        allowed = f"{SHORTEST_INTERVAL:g} to {LONGEST_INTERVAL:g} seconds"
        raise ServingError(Reason.BAD_CONFIGURATION, f"LEEBOARD_FLUSH_INTERVAL is not {allowed}: {text!r}")
    return seconds


def _number(environment: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise ServingError(Reason.BAD_CONFIGURATION, f"{name} is not 1 to {most}: {text!r}")
    return int(text)
