"""Storage in a folder: on a mounted volume, and for tests."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from leeboard.api.reasons import Reason
from leeboard.storage.digests import copy_digest, digest_of_file, read_whole
from leeboard.storage.errors import StorageError
from leeboard.storage.store import Entry


class FileStore:
    """A `Store` over a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def get(self, key: str, *, most: int | None = None) -> bytes:
        """All bytes of an object."""
        with self._opened(key) as source:
            return read_whole(source, most=most, name=key)

    def read_to(self, key: str, path: Path, *, most: int | None = None) -> str:
        """Write an object into a file; returns its digest."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened(key) as source, path.open("wb") as target:
            return copy_digest(source, target, most=most, name=key)

    def put(self, key: str, data: bytes, *, overwrite: bool = False) -> None:
        """Store an object, whole or not at all."""
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{os.getpid()}")
        part.write_bytes(data)
        self._settle(part, place, overwrite=overwrite)

    def put_file(self, key: str, path: Path, *, overwrite: bool = False) -> None:
        """Store a file, whole or not at all."""
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{os.getpid()}")
        with path.open("rb") as source, part.open("wb") as target:
            copy_digest(source, target)
        self._settle(part, place, overwrite=overwrite)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """The objects whose keys begin with the prefix, sorted by key."""
        if not self._root.is_dir():
            raise StorageError(Reason.STORAGE_NOT_FOUND, f"no folder {self._root}")
        found = (path for path in self._root.rglob("*") if path.is_file() and not path.name.startswith("."))
        keyed = sorted((path.relative_to(self._root).as_posix(), path) for path in found)
        for key, path in keyed:
            if key.startswith(prefix):
                try:
                    status = path.stat()
                except FileNotFoundError:  # removed since the folder was read
                    continue
                modified = datetime.fromtimestamp(status.st_mtime, UTC)
                yield Entry(key, status.st_size, f"{status.st_mtime_ns}-{status.st_size}", modified)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The folders right below a folder; as in a bucket, none that is empty."""
        keys = (entry.key.removeprefix(prefix) for entry in self.list(prefix))
        yield from dict.fromkeys(f"{prefix}{key.partition('/')[0]}/" for key in keys if "/" in key)

    def delete(self, key: str) -> None:
        """Remove an object."""
        self._place(key).unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        place = (self._root / key).resolve()
        if not place.is_relative_to(self._root):
            raise StorageError(Reason.STORAGE_FORBIDDEN, f"{key} leads out of the store")
        return place

    def _opened(self, key: str) -> BinaryIO:
        place = self._place(key)
        try:
            # a claim may be mounted that this user may not look into
            if not place.is_file():
                raise StorageError(Reason.STORAGE_NOT_FOUND, f"no object {key} in {self._root}")
            return place.open("rb")
        except PermissionError as error:
            raise StorageError(Reason.STORAGE_FORBIDDEN, f"{key} in {self._root} may not be read") from error

    @staticmethod
    def _settle(part: Path, place: Path, *, overwrite: bool) -> None:
        """Link the finished file into its place: `link` fails where something is, so that no writer is overwritten."""
        try:
            if overwrite:
                part.replace(place)
                return
            try:
                os.link(part, place)
            except FileExistsError:
                if digest_of_file(part) != digest_of_file(place):
                    raise StorageError(Reason.STORAGE_CONFLICT, f"other bytes lie at {place.name}") from None
        finally:
            part.unlink(missing_ok=True)
