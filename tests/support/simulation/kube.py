"""The API server in memory as a cluster sees it: it stamps what is created, tells who watches, and can be copied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from leeboard.planning.conditions import timestamp
from tests.support.fake_kube import Address, FakeKube, Raw

Listener = Callable[[str, Raw | None, Raw], None]
"""Called with ADDED, MODIFIED or DELETED, the object before (None for ADDED) and the object; it changes neither."""


class SimulatedKube(FakeKube):
    """Stored objects are never changed in place, so that a copy of the whole shares them.

    `actor` says who is writing; what an object owned is left to the cluster's garbage collector.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.now = now
        self.actor = "user"
        self.listeners: list[Listener] = []

    @property
    def version(self) -> int:
        """The newest resourceVersion: moves with every change, and only then."""
        return self._version

    def copy(self, now: Callable[[], datetime]) -> SimulatedKube:
        """The same objects under another clock; nobody watches the copy yet."""
        other = SimulatedKube(now)
        other.objects, other._version = dict(self.objects), self._version
        other.held = set(self.held)
        return other

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Take one object away."""
        gone = self.objects.pop((kind, namespace, name))
        self._version += 1
        self._tell("DELETED", gone, gone)

    def annotate(self, kind: str, name: str, namespace: str = "ml", **annotations: str | None) -> None:
        """Set annotations of leeboard.dev as a user would; None takes one away."""
        live = self.live(kind, name, namespace)
        present = dict(live["metadata"].get("annotations") or {})
        for key, value in annotations.items():
            full = f"leeboard.dev/{key.replace('_', '-')}"
            present.pop(full, None)
            if value is not None:
                present[full] = value
        self._update((kind, namespace, name), {**live, "metadata": {**live["metadata"], "annotations": present}})

    def edit(self, kind: str, name: str, namespace: str = "ml", **spec: object) -> None:
        """Replace fields of the spec as a user would."""
        live = self.live(kind, name, namespace)
        self._update((kind, namespace, name), {**live, "spec": {**live["spec"], **spec}})

    def edit_metadata(self, kind: str, name: str, namespace: str = "ml", **metadata: object) -> None:
        """Replace fields of the metadata."""
        live = self.live(kind, name, namespace)
        self._update((kind, namespace, name), {**live, "metadata": {**live["metadata"], **metadata}})

    def _insert(self, obj: Raw) -> Raw:
        obj["metadata"].setdefault("creationTimestamp", timestamp(self.now()))
        stored = super()._insert(obj)
        self._tell("ADDED", None, stored)
        return stored

    def _update(self, address: Address, wanted: Raw) -> Raw:
        before = self.objects[address]
        stored = super()._update(address, wanted)
        if stored is not before:
            self._tell("MODIFIED", before, stored)
        return stored

    def _tell(self, type_: str, before: Raw | None, raw: Raw) -> None:
        for listener in list(self.listeners):
            listener(type_, before, raw)
