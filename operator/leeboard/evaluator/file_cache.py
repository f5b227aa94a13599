"""Parsed files of all Models, kept in a bounded part of the memory for as long as they are asked for."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from leeboard.storage import Entry, Store

LOG = logging.getLogger("leeboard.evaluator.observations")
LARGEST_FILE = 16 << 20
"""Bytes of one that is read."""

Item = TypeVar("Item")
MOST_BYTES = 384 << 20
"""Of a limit of 1 GiB, by default, for the whole process."""
IDLE_SECONDS = 3600.0
"""A file that nobody asked for that long is forgotten: windows move on, and what lies behind them is not asked for."""
OF_A_KEY = 500
"""Bytes, roughly, of an entry without what is kept under it."""


@dataclass
class Cache(Generic[Item]):
    """What is asked for in turns, again and again: a file that finds no room is not kept, and drives no other out.

    If it did, of more files than there is room for none would be left when its turn comes. `clock` is in seconds.
    """

    most_bytes: int = MOST_BYTES
    clock: Callable[[], float] = time.monotonic
    bytes: int = 0
    _items: OrderedDict[Hashable, tuple[float, int, Item]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key: Hashable) -> Item:
        """What is kept under a key. Raises KeyError."""
        with self._lock:
            _, size, item = self._items[key]
            self._items[key] = (self.clock(), size, item)
            self._items.move_to_end(key)
            return item

    def keep(self, key: Hashable, item: Item, size: int) -> None:
        """Keep an item of so many bytes, where there is room for it."""
        size += OF_A_KEY
        with self._lock:
            now = self.clock()
            self._forget(now)
            if key not in self._items and self.bytes + size <= self.most_bytes:
                self._items[key] = (now, size, item)
                self.bytes += size

    def _forget(self, now: float) -> None:
        """The one that was asked for longest ago stands first."""
        while self._items:
            asked, size, _ = next(iter(self._items.values()))
            if now - asked <= IDLE_SECONDS:
                return
            self._items.popitem(last=False)
            self.bytes -= size


class Sized(Protocol):
    """What knows how much memory it takes."""

    @property
    def bytes(self) -> int:
        """So many."""


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


def fetched(store: Store, entry: Entry) -> bytes:
    """The bytes of a file. Raises StorageError, and ValueError where they are too many."""
    if entry.bytes > LARGEST_FILE:
        raise ValueError(f"{entry.bytes} bytes; at most {LARGEST_FILE} are read")
    return store.get(entry.key)
