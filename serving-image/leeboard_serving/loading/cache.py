"""A folder that pods share, with the bytes of versions by their digest.

Nothing in it is believed: what is taken is hashed on the way, and what is not what its name says is removed. So a
writer needs no lock: it writes under a name of its own and renames, and whoever is last replaces bytes by the same
bytes. Nothing here keeps a pod from serving: where the folder cannot be used, it goes on without.
"""

import hashlib
import logging
import os
import stat
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from leeboard.storage.digests import PIECE, copy_digest

LOG = logging.getLogger("leeboard.serving.cache")
IN_USE = 3600
"""Seconds since its last use within which an entry is not evicted: far longer than a file is copied, and than the
clocks of nodes that share a volume differ."""
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""Neither a link nor a pipe, which another pod could have put there, is followed or waited for."""


@dataclass(frozen=True)
class _Entry:
    path: Path
    bytes: int
    used: float


class Cache:
    """The bytes below `root`, `most` of them; `now` is in seconds since 1970, as file systems have it."""

    def __init__(self, root: Path, most: int, now: Callable[[], float] = time.time) -> None:
        self._entries, self._incoming = root / "v1" / "sha256", root / "v1" / "incoming"
        self._most, self._now = most, now

    def take(self, digest: str, target: Path) -> bool:
        """Write the bytes with that digest into a file. False where they are not there, and no file is left then.

        Raises OSError where the target cannot be written.
        """
        entry = self._place(digest)
        try:
            source = _opened(entry)
        except FileNotFoundError:
            return False
        except OSError as error:  # what is no file is in the way of one
            _log("read", error)
            _remove(entry)
            return False
        with source:
            found = _copied(source, target)
        if found == digest:
            _touch(entry)
            return True
        target.unlink(missing_ok=True)
        if found is not None:
            LOG.warning("the cache has %s under the name of %s: removed", found, digest)
        _remove(entry)
        return False

    def keep(self, digest: str, source: Path) -> None:
        """Keep a verified file for the next pod, if there is room."""
        entry, part = self._place(digest), self._incoming / uuid.uuid4().hex
        try:
            if entry.exists():
                return
            self._entries.mkdir(parents=True, exist_ok=True)
            self._incoming.mkdir(exist_ok=True)
            if not self._make_room(source.stat().st_size):
                LOG.info("%s is not kept: there is no room in the cache", digest)
                return
            with source.open("rb") as given, part.open("xb") as target:
                copy_digest(given, target)
                target.flush()
                os.fsync(target.fileno())
            part.replace(entry)
            _sync(self._entries)
        except OSError as error:
            _log("written", error)
            _remove(part)

    def _make_room(self, wanted: int) -> bool:
        """Evict what was not used for longest, until so many bytes fit. False where they cannot."""
        if wanted > self._most:
            return False
        for stale in (one for one in _listed(self._incoming) if self._is_old(one)):
            _remove(stale.path)
        kept = sorted(_listed(self._entries), key=lambda one: (one.used, one.path.name))
        space = os.statvfs(self._entries)
        over = sum(one.bytes for one in kept) + wanted - self._most
        lacking = max(over, wanted - space.f_bavail * space.f_frsize)
        for entry in kept:
            if lacking <= 0:
                break
            if self._is_old(entry):
                _remove(entry.path)
                lacking -= entry.bytes
        return lacking <= 0

    def _is_old(self, entry: _Entry) -> bool:
        return self._now() - entry.used > IN_USE

    def _place(self, digest: str) -> Path:
        return self._entries / digest.removeprefix("sha256:")


def _opened(path: Path) -> BinaryIO:
    source = os.fdopen(os.open(path, _OPEN), "rb")
    if stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        return source
    source.close()
    raise OSError(f"{path.name} is no file")


def _copied(source: BinaryIO, target: Path) -> str | None:
    """The digest of what was copied; None where it cannot be read to its end. Raises OSError of the target alone."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as written:
        while True:
            try:
                piece = source.read(PIECE)
            except OSError as error:
                _log("read", error)
                return None
            if not piece:
                return "sha256:" + digest.hexdigest()
            digest.update(piece)
            written.write(piece)


def _listed(folder: Path) -> list[_Entry]:
    """What lies in a folder, without what another pod removes meanwhile."""
    found = []
    try:
        with os.scandir(folder) as listing:
            for one in listing:
                try:
                    status = one.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                found.append(_Entry(Path(one.path), status.st_size, status.st_mtime))
    except FileNotFoundError:
        return []
    return found


def _touch(entry: Path) -> None:
    """Say that it was used now. The time of the last access is kept by few file systems."""
    try:
        os.utime(entry)
    except OSError as error:  # evicted meanwhile, or read-only: it was taken all the same
        _log("written", error)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log("written", error)


def _sync(folder: Path) -> None:
    """Have the name on disk before a crash, as the bytes are."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _log(what: str, error: OSError) -> None:
    LOG.warning("the cache cannot be %s, going on without it: %s", what, error.strerror or error)
