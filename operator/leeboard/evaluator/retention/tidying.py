"""Carries out what the planner says, in one folder of object storage.

A merged file names its parts, is written first, and its parts are removed then. Whenever this ends in between, each
file counts once: readers leave out what a merged file names, and the next pass removes it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal, TypeVar

from leeboard.api.reasons import Reason
from leeboard.evaluator.file_cache import LARGEST_FILE
from leeboard.evaluator.requests import model_of
from leeboard.evaluator.retention.files import FOLDER, File, Kind, merged_key
from leeboard.evaluator.retention.merged_file import Part, merged_file, parse_head, part_of
from leeboard.evaluator.retention.planner import Keeping, found_in, plan, rows_expired
from leeboard.evaluator.windows import LARGEST
from leeboard.storage import StorageError, Store

LOG = logging.getLogger("leeboard.evaluator.retention")
MOST_AT_ONCE = 5_000
"""Files that expire, and files that are merged, in one pass."""
AT_THE_SAME_TIME = 8
"""Requests to storage, and how many are made before it is asked whether to go on."""
MOST_CONTENT = LARGEST // 4
"""Bytes of the parts of a merged file, decompressed: as documents they take some ten times of that in memory, and its
head, which is never much larger than they are, has to be readable too."""
MOST_REMEMBERED = 100_000
MOST_TRIED = 3
"""Files of a version that are asked whose they are, where the first cannot be read."""
FORGET_AFTER = timedelta(days=1)

Item = TypeVar("Item")
Outcome = Literal["compacted", "expired", "forgotten"]


class Interrupted(Exception):
    """There is no time to go on; the next pass does."""


@dataclass
class Tidying:
    """One folder. `count` is told how many files were `compacted` or `expired`, or of logged rows `forgotten`.

    `may_go_on` is asked again and again, and may take its time to answer: False ends a pass.
    """

    store: Store
    count: Callable[[Outcome, int], None]
    may_go_on: Callable[[], bool]
    _alone: set[str] = field(default_factory=set)
    _alone_since: datetime | None = None
    _parts: dict[str, frozenset[str]] = field(default_factory=dict)

    def tidy(self, keeping: Keeping, now: datetime) -> bool:
        """One pass; whether all was done that there is to do now. Blocks; raises StorageError."""
        self._forget(now)
        with ThreadPoolExecutor(AT_THE_SAME_TIME, thread_name_prefix="retention") as pool:
            try:
                return self._pass(pool, keeping, now)
            except Interrupted:
                return False

    def _pass(self, pool: ThreadPoolExecutor, keeping: Keeping, now: datetime) -> bool:
        found = found_in(self.store.list(FOLDER), keeping, now, self._alone, MOST_AT_ONCE)
        self._delete(pool, found.expired, "expired")
        is_whole = found.is_whole
        for version in sorted(found.rows):
            keys = self._rows_expired(found.rows[version], keeping, now)
            self._delete(pool, keys, "forgotten")
            is_whole &= len(keys) < MOST_AT_ONCE
        decided = plan(found, {one.key: self._parts_of(one) for one in found.beside_due()})
        self._delete(pool, [one.key for one in decided.leftover], "compacted")
        self._alone.update(one.key for one in decided.single)
        merged = [self._merge(pool, files) for files in decided.merges]
        return is_whole and all(merged)

    def _rows_expired(self, rows: Sequence[tuple[int, str]], keeping: Keeping, now: datetime) -> list[str]:
        """The folder may be of several Models: of a version's files the first that can be read says whose they are."""
        for _, key in rows[:MOST_TRIED]:
            self._wait()
            if owner := model_of(self.store.get(key, most=LARGEST_FILE)):
                return rows_expired(rows, owner, keeping, now)
        return []

    def _merge(self, pool: ThreadPoolExecutor, files: Sequence[File]) -> bool:
        """Write one file in the place of many, and remove these; whether it holds all that can be read."""
        taken, parts, is_whole = self._fitting(pool, files)
        kind = files[0].kind
        data = merged_file(kind, parts) if len(parts) > 1 else b""
        if not data or len(data) > LARGEST_FILE:
            self._alone.update(one.key for one in taken)
            return is_whole
        self._wait()
        try:
            self.store.put(merged_key(taken), data)
        except StorageError as error:
            # another release put the same parts into other bytes: they are named, and the next pass removes them
            if error.reason is not Reason.STORAGE_CONFLICT:
                raise
            return False
        self._delete(pool, [one.key for one in taken], "compacted")
        return is_whole

    def _fitting(self, pool: ThreadPoolExecutor, files: Sequence[File]) -> tuple[list[File], list[Part], bool]:
        """The first files that can be read, as many as one may hold, and whether these are all."""
        taken: list[File] = []
        parts: list[Part] = []
        size = 0
        for file, part in self._read(pool, files[0].kind, files):
            size += len(part.line)
            if taken and size > MOST_CONTENT:
                return taken, parts, False
            taken.append(file)
            parts.append(part)
        return taken, parts, True

    def _read(self, pool: ThreadPoolExecutor, kind: Kind, files: Sequence[File]) -> Iterator[tuple[File, Part]]:
        """The files that can be read. Others stay as they are, until they expire."""
        for some in _batches(files):
            self._wait()
            for file, data in zip(some, pool.map(self._data, some), strict=True):
                if data is None:
                    continue
                try:
                    yield file, part_of(kind, file.name, data)
                except ValueError as error:
                    LOG.info("%s is not merged: %s", file.key, error)
                    self._alone.add(file.key)

    def _data(self, file: File) -> bytes | None:
        try:
            return self.store.get(file.key, most=LARGEST_FILE)
        except StorageError as error:
            if error.reason is Reason.STORAGE_NOT_FOUND:
                return None
            if error.reason is Reason.DIGEST_MISMATCH:  # larger than any that is read
                self._alone.add(file.key)
                return None
            raise

    def _delete(self, pool: ThreadPoolExecutor, keys: Sequence[str], outcome: Outcome) -> None:
        for some in _batches(keys):
            self._wait()
            for _ in pool.map(self.store.delete, some):
                self.count(outcome, 1)

    def _parts_of(self, merged: File) -> frozenset[str]:
        """The names in a merged file; none where it cannot be read, so that what it may name stays."""
        if merged.key not in self._parts:
            self._wait()
            try:
                names = frozenset(parse_head(self.store.get(merged.key, most=LARGEST_FILE)).parts)
            except ValueError as error:
                LOG.warning("%s names no parts: %s", merged.key, error)
                names = frozenset()
            self._parts[merged.key] = names
        return self._parts[merged.key]

    def _wait(self) -> None:
        if not self.may_go_on():
            raise Interrupted

    def _forget(self, now: datetime) -> None:
        """What is alone is looked at again after a day: others may have come."""
        if self._alone_since is None or now - self._alone_since > FORGET_AFTER or len(self._alone) > MOST_REMEMBERED:
            self._alone_since = now
            self._alone.clear()
            self._parts.clear()


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    source = iter(items)
    while some := list(islice(source, AT_THE_SAME_TIME)):
        yield some
