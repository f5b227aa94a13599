"""How a container of a server pod ends when it cannot go on: a reason for status and Events, and an exit code."""

import json
from collections.abc import Mapping
from pathlib import Path

from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import exit_code

LONGEST_MESSAGE = 900
"""Characters; four bytes each at most, so that the whole fits the 4,096 bytes that Kubernetes keeps."""


class ServingError(Exception):
    """What a container cannot go on with."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def end(environment: Mapping[str, str], reason: Reason, message: str) -> int:
    """Leave `{reason, message}` where Kubernetes reads it; returns the exit code.

    LEEBOARD_TERMINATION_LOG is for tests; pods have the default.
    """
    text = json.dumps({"reason": str(reason), "message": message[:LONGEST_MESSAGE]}, ensure_ascii=False)
    Path(environment.get("LEEBOARD_TERMINATION_LOG", "/dev/termination-log")).write_text(text, encoding="utf-8")
    return exit_code(reason)
