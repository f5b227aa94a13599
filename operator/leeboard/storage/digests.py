"""SHA-256 digests as they stand in every contract: `sha256:` and 64 hexadecimal digits."""

import hashlib
from pathlib import Path
from typing import BinaryIO, Protocol

from leeboard.api.reasons import Reason
from leeboard.storage.errors import StorageError

PIECE = 1 << 20
"""Bytes that are held in memory at a time."""


def digest_of(data: bytes) -> str:
    """The digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> str:
    """The digest of a file, read in pieces."""
    with path.open("rb") as source:
        return copy_digest(source, None)


class Readable(Protocol):
    """Whatever gives bytes in pieces: a file, or the body of an answer."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def copy_digest(source: Readable, target: BinaryIO | None, *, most: int | None = None, name: str = "the source") -> str:
    """The digest of what is read, written to `target` on the way.

    Raises StorageError (DigestMismatch) once more than `most` bytes have come: they are not what was registered.
    """
    digest, count = hashlib.sha256(), 0
    while piece := source.read(PIECE):
        count += len(piece)
        if most is not None and count > most:
            raise more_than(most, name)
        digest.update(piece)
        if target is not None:
            target.write(piece)
    return "sha256:" + digest.hexdigest()


def read_whole(source: Readable, *, most: int | None = None, name: str = "the source") -> bytes:
    """All bytes of a source, in memory. Raises StorageError (DigestMismatch) once more than `most` have come."""
    pieces, count = [], 0
    while piece := source.read(PIECE):
        count += len(piece)
        if most is not None and count > most:
            raise more_than(most, name)
        pieces.append(piece)
    return b"".join(pieces)


def more_than(most: int, name: str) -> StorageError:
    """What is said of a source that has more bytes than it may have."""
    return StorageError(Reason.DIGEST_MISMATCH, f"{name}: more than {most} bytes came; at most {most} were expected")
