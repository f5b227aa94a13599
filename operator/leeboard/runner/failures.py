"""How the parts of a training pod end: exit codes, reasons, and the message that Kubernetes keeps of a container."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leeboard.api.reasons import Reason
from leeboard.api.termination import CONTRACT, MAXIMUM_BYTES
from leeboard.storage.errors import StorageError

BAD_DATA, RESULT_MISSING, PUBLISH_FAILED, NO_NEW_DATA = 64, 65, 66, 67
UNREACHABLE, TEMPORARY, FORBIDDEN, BAD_CONFIGURATION = 69, 75, 77, 78

_EXIT_CODES = {
    Reason.BAD_DATA: BAD_DATA,
    Reason.RESULT_MISSING: RESULT_MISSING,
    Reason.UNSAFE_FORMAT: RESULT_MISSING,
    Reason.PUBLISH_FAILED: PUBLISH_FAILED,
    Reason.STORAGE_CONFLICT: PUBLISH_FAILED,
    Reason.NO_NEW_DATA: NO_NEW_DATA,
    Reason.STORAGE_UNREACHABLE: UNREACHABLE,
    Reason.STORAGE_FORBIDDEN: FORBIDDEN,
    Reason.STORAGE_NOT_FOUND: BAD_CONFIGURATION,
    Reason.CODE_UNAVAILABLE: BAD_CONFIGURATION,
    Reason.BAD_CONFIGURATION: BAD_CONFIGURATION,
}
_LONGEST_MESSAGE = 900
"""Characters of a message; four bytes each at most, so that the whole fits into what Kubernetes keeps."""


class RunError(Exception):
    """An end of a run that is not its success. `temporary`: another attempt may go better."""

    def __init__(self, reason: Reason, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.exit_code = TEMPORARY if temporary else _EXIT_CODES[reason]

    def to_message(self, run: str) -> dict[str, Any]:
        """The termination message."""
        return {
            "contract": CONTRACT,
            "run": run,
            "reason": str(self.reason),
            "message": self.message[:_LONGEST_MESSAGE],
        }


def storage_failure(error: StorageError) -> RunError:
    """A failure of the object storage as an end of the run."""
    return RunError(error.reason if error.reason in _EXIT_CODES else Reason.PUBLISH_FAILED, error.message)


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write_termination_message(environment: Mapping[str, str], message: Mapping[str, Any]) -> None:
    """Leave the message where Kubernetes reads it. Raises ValueError where it would be cut off."""
    data = canonical(message)
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"a termination message has at most {MAXIMUM_BYTES} bytes, this one {len(data)}")
    Path(environment.get("LEEBOARD_TERMINATION_LOG", "/dev/termination-log")).write_bytes(data)


def say(part: str, text: str) -> None:
    """One line of progress in the container's log."""
    sys.stderr.write(f"{part}: {text}\n")
    sys.stderr.flush()
