"""What can go wrong with object storage, as typed reasons."""

from leeboard.api.reasons import Reason


class StorageError(Exception):
    """A failure with a reason that status and Events can carry.

    `reason` is one of StorageNotFound, StorageForbidden, StorageUnreachable, StorageConflict, DigestMismatch, BadData
    and BadConfiguration.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
