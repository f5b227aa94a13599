"""What the exporters of a Model's versions left in object storage, read once and kept while it is looked at."""

import logging
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import pandas as pd
import pyarrow as pa

from leeboard.evaluator.figures import figure
from leeboard.evaluator.file_cache import Cache
from leeboard.evaluator.labels import Rows, parse_feedback, parse_ledger
from leeboard.evaluator.requests import parse_recomputed, parse_requests, together
from leeboard.evaluator.windows import Window, parse_window
from leeboard.storage import Entry, Store

LOG = logging.getLogger("leeboard.evaluator.observations")
MOST_LEDGER_ROWS = 2_000_000
MOST_LOGGED_VALUES = 4 << 20
"""Rows of requests times their columns: what is read at once, some 32 MB and as much again while it is sorted."""
LARGEST_FILE = 16 << 20
_SPAN = re.compile(r"(\d{1,16})-(\d{1,16})\.(?:[a-z]+\.gz|parquet)$")


class Sized(Protocol):
    """What knows how much memory it takes."""

    @property
    def bytes(self) -> int:
        """So many."""


Item = TypeVar("Item")


def _bytes_of(item: Sized) -> int:
    return item.bytes


class Files(Generic[Item]):
    """Files of one kind of one Model, parsed; a cache keeps them. `count` is told of every file that was read."""

    def __init__(
        self,
        store: Store,
        parse: Callable[[bytes], Item],
        cache: Cache[Item | None],
        count: Callable[[str], None],
        size: Callable[[Any], int] = _bytes_of,
    ) -> None:
        self._store, self._parse, self._cache, self._count, self._size = store, parse, cache, count, size
        self._owner = object()
        self._one_at_a_time = threading.Lock()

    def get(self, entry: Entry) -> Item | None:
        """The parsed file, None where it could not be read. Raises StorageError where it cannot be fetched."""
        key = (self._owner, entry.key, entry.etag)
        # a Model and its monitors are evaluated by different threads, and want the same files
        with self._one_at_a_time:
            try:
                return self._cache.find(key)
            except KeyError:
                item = self._read(entry)
            self._cache.keep(key, item, 0 if item is None else self._size(item))
            return item

    def _read(self, entry: Entry) -> Item | None:
        try:
            item = self._parse(fetched(self._store, entry))
        except ValueError as error:
            LOG.warning("%s is left out: %s", entry.key, error)
            self._count("unreadable")
            return None
        self._count("read")
        return item


class Seen(NamedTuple):
    """Windows of a stretch of time; how many more files of it could not be read; and beginning and end of the newest
    window that there is at all, in milliseconds since 1970."""

    windows: tuple[Window, ...]
    unreadable: int
    newest: tuple[int, int] | None

    def figures(self, since: datetime, unfit: int) -> dict[str, Any]:
        """`windows` and `unreadable` of `status.evaluation`; `unfit` windows were read and are on other bins.

        Of the newest window it is told when it ended, if after `since`, and how many seconds it is long.
        """
        windows: dict[str, Any] = {"count": len(self.windows) + self.unreadable}
        if self.newest is not None and self.newest[1] >= _milliseconds(since):
            start, end = self.newest
            newest = datetime.fromtimestamp(end / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            windows |= {"newest": newest, "seconds": figure((end - start) / 1000)}
        return {"windows": windows, "unreadable": self.unreadable + unfit}


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
        self._count = count
        kept: Cache[Any] = cache or Cache()
        self._windows: Files[Window] = Files(store, parse_window, kept, count)
        self._ledgers: Files[Rows] = Files(store, parse_ledger, kept, count)
        self._feedback: Files[Rows] = Files(store, lambda data: parse_feedback(data, task, positive_class), kept, count)
        self._recomputed: Files[pd.DataFrame] = Files(store, parse_recomputed, kept, count, size=_size_of)

    def windows(self, version: str, since: datetime, until: datetime) -> "Seen":
        """The windows that began at `since` or later and ended by `until`. Raises StorageError."""
        first, last = _milliseconds(since), _milliseconds(until)
        spans = [(span_of(entry), entry) for entry in self.store.list(f"observations/{version}/windows/")]
        past = [(span, entry) for span, entry in spans if span is not None and span[1] <= last]
        files = [self._windows.get(entry) for span, entry in past if span[0] >= first]
        windows = tuple(window for window in files if window is not None)
        newest = max((span for span, _ in past), key=lambda span: span[1], default=None)
        return Seen(windows, len(files) - len(windows), newest)

    def ledger(self, version: str, since: datetime) -> list[Rows]:
        """The newest predictions, from files that end at `since` or later; bounded. Raises StorageError."""
        rows: list[Rows] = []
        total = 0
        for entry in self._newest_first(f"observations/{version}/ledger/", since):
            part = self._ledgers.get(entry)
            if part is not None:
                rows.append(part)
                total += len(part)
            if total > MOST_LEDGER_ROWS:
                LOG.warning("version %s: only the newest %d predictions are joined with labels", version, total)
                break
        return rows

    def feedback(self, versions: list[str], since: datetime) -> list[Rows]:
        """Labels that arrived at any of these versions' pods, from files that end at `since` or later."""
        return [
            part
            for version in versions
            for entry in self._newest_first(f"observations/{version}/feedback/", since)
            if (part := self._feedback.get(entry)) is not None
        ]

    def requests(self, version: str, since: datetime) -> pd.DataFrame:
        """The newest rows of requests that were stored with their inputs, from files that end at `since` or later.

        Bounded. They are asked for once an episode, so nothing of them is kept. Raises StorageError.
        """
        tables: list[pa.Table] = []
        values = 0
        for entry in self._newest_first(f"observations/{version}/requests/", since):
            try:
                table = parse_requests(fetched(self.store, entry))
            except ValueError as error:
                LOG.warning("%s is left out: %s", entry.key, error)
                self._count("unreadable")
                continue
            self._count("read")
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
        first = _milliseconds(since)
        spans = [(span_of(entry), entry) for entry in self.store.list(prefix) if not entry.key.endswith("/")]
        wanted = [(span or (0, 0), entry) for span, entry in spans if span is None or span[1] >= first]
        return [entry for _, entry in sorted(wanted, key=lambda pair: (-pair[0][1], pair[1].key))]


def fetched(store: Store, entry: Entry) -> bytes:
    """The bytes of a file. Raises StorageError, and ValueError where they are too many."""
    if entry.bytes > LARGEST_FILE:
        raise ValueError(f"{entry.bytes} bytes; at most {LARGEST_FILE} are read")
    return store.get(entry.key)


def _size_of(table: pd.DataFrame) -> int:
    return int(table.memory_usage(deep=True).sum())


def span_of(entry: Entry) -> tuple[int, int] | None:
    """The two times in a file's name, in milliseconds since 1970."""
    found = _SPAN.search(entry.key)
    return (int(found[1]), int(found[2])) if found else None


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
