"""The manifest of an artefact: every file with its digest, in one canonical form whose digest names the artefact."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from leeboard.api.reasons import Reason
from leeboard.storage.digests import digest_of, digest_of_file
from leeboard.storage.errors import StorageError

MOST_FILES = 10_000
LARGEST_MANIFEST = 4 << 20


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
        """Read a manifest. Raises ValueError where it is not one, or a path leads out of its folder."""
        if len(data) > LARGEST_MANIFEST:
            raise ValueError(f"a manifest has at most {LARGEST_MANIFEST} bytes")
        document = json.loads(data)
        try:
            files = [ManifestFile(str(f["path"]), str(f["digest"]), int(f["bytes"])) for f in document["files"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a manifest: {error!r}") from error
        for file in files:
            path = PurePosixPath(file.path)
            if path.is_absolute() or ".." in path.parts or not path.parts:
                raise ValueError(f"the path {file.path!r} leads out of the artefact")
        return cls(_sorted(files))

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


def _file(directory: Path, path: Path) -> ManifestFile:
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link; an artefact holds files only")
    return ManifestFile(path.relative_to(directory).as_posix(), digest_of_file(path), path.stat().st_size)


def _sorted(files: Iterable[ManifestFile]) -> tuple[ManifestFile, ...]:
    return tuple(sorted(files))
