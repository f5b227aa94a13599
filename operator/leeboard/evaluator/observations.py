"""What the exporters of a Model's versions left in object storage, read once and kept while it is looked at.

Files of an hour are merged after a while (`leeboard.evaluator.retention`). What is read is the same before, while and
after they are: each file counts once, by itself or as a part of a merged one that names it.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from leeboard.api.reasons import Reason
from leeboard.evaluator.figures import figure, written
from leeboard.evaluator.file_cache import Cache, Files, Item
from leeboard.evaluator.labels import Rows, read_feedback, read_ledger
from leeboard.evaluator.observation_listing import Span, listed, milliseconds, span_of
from leeboard.evaluator.observed_tables import Tables
from leeboard.evaluator.pairs import Pairs, read_pairs
from leeboard.evaluator.requests import parse_recomputed, parse_requests, together
from leeboard.evaluator.retention.files import File, file_of, folder_of
from leeboard.evaluator.retention.merged_file import Head, parse_head, parse_parts
from leeboard.evaluator.windows import Window, parse_window, read_window
from leeboard.planning.drift.observed import LEAST_PATIENCE, MISSED_WINDOWS
from leeboard.storage import Entry, StorageError, Store

LOG = logging.getLogger("leeboard.evaluator.observations")
MOST_LEDGER_ROWS = 2_000_000
MOST_PODS = 1_000
"""That are told by name: some 45 kB of a status."""
MOST_LOGGED_VALUES = 4 << 20
"""Rows of requests times their columns: what is read at once, some 32 MB and as much again while it is sorted."""
MOST_ATTEMPTS = 3
"""Listings until none of the files that were listed is gone when it is read."""


class Seen(NamedTuple):
    """Windows of a stretch of time; how many more files of it could not be read; and beginning and end of the newest
    window that there is at all, and of the newest of every pod, in milliseconds since 1970."""

    windows: tuple[Window, ...]
    unreadable: int
    newest: Span | None
    by_pod: Mapping[str, Span] = {}

    def figures(self, since: datetime, unfit: int, until: datetime) -> dict[str, Any]:
        """`windows` and `unreadable` of `status.evaluation`; `unfit` windows were read and are on other bins.

        Of the newest window it is told when it ended, if after `since`, and how many seconds it is long; and of which
        pods (`heard`) a window came that is not late by `MISSED_WINDOWS` of them, where there are no more than
        `MOST_PODS`.
        """
        windows: dict[str, Any] = {"count": len(self.windows) + self.unreadable}
        if self.newest is not None and self.newest[1] >= milliseconds(since):
            start, end = self.newest
            windows |= {
                "newest": written(datetime.fromtimestamp(end / 1000, UTC)),
                "seconds": figure((end - start) / 1000),
            }
            if len(heard := self._heard(until)) <= MOST_PODS:
                windows["heard"] = {"since": written(until - self._patience()), "pods": heard}
        return {"windows": windows, "unreadable": self.unreadable + unfit}

    def _heard(self, until: datetime) -> list[str]:
        since = milliseconds(until - self._patience())
        return sorted(pod for pod, (_, end) in self.by_pod.items() if end >= since)

    def _patience(self) -> timedelta:
        """How late a window may be. The last one of a pod that went is a short one: the longest tells the interval."""
        longest = max((end - start for start, end in self.by_pod.values()), default=0)
        return max(LEAST_PATIENCE, MISSED_WINDOWS * timedelta(milliseconds=longest))


class Observations:
    """The observations of one Model. `store` lies at `Model.spec.storage.uri`; `count` is told of every file read.

    Models share the cache that is given.
    """

    def __init__(
        self,
        store: Store,
        *,
        task: str,
        positive_class: str,
        count: Callable[[str], None],
        cache: Cache[Any] | None = None,
    ) -> None:
        self.store = store
        kept: Cache[Any] = cache or Cache()
        self._windows: Files[Window] = Files(store, parse_window, kept, count)
        self._heads: Files[Head] = Files(store, parse_head, kept, count, size=_size_of_head)
        self._taken_apart: Files[list[tuple[str, Window]]] = Files(store, _windows_of, kept, count, size=_size_of_parts)
        read_labels = partial(read_feedback, task=task, positive_class=positive_class)
        self._ledgers = Tables(store, "ledger", read_ledger, kept, count)
        self._feedback = Tables(store, "feedback", read_labels, kept, count)
        self._pairs = Tables(store, "pairs", read_pairs, kept, count)
        self._requests: Files[pa.Table] = Files(store, parse_requests, kept, count, size=_size_of_rows)
        self._recomputed: Files[pd.DataFrame] = Files(store, parse_recomputed, kept, count, size=_size_of)

    def windows(self, version: str, since: datetime, until: datetime) -> Seen:
        """The windows that began at `since` or later and ended by `until`; many of a pod as one where they are merged.

        Raises StorageError.
        """
        first, last, folder = milliseconds(since), milliseconds(until), folder_of(version, "windows")

        def is_wanted(span: Span | None) -> bool:
            return span is not None and first <= span[0] and span[1] <= last

        found, merged = listed(self.store, folder, lambda span: span is not None and span[1] <= last)
        windows: list[Window] = []
        taken: set[str] = set()
        for file, entry in merged:
            if file.end >= first and file.start <= last:
                windows += self._of_merged(file, entry, is_wanted, taken)
        loose = [entry for entry in found if entry.key.removeprefix(folder) not in taken]
        read, unreadable = self._of_loose(folder, [entry for entry in loose if is_wanted(span_of(entry.key))])
        by_pod: dict[str, Span] = {}
        for name in (*(entry.key.removeprefix(folder) for entry in loose), *taken):
            span, pod = span_of(name), name.partition("/")[0]
            if span is not None and span[1] <= last and span[1] >= by_pod.get(pod, (0, 0))[1]:
                by_pod[pod] = span
        newest = max(by_pod.values(), key=lambda span: span[1], default=None)
        return Seen((*windows, *read), unreadable, newest, by_pod)

    def _of_loose(self, folder: str, entries: list[Entry]) -> tuple[list[Window], int]:
        """What exporters wrote, and how many of it cannot be read."""
        windows: list[Window] = []
        gone: set[str] = set()
        unreadable = 0
        for entry in entries:
            try:
                window = self._windows.get(entry)
            except StorageError as error:
                if error.reason is not Reason.STORAGE_NOT_FOUND:
                    raise
                gone.add(entry.key.removeprefix(folder))
                continue
            if window is None:
                unreadable += 1
            else:
                windows.append(window)
        return [*windows, *(self._since_merged(folder, gone) if gone else ())], unreadable

    def ledger(self, version: str, since: datetime, until: datetime | None = None) -> list[Rows]:
        """The newest predictions, from files that end at `since` or later and begin by `until`; bounded. Raises
        StorageError."""

        def newest() -> list[Rows]:
            rows: list[Rows] = []
            total = 0
            for part in self._ledgers.newest_first(version, since, until):
                rows.append(part)
                total += len(part)
                if total > MOST_LEDGER_ROWS:
                    LOG.warning("version %s: only the newest %d predictions are joined with labels", version, total)
                    break
            return rows

        return _again(newest)

    def feedback(self, versions: list[str], since: datetime) -> list[Rows]:
        """Labels that arrived at any of these versions' pods, from files that end at `since` or later."""
        return _again(lambda: [rows for one in versions for rows in self._feedback.newest_first(one, since)])

    def pairs(self, version: str, since: datetime) -> list[Pairs]:
        """The newest pairs of this champion and its challengers, from files that end at `since` or later; bounded."""

        def newest() -> list[Pairs]:
            parts: list[Pairs] = []
            total = 0
            for part in self._pairs.newest_first(version, since):
                parts.append(part)
                total += len(part.scores)
                if total > MOST_LEDGER_ROWS:
                    LOG.info("version %s: only the newest %d pairs are joined with labels", version, total)
                    break
            return parts

        return _again(newest)

    def requests(self, version: str, since: datetime) -> pd.DataFrame:
        """The newest rows of requests that were stored with their inputs, from files that end at `since` or later.

        Bounded. Raises StorageError.
        """
        tables: list[pa.Table] = []
        values = 0
        for entry in self._newest_first(f"observations/{version}/requests/", since):
            table = self._requests.get(entry)
            if table is None:
                continue
            values += table.num_rows * table.num_columns
            if values > MOST_LOGGED_VALUES:
                LOG.info("version %s: only the newest rows of requests are read", version)
                break
            tables.append(table)
        return together(tables)

    def recomputed(self, version: str) -> list[pd.DataFrame]:
        """Rows whose inputs a team computed anew, by the order of their keys; the last of them, bounded."""
        parts: list[pd.DataFrame] = []
        values = 0
        keys = self.store.list(f"observations/{version}/recomputed/")
        for entry in sorted(keys, key=lambda one: one.key, reverse=True):
            part = self._recomputed.get(entry)
            values += part.size if part is not None else 0
            if values > MOST_LOGGED_VALUES:
                LOG.info("version %s: only the last of the recomputed rows are read", version)
                break
            if part is not None:
                parts.append(part)
        return parts[::-1]

    def _newest_first(self, prefix: str, since: datetime) -> list[Entry]:
        """A file whose name tells no times may hold any."""
        first = milliseconds(since)
        spans = [(span_of(entry.key), entry) for entry in self.store.list(prefix) if not entry.key.endswith("/")]
        wanted = [(span or (0, 0), entry) for span, entry in spans if span is None or span[1] >= first]
        return [entry for _, entry in sorted(wanted, key=lambda pair: (-pair[0][1], pair[1].key))]

    def _of_merged(
        self, file: File, entry: Entry, is_wanted: Callable[[Span], bool], taken: set[str]
    ) -> Iterator[Window]:
        """The sums where all of it is wanted and none of it was taken before, else the parts that are."""
        head = self._heads.get(entry)
        if head is None:
            return
        if is_wanted((file.start, file.end)) and taken.isdisjoint(head.parts):
            yield from head.windows
        else:
            folder = folder_of(file.version, file.kind)
            for name, window in self._parts(entry):
                part = file_of(folder + name)
                if part is not None and name not in taken and is_wanted((part.start, part.end)):
                    yield window
        taken.update(head.parts)

    def _since_merged(self, folder: str, names: set[str]) -> Iterator[Window]:
        """Windows that were there when they were listed, and gone when they were read: they were merged in between."""
        for _, entry in listed(self.store, folder, lambda _: False)[1]:
            head = self._heads.get(entry)
            if head is not None and not names.isdisjoint(head.parts):
                yield from (window for name, window in self._parts(entry) if name in names)
                names -= set(head.parts)

    def _parts(self, entry: Entry) -> list[tuple[str, Window]]:
        return self._taken_apart.get(entry) or []


def _windows_of(data: bytes) -> list[tuple[str, Window]]:
    return [(name, read_window(content)) for name, content in parse_parts(data)]


def _again(read: Callable[[], Item]) -> Item:
    """Read once more where a file is gone that was listed: it was merged in between. Raises StorageError."""
    for _ in range(MOST_ATTEMPTS - 1):
        try:
            return read()
        except StorageError as error:
            if error.reason is not Reason.STORAGE_NOT_FOUND:
                raise
    return read()


def _size_of(table: pd.DataFrame) -> int:
    return int(table.memory_usage(deep=True).sum())


def _size_of_rows(table: pa.Table) -> int:
    return int(table.nbytes)


def _size_of_head(head: Head) -> int:
    return sum(one.bytes for one in head.windows) + sum(map(len, head.parts))


def _size_of_parts(parts: list[tuple[str, Window]]) -> int:
    return sum(len(name) + one.bytes for name, one in parts)
