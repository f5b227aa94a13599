"""The manifest of an artefact: every file with its digest, in one canonical form whose digest names the artefact."""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from leeboard.api.reasons import Reason
from leeboard.storage.digests import digest_of, digest_of_file
from leeboard.storage.errors import StorageError

MOST_FILES = 10_000
LARGEST_MANIFEST = 4 << 20
LONGEST_PATH, LONGEST_NAME = 1024, 255
"""Bytes in UTF-8, what file systems take."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, order=True)
class ManifestFile:
    """One file: its path below the artefact's folder, its digest, its size in bytes."""

    path: str
    digest: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """The files of an artefact, sorted by path."""

    files: tuple[ManifestFile, ...]

    @classmethod
    def of_directory(cls, directory: Path) -> Self:
        """Hash every file of a folder. Raises ValueError for links, which lead elsewhere, and for too many files."""
        paths = sorted(path for path in directory.rglob("*") if path.is_symlink() or path.is_file())
        if len(paths) > MOST_FILES:
            raise ValueError(f"{len(paths)} files; an artefact has at most {MOST_FILES}")
        return cls(_sorted(_file(directory, path) for path in paths))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a manifest.

        Raises ValueError where it is not one, where a path leads out of its folder or cannot be kept everywhere, and
        where two paths are the same to a file system that does not tell `A` from `a`.
        """
        if len(data) > LARGEST_MANIFEST:
            raise ValueError(f"a manifest has at most {LARGEST_MANIFEST} bytes")
        try:
            document = json.loads(data)
            files = [ManifestFile(str(f["path"]), str(f["digest"]), int(f["bytes"])) for f in document["files"]]
        except (KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a manifest: {error!r}"[:200]) from error
        if len(files) > MOST_FILES:
            raise ValueError(f"{len(files)} files; an artefact has at most {MOST_FILES}")
        for file in files:
            _check(file)
        _tell_apart(file.path for file in files)
        return cls(_sorted(files))

    @classmethod
    def registered(cls, data: bytes, digest: str, most: int | None = None) -> Self:
        """The manifest in bytes that have to have this digest; its files have `most` bytes together at most.

        Raises StorageError: DigestMismatch, and BadData where what was registered is no manifest.
        """
        found = digest_of(data)
        if found != digest:
            raise StorageError(Reason.DIGEST_MISMATCH, f"manifest.json is {found}, registered as {digest}")
        try:
            manifest = cls.parse(data)
        except ValueError as error:
            raise StorageError(Reason.BAD_DATA, f"manifest.json is no manifest: {error}"[:400]) from error
        if most is not None and manifest.bytes > most:
            text = f"manifest.json names {manifest.bytes} bytes, registered are {most}"
            raise StorageError(Reason.DIGEST_MISMATCH, text)
        return manifest

    def to_bytes(self) -> bytes:
        """The canonical form: sorted keys, no spaces, UTF-8."""
        files = [{"bytes": f.bytes, "digest": f.digest, "path": f.path} for f in self.files]
        text = json.dumps({"files": files}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    @property
    def digest(self) -> str:
        """The artefact's digest."""
        return digest_of(self.to_bytes())

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    def verify(self, directory: Path) -> None:
        """Compare a folder with the manifest. Raises StorageError (DigestMismatch) that names the first difference."""
        found = {file.path: file for file in Manifest.of_directory(directory).files}
        for file in self.files:
            other = found.pop(file.path, None)
            if other is None:
                raise StorageError(Reason.DIGEST_MISMATCH, f"{file.path} is missing")
            if other != file:
                raise StorageError(
                    Reason.DIGEST_MISMATCH, f"{file.path} is {other.digest}, registered as {file.digest}"
                )
        if found:
            raise StorageError(Reason.DIGEST_MISMATCH, f"{min(found)} is not in the manifest")


def _check(file: ManifestFile) -> None:
    path = PurePosixPath(file.path)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"the path {file.path!r} leads out of the artefact")
    odd = "\\" in file.path or any(unicodedata.category(one) in {"Cc", "Cs"} for one in file.path)
    # a surrogate is odd already, and has no bytes
    too_long = not odd and (_size(file.path) > LONGEST_PATH or max(map(_size, path.parts)) > LONGEST_NAME)
    if odd or too_long or path.as_posix() != file.path:
        raise ValueError(f"the path {file.path[:100]!r} is no plain path")
    if not _DIGEST.fullmatch(file.digest) or file.bytes < 0:
        raise ValueError(f"{file.path[:100]!r} has no digest or size that can be")


def _tell_apart(paths: Iterable[str]) -> None:
    """Raises ValueError where two files, or a file and a folder, would lie at one place."""
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for path in paths:
        plain = unicodedata.normalize("NFC", path).casefold()
        if plain in seen:
            raise ValueError(f"{path[:100]!r} and {seen[plain][:100]!r} are one place where case does not count")
        seen[plain] = path
        folders.update(parent.as_posix() for parent in PurePosixPath(plain).parents)
    both = folders & seen.keys()
    if both:
        raise ValueError(f"{min(both)[:100]!r} is a file and a folder")


def _size(name: str) -> int:
    return len(name.encode())


def _file(directory: Path, path: Path) -> ManifestFile:
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link; an artefact holds files only")
    return ManifestFile(path.relative_to(directory).as_posix(), digest_of_file(path), path.stat().st_size)


def _sorted(files: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
    return tuple(sorted(files))
