"""The last known state of what is watched, fed by the sensor, by relists and by our own writes.

The same object may arrive on several ways and in any order: the newest resourceVersion wins, and an object that
was seen deleted never comes back. Indexes are kept with every change, so that finding an object's neighbours costs
the same among ten objects and among ten thousand.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from leeboard.controllers.base import Index, Key
from leeboard.controllers.lookup import INDEXES
from leeboard.engine.trimming import Trimmer
from leeboard.planning.plan import Raw

REMEMBERED_DELETIONS = 10_000
REMEMBERED_WARNINGS = 1_000
"""Objects whose Events are kept; they are looked up again where they are missed."""


def newer(version: str, than: str) -> bool:
    """Whether a resourceVersion is newer than another: decimal numbers without leading zeros, of any length.

    Kubernetes has made this order a promise (KEP-5504, comparable resource versions).
    """
    return (len(version), version) > (len(than), than)


def version_of(raw: Raw) -> str:
    """The resourceVersion, or the empty string."""
    return str(raw["metadata"].get("resourceVersion", ""))


class Store:
    """Raw objects by kind, namespace and name, trimmed to what planners read; a `Cache` with the given indexes."""

    def __init__(self, indexes: Iterable[Index] = INDEXES) -> None:
        self._objects: dict[tuple[str, str], dict[str, Raw]] = {}
        self._indexes: dict[str, list[tuple[Index, dict[tuple[str, str], tuple[str, ...]]]]] = {}
        for index in indexes:
            for kind in index.kinds:
                self._indexes.setdefault(kind, []).append((index, {}))
        self._deleted: OrderedDict[str, None] = OrderedDict()
        self._doubted: dict[Key, str] = {}
        self._trimmer = Trimmer()
        self._warnings: OrderedDict[str, tuple[Raw, ...]] = OrderedDict()
        self._missing: frozenset[str] = frozenset()

    def put(self, raw: Raw) -> bool:
        """Keep the object unless something newer is known of it; says whether it was kept."""
        key = Key.of(raw)
        self._missing -= {key.kind}
        if raw["metadata"].get("uid") in self._deleted:
            return False
        shelf = self._objects.setdefault((key.kind, key.namespace), {})
        known = shelf.get(key.name)
        if known is not None and not newer(version_of(raw), version_of(known)):
            return False
        kept = shelf[key.name] = self._trimmer.trimmed(raw)
        self._index(key, known, kept)
        if not newer(self._doubted.get(key, ""), version_of(kept)):
            self._doubted.pop(key, None)
        return True

    def remove(self, key: Key, uid: str | None = None) -> None:
        """Forget the object; with a UID only that one, and for ever."""
        if uid:
            self._deleted[uid] = None
            while len(self._deleted) > REMEMBERED_DELETIONS:
                self._deleted.popitem(last=False)
        self._doubted.pop(key, None)
        shelf = self._objects.get((key.kind, key.namespace), {})
        known = shelf.get(key.name)
        if known is not None and uid in (None, known["metadata"].get("uid")):
            del shelf[key.name]
            self._index(key, known, None)
            if not shelf:
                del self._objects[(key.kind, key.namespace)]

    def keep_warnings(self, uid: str, events: tuple[Raw, ...]) -> bool:
        """Keep what Events told of an object; whether it is something else than before."""
        before = self._warnings.pop(uid, ())
        self._warnings[uid] = events
        while len(self._warnings) > REMEMBERED_WARNINGS:
            self._warnings.popitem(last=False)
        return events != before

    def warnings(self, uid: str) -> tuple[Raw, ...]:
        """See `Cache.warnings`."""
        return self._warnings.get(uid, ())

    def miss(self, kind: str) -> bool:
        """The API server does not know that kind, until an object of it comes; whether that is news."""
        news = kind not in self._missing
        self._missing |= {kind}
        for raw in self.of_kind(kind):
            self.remove(Key.of(raw))  # they went with their definition
        return news

    @property
    def missing_kinds(self) -> frozenset[str]:
        """See `Cache.missing_kinds`."""
        return self._missing

    def doubt(self, key: Key, version: str) -> None:
        """Of this object there is a version that has not come in yet."""
        self._doubted[key] = version

    def trusted(self, key: Key) -> Raw | None:
        """The object, or None where it is not known or known to be outdated. Not to be changed by the caller."""
        return None if key in self._doubted else self.get(key)

    def get(self, key: Key) -> Raw | None:
        """One object, or None. Not to be changed by the caller."""
        return self._objects.get((key.kind, key.namespace), {}).get(key.name)

    def of_kind(self, kind: str) -> list[Raw]:
        """All objects of a kind, sorted by namespace and name."""
        namespaces = sorted(namespace for known, namespace in self._objects if known == kind)
        return [raw for namespace in namespaces for raw in self.list(kind, namespace)]

    def find(self, index: Index, kind: str, namespace: str, value: str) -> list[Raw]:
        """See `Cache.find`. Not to be changed by the caller."""
        for kept, found in self._indexes.get(kind, ()):
            if kept is index:
                shelf = self._objects.get((kind, namespace), {})
                return [shelf[name] for name in found.get((namespace, value), ())]
        raise KeyError(f"no index by {index.name} of {kind}")

    def list(self, kind: str, namespace: str) -> list[Raw]:
        """All objects of a kind in a namespace, sorted by name. Not to be changed by the caller."""
        shelf = self._objects.get((kind, namespace), {})
        return [shelf[name] for name in sorted(shelf)]

    def _index(self, key: Key, before: Raw | None, after: Raw | None) -> None:
        for index, found in self._indexes.get(key.kind, ()):
            old = set(index.values(before)) if before is not None else set()
            new = set(index.values(after)) if after is not None else set()
            for value in old - new - {""}:
                left = tuple(name for name in found[(key.namespace, value)] if name != key.name)
                if left:
                    found[(key.namespace, value)] = left
                else:
                    del found[(key.namespace, value)]
            for value in new - old - {""}:
                names = found.get((key.namespace, value), ())
                found[(key.namespace, value)] = tuple(sorted((*names, key.name)))
