"""Ledgers, labels and pairs of a version: files of exporters, and merged ones as the parts that they are of."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from leeboard.evaluator.file_cache import Cache, Files
from leeboard.evaluator.observation_listing import listed, milliseconds, span_of
from leeboard.evaluator.retention.files import HOUR, File, Kind, folder_of
from leeboard.evaluator.retention.merged_file import parse_parts
from leeboard.evaluator.windows import decompress
from leeboard.storage import Entry, Store

LOG = logging.getLogger("leeboard.evaluator.observations")


class Sized(Protocol):
    """Rows of a table."""

    @property
    def bytes(self) -> int:
        """What they take in memory."""


Rows = TypeVar("Rows", bound=Sized)


class Tables(Generic[Rows]):
    """Tables of one kind. `read` makes rows of a decompressed text, `count` is told of every file that is read."""

    def __init__(
        self,
        store: Store,
        kind: Kind,
        read: Callable[[bytes | str], Rows],
        cache: Cache[Any],
        count: Callable[[str], None],
    ) -> None:
        self._store, self._kind, self._read, self._count = store, kind, read, count
        self._loose: Files[Rows] = Files(store, self._table, cache, count)
        self._merged: Files[Mapping[str, Rows]] = Files(store, self._parts, cache, count, size=_size_of)

    def newest_first(self, version: str, since: datetime, until: datetime | None = None) -> Iterator[Rows]:
        """The rows of each file that ends at `since` or later, and begins by `until`. One whose name tells no times may
        hold any, and comes last. Raises StorageError."""
        first, folder = milliseconds(since), folder_of(version, self._kind)
        last = milliseconds(until) if until is not None else sys.maxsize
        loose, merged = listed(self._store, folder, lambda span: span is None or (span[1] >= first and span[0] <= last))
        by_hour = _by_hour(loose, [pair for pair in merged if pair[0].end >= first and pair[0].start <= last])
        # an hour is merged by the beginnings of its parts: none of them is newer than one of a later hour
        for hour in sorted(by_hour, reverse=True):
            yield from self._of_hour(folder, (first, last), *by_hour[hour])

    def _of_hour(self, folder: str, wanted: tuple[int, int], loose: list[Entry], merged: list[Entry]) -> Iterator[Rows]:
        found: dict[str, Rows | Entry] = {entry.key.removeprefix(folder): entry for entry in loose}
        for entry in merged:
            found.update(self._merged.get(entry) or {})
        for name in sorted(found, key=lambda one: (-(span_of(one) or (0, 0))[0], one)):
            one, span = found[name], span_of(name)
            if span is not None and (span[1] < wanted[0] or span[0] > wanted[1]):
                continue
            rows = self._loose.get(one) if isinstance(one, Entry) else one
            if rows is not None:
                yield rows

    def _table(self, data: bytes) -> Rows:
        return self._read(decompress(data))

    def _parts(self, data: bytes) -> dict[str, Rows]:
        """By name; one that cannot be read is left out, as it would be by itself."""
        found: dict[str, Rows] = {}
        for name, content in parse_parts(data):
            try:
                found[name] = self._read(content)
            except ValueError as error:
                LOG.warning("%s is left out: %s", name, error)
                self._count("unreadable")
        return found


def _size_of(parts: Mapping[str, Sized]) -> int:
    return sum(len(name) + rows.bytes for name, rows in parts.items())


def _by_hour(loose: list[Entry], merged: list[tuple[File, Entry]]) -> dict[int, tuple[list[Entry], list[Entry]]]:
    """The hour in which each file begins, counted from 1970, and what exporters wrote and what was merged of it."""
    hours: dict[int, tuple[list[Entry], list[Entry]]] = {}
    for entry in loose:
        span = span_of(entry.key)
        hours.setdefault(span[0] // HOUR if span else -1, ([], []))[0].append(entry)
    for file, entry in merged:
        hours.setdefault(file.hour, ([], []))[1].append(entry)
    return hours
