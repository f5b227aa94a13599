"""Files on their way to object storage: kept in a folder, so that a container that was restarted finds them again."""

import logging
import re
import threading
from collections import Counter
from pathlib import Path

from leeboard_serving.exporter.window import requests_told

LOG = logging.getLogger("leeboard.serving.exporter")
SHARES = {"windows": 0.16, "ledger": 0.48, "feedback": 0.16, "requests": 0.2, "pairs": 0.1}
"""Of the bytes that may be kept; pairs have a tenth on top. What one kind has too much of costs the others nothing."""
REFUSED_WHEN_FULL = "feedback"
"""Labels that were accepted are never dropped to make room; no new ones are accepted instead."""
BLOCK = 4096
"""Bytes of a file system's block: what a small file takes."""
_PART = ".part"
_KEY = re.compile(r"(windows|ledger|feedback|requests|pairs)/[^/]+/(\d{1,16})-\d{1,16}\.(?:[a-z]+\.gz|parquet)")


class Outbox:
    """Files by the key they shall have in storage, oldest first. Threads may share it.

    `dropped` counts, by kind, the files that had to make room or could not be kept. What windows among them told of is
    kept, so that the next window can say that it is missing.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most = {kind: int(share * most_bytes) for kind, share in SHARES.items()}
        self._sizes: dict[str, int] = {}
        self._lock = threading.Lock()
        self._lost_requests = 0
        self.dropped: Counter[str] = Counter()
        folder.mkdir(parents=True, exist_ok=True)
        self._find()

    def add(self, key: str, data: bytes) -> None:
        """Keep a file. The oldest of its kind are dropped where they leave no room."""
        kind = _kind(key)
        try:
            self._write(key, data)
        except OSError as error:
            LOG.error("%s is lost, it cannot be kept: %s", key, error)
            self.lose(key)
            with self._lock:
                self._lost_requests += _requests_in(key, data)
            return
        with self._lock:
            self._sizes[key] = _size(len(data))
            if kind != REFUSED_WHEN_FULL:
                self._make_room(kind)

    def lose(self, key: str) -> None:
        """Count a file that could not be made."""
        with self._lock:
            self.dropped[_kind(key)] += 1

    def take_lost_requests(self) -> int:
        """How many requests the windows told of that were lost since this was last asked."""
        with self._lock:
            lost, self._lost_requests = self._lost_requests, 0
        return lost

    def pending(self) -> list[str]:
        """The keys, oldest first."""
        with self._lock:
            return sorted(self._sizes, key=_age)

    def read(self, key: str) -> bytes | None:
        """A file's bytes, or None where it is gone. Raises OSError."""
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            with self._lock:
                if self._sizes.pop(key, None) is not None:  # it did not make room: somebody else removed it
                    self.dropped[_kind(key)] += 1
                    LOG.error("%s is lost, it is no longer there", key)
            return None

    def remove(self, key: str) -> None:
        """Forget a file that is in storage now. Raises OSError."""
        with self._lock:
            self._forget(key)

    def is_full(self, kind: str) -> bool:
        """Whether nothing more of a kind can be kept without dropping some."""
        return self.bytes_of(kind) >= self._most[kind]

    def bytes_of(self, kind: str) -> int:
        """What the files of a kind take."""
        with self._lock:
            return sum(size for key, size in self._sizes.items() if _kind(key) == kind)

    def _write(self, key: str, data: bytes) -> None:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + _PART)
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _make_room(self, kind: str) -> None:
        keys = sorted((key for key in self._sizes if _kind(key) == kind), key=_age)
        excess = sum(self._sizes[key] for key in keys) - self._most[kind]
        for key in keys:
            if excess <= 0:
                return
            excess -= self._sizes[key]
            self._count_lost(key)
            self._forget(key)
            self.dropped[kind] += 1
            LOG.warning("%s is dropped to make room", key)

    def _count_lost(self, key: str) -> None:
        try:
            self._lost_requests += _requests_in(key, (self._folder / key).read_bytes())
        except OSError as error:
            LOG.warning("what %s told of is not known: %s", key, error)

    def _forget(self, key: str) -> None:
        self._sizes.pop(key, None)
        (self._folder / key).unlink(missing_ok=True)

    def _find(self) -> None:
        """What the container before this one left; a file that it did not finish is removed."""
        for path in sorted(self._folder.rglob("*")):
            key = path.relative_to(self._folder).as_posix()
            if path.is_file() and _KEY.fullmatch(key):
                self._sizes[key] = _size(path.stat().st_size)
            elif path.name.endswith(_PART):
                path.unlink()


def _requests_in(key: str, data: bytes) -> int:
    """Of a window; 0 of other files, and of one that a disk has spoilt."""
    if _kind(key) != "windows":
        return 0
    try:
        return requests_told(data)
    except ValueError as error:
        LOG.warning("what %s told of is not known: %s", key, error)
        return 0


def _kind(key: str) -> str:
    return key.partition("/")[0]


def _age(key: str) -> tuple[int, str]:
    """What files are sorted by: the beginning of their span."""
    found = _KEY.fullmatch(key)
    return (int(found[2]) if found else 0, key)


def _size(length: int) -> int:
    return -(-max(length, 1) // BLOCK) * BLOCK
