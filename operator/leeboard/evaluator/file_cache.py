"""Files of object storage, read once and kept while they are asked for."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leeboard.storage import Entry, Store

LOG = logging.getLogger("leeboard.evaluator.observations")
IDLE_SECONDS = 3600.0
"""A file that nobody asked for that long is forgotten: windows move on, and what lies behind them is not asked for."""
LARGEST_FILE = 16 << 20

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
