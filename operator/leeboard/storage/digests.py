"""SHA-256 digests as they stand in every contract: `sha256:` and 64 hexadecimal digits."""

import hashlib
from pathlib import Path
from typing import BinaryIO

PIECE = 1 << 20
"""Bytes that are held in memory at a time."""


def digest_of(data: bytes) -> str:
    """The digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> str:
    """The digest of a file, read in pieces."""
    with path.open("rb") as source:
        return copy_digest(source, None)


def copy_digest(source: BinaryIO, target: BinaryIO | None) -> str:
    """The digest of what is read, written to `target` on the way."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
        if target is not None:
            target.write(piece)
    return "sha256:" + digest.hexdigest()
