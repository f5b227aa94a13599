"""What the exporters of a Model's versions left in object storage, read once and kept while it is looked at."""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

import pandas as pd
import pyarrow as pa

from leeboard.evaluator.labels import Rows, parse_feedback, parse_ledger
from leeboard.evaluator.requests import parse_recomputed, parse_requests, together
from leeboard.evaluator.windows import Window, parse_window
from leeboard.storage import Entry, Store

LOG = logging.getLogger("leeboard.evaluator.observations")
MOST_WINDOWS, MOST_TABLES = 10_000, 10_000
"""Files kept in memory of one Model at most; others are read again when they are asked for."""
IDLE_SECONDS = 3600.0
"""A file that nobody asked for that long is forgotten: windows move on, and what lies behind them is not asked for."""
MOST_LEDGER_ROWS = 2_000_000
MOST_LOGGED_VALUES = 4 << 20
"""Rows of requests times their columns: what is read at once, some 32 MB and as much again while it is sorted."""
LARGEST_FILE = 16 << 20
_SPAN = re.compile(r"(\d{1,16})-(\d{1,16})\.(?:[a-z]+\.gz|parquet)$")

Item = TypeVar("Item")


@dataclass
class Cache(Generic[Item]):
    """Parsed files by version, key and tag; None for one that could not be read, so that it is tried but once."""

    most: int
    clock: Callable[[], float] = time.monotonic
    items: OrderedDict[tuple[str, str], tuple[float, Item | None]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, store: Store, entry: Entry, parse: Callable[[bytes], Item], count: Callable[[str], None]
    ) -> Item | None:
        """The parsed file. Raises StorageError where it cannot be fetched."""
        with self.lock:  # a Model and its monitors are evaluated by different threads
            return self._get(store, entry, parse, count)

    def _get(
        self, store: Store, entry: Entry, parse: Callable[[bytes], Item], count: Callable[[str], None]
    ) -> Item | None:
        name, now = (entry.key, entry.etag), self.clock()
        if name in self.items:
            item = self.items[name][1]
            self.items[name] = (now, item)
            self.items.move_to_end(name)
            return item
        try:
            if entry.bytes > LARGEST_FILE:
                raise ValueError(f"{entry.bytes} bytes; at most {LARGEST_FILE} are read")
            item = parse(store.get(entry.key))
            count("read")
        except ValueError as error:
            LOG.warning("%s is left out: %s", entry.key, error)
            item = None
            count("unreadable")
        self.items[name] = (now, item)
        self._forget(now)
        return item

    def _forget(self, now: float) -> None:
        """The one that was asked for longest ago stands first."""
        while self.items:
            asked, _ = next(iter(self.items.values()))
            if len(self.items) <= self.most and now - asked <= IDLE_SECONDS:
                return
            self.items.popitem(last=False)


class Observations:
    """The observations of one Model. `store` lies at `Model.spec.storage.uri`; `count` is told of every file read."""

    def __init__(self, store: Store, *, task: str, positive_class: str, count: Callable[[str], None]) -> None:
        self.store = store
        self._task = task
        self._positive_class = positive_class
        self._count = count
        self._windows: Cache[Window] = Cache(MOST_WINDOWS)
        self._ledgers: Cache[Rows] = Cache(MOST_TABLES)
        self._feedback: Cache[Rows] = Cache(MOST_TABLES)
        self._recomputed: Cache[pd.DataFrame] = Cache(MOST_TABLES)

    def windows(self, version: str, since: datetime, until: datetime) -> Iterator[Window]:
        """The windows that began at `since` or later and ended by `until`. Raises StorageError."""
        first, last = _milliseconds(since), _milliseconds(until)
        for entry in self.store.list(f"observations/{version}/windows/"):
            span = span_of(entry)
            if span is None or span[0] < first or span[1] > last:
                continue
            window = self._windows.get(self.store, entry, parse_window, self._count)
            if window is not None:
                yield window

    def ledger(self, version: str, since: datetime) -> list[Rows]:
        """The newest predictions, from files that end at `since` or later; bounded. Raises StorageError."""
        rows: list[Rows] = []
        total = 0
        for entry in self._newest_first(f"observations/{version}/ledger/", since):
            part = self._ledgers.get(self.store, entry, parse_ledger, self._count)
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
            if (part := self._feedback.get(self.store, entry, self._parse_feedback, self._count)) is not None
        ]

    def requests(self, version: str, since: datetime) -> pd.DataFrame:
        """The newest rows of requests that were stored with their inputs, from files that end at `since` or later.

        Bounded. They are asked for once an episode, so nothing of them is kept. Raises StorageError.
        """
        tables: list[pa.Table] = []
        values = 0
        for entry in self._newest_first(f"observations/{version}/requests/", since):
            try:
                table = parse_requests(self._fetched(entry))
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
            part = self._recomputed.get(self.store, entry, parse_recomputed, self._count)
            values += part.size if part is not None else 0
            if values > MOST_LOGGED_VALUES:
                LOG.info("version %s: only the last of the recomputed rows are read", version)
                break
            if part is not None:
                parts.append(part)
        return parts[::-1]

    def _fetched(self, entry: Entry) -> bytes:
        if entry.bytes > LARGEST_FILE:
            raise ValueError(f"{entry.bytes} bytes; at most {LARGEST_FILE} are read")
        return self.store.get(entry.key)

    def _parse_feedback(self, data: bytes) -> Rows:
        return parse_feedback(data, self._task, self._positive_class)

    def _newest_first(self, prefix: str, since: datetime) -> list[Entry]:
        """A file whose name tells no times may hold any."""
        first = _milliseconds(since)
        spans = [(span_of(entry), entry) for entry in self.store.list(prefix) if not entry.key.endswith("/")]
        wanted = [(span or (0, 0), entry) for span, entry in spans if span is None or span[1] >= first]
        return [entry for _, entry in sorted(wanted, key=lambda pair: (-pair[0][1], pair[1].key))]


def span_of(entry: Entry) -> tuple[int, int] | None:
    """The two times in a file's name, in milliseconds since 1970."""
    found = _SPAN.search(entry.key)
    return (int(found[1]), int(found[2])) if found else None


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
