"""What can go wrong with an evaluation, and how the process ends then."""

from leeboard.api.reasons import Reason

BAD_DATA, PUBLISH_FAILED, UNREACHABLE, TEMPORARY, FORBIDDEN, BAD_CONFIGURATION, FAILED = 64, 66, 69, 75, 77, 78, 70

_EXIT_CODES = {
    Reason.BAD_DATA: BAD_DATA,
    Reason.DIGEST_MISMATCH: BAD_DATA,
    Reason.SIGNATURE_MISSING: BAD_DATA,
    Reason.SIGNATURE_INVALID: BAD_DATA,
    Reason.UNSAFE_FORMAT: BAD_DATA,
    Reason.STORAGE_NOT_FOUND: BAD_DATA,
    Reason.STORAGE_CONFLICT: PUBLISH_FAILED,
    Reason.STORAGE_UNREACHABLE: UNREACHABLE,
    Reason.DISK_FULL: TEMPORARY,
    Reason.STORAGE_FORBIDDEN: FORBIDDEN,
    Reason.BAD_CONFIGURATION: BAD_CONFIGURATION,
}


class EvaluationError(Exception):
    """An evaluation that cannot be carried out, with a reason that status and Events can carry."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def exit_code(reason: Reason) -> int:
    """Only 69 is retried; a reason that is not known to be anything else is a failure of the evaluation itself."""
    return _EXIT_CODES.get(reason, FAILED)
