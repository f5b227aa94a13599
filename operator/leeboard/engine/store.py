"""The last known state of what is watched, fed by the sensor, by relists and by our own writes.

The same object may arrive on several ways and in any order: the newest resourceVersion wins, and an object that
was seen deleted never comes back.
"""

from __future__ import annotations

from collections import OrderedDict

from leeboard.controllers.base import Key
from leeboard.planning.plan import Raw

REMEMBERED_DELETIONS = 10_000


def newer(version: str, than: str) -> bool:
    """Whether a resourceVersion is newer than another: decimal numbers without leading zeros, of any length.

    Kubernetes has made this order a promise (KEP-5504, comparable resource versions).
    """
    return (len(version), version) > (len(than), than)


def version_of(raw: Raw) -> str:
    """The resourceVersion, or the empty string."""
    return str(raw["metadata"].get("resourceVersion", ""))


class Store:
    """Raw objects by kind, namespace and name, without managedFields."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], dict[str, Raw]] = {}
        self._deleted: OrderedDict[str, None] = OrderedDict()

    def put(self, raw: Raw) -> bool:
        """Keep the object unless something newer is known of it; says whether it was kept."""
        key, metadata = Key.of(raw), raw["metadata"]
        if metadata.get("uid") in self._deleted:
            return False
        shelf = self._objects.setdefault((key.kind, key.namespace), {})
        known = shelf.get(key.name)
        if known is not None and not newer(version_of(raw), version_of(known)):
            return False
        trimmed = {name: value for name, value in metadata.items() if name != "managedFields"}
        shelf[key.name] = {**raw, "metadata": trimmed}
        return True

    def remove(self, key: Key, uid: str | None = None) -> None:
        """Forget the object; with a UID only that one, and for ever."""
        if uid:
            self._deleted[uid] = None
            while len(self._deleted) > REMEMBERED_DELETIONS:
                self._deleted.popitem(last=False)
        shelf = self._objects.get((key.kind, key.namespace), {})
        known = shelf.get(key.name)
        if known is not None and uid in (None, known["metadata"].get("uid")):
            del shelf[key.name]

    def get(self, key: Key) -> Raw | None:
        """One object, or None. Not to be changed by the caller."""
        return self._objects.get((key.kind, key.namespace), {}).get(key.name)

    def of_kind(self, kind: str) -> list[Raw]:
        """All objects of a kind, sorted by namespace and name."""
        namespaces = sorted(namespace for known, namespace in self._objects if known == kind)
        return [raw for namespace in namespaces for raw in self.list(kind, namespace)]

    def list(self, kind: str, namespace: str) -> list[Raw]:
        """All objects of a kind in a namespace, sorted by name. Not to be changed by the caller."""
        shelf = self._objects.get((kind, namespace), {})
        return [shelf[name] for name in sorted(shelf)]
