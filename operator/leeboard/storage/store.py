"""The small interface that every kind of storage fulfils."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """One stored object: its key below the store's URI, its size in bytes, a tag that changes with its bytes, and when
    it was written, where the storage says."""

    key: str
    bytes: int
    etag: str
    modified: datetime | None = None


class Store(Protocol):
    """A folder in object storage. Keys are relative to it. Every method raises StorageError."""

    def get(self, key: str, *, most: int | None = None) -> bytes:
        """All bytes of an object. DigestMismatch once more than `most` bytes have come."""
        ...

    def read_to(self, key: str, path: Path, *, most: int | None = None) -> str:
        """Write an object into a file, in pieces; returns `sha256:…` of the bytes written.

        DigestMismatch once more than `most` bytes have come. After an error the file may hold a part of the object.
        """
        ...

    def put(self, key: str, data: bytes, *, overwrite: bool = False) -> None:
        """Store an object. StorageConflict where other bytes are there and `overwrite` is false."""
        ...

    def put_file(self, key: str, path: Path, *, overwrite: bool = False) -> None:
        """Store a file, in pieces, as `put` does."""
        ...

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """The objects whose keys begin with the prefix, sorted by key."""
        ...

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The folders right below a folder, with its name and a slash at the end, sorted; nothing below them is listed.

        `prefix` is empty or ends with a slash.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...
