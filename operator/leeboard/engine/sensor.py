"""Where everything that is heard about the cluster comes in: into the store, and as keys into the queue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from leeboard.controllers.base import Controller, Key
from leeboard.engine.store import Store, newer, version_of
from leeboard.engine.trimming import UNREAD_STATUSES
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.errors import NotFound
from leeboard.kube.protocol import Kube
from leeboard.kube.resources import CHILDREN, PRIMARIES, ROUTES, Resource
from leeboard.planning.plan import Raw

MANAGED = "app.kubernetes.io/managed-by=leeboard"
_OF_THE_EVALUATOR = ("evaluation", "deliveries")
"""Fields of a status."""


class Sensor:
    """Takes in watch events and whole lists of the four kinds and of `children`, and wakes who is concerned."""

    def __init__(
        self,
        *,
        store: Store,
        queue: WorkQueue[Key],
        lag: WatchLag,
        controllers: Mapping[str, Controller],
        children: tuple[Resource, ...] = CHILDREN,
    ) -> None:
        self._store = store
        self._queue = queue
        self._lag = lag
        self._controllers = controllers
        self._children = children
        # What lists and watches said last: version and digest. Apart from the store, because that has our own writes
        # before anybody was woken by them.
        self._heard: dict[Key, tuple[str, bytes]] = {}

    def observed(self, raw: Raw, *, deleted: bool = False) -> None:
        """A watch delivered an object, or that it was deleted."""
        key = Key.of(raw)
        if deleted:
            uid = raw["metadata"].get("uid")
            self._store.remove(key, uid)
            self._lag.forget(key, uid)
            self._heard.pop(key, None)
            self._wake(key, raw, neighbours=True)
            return
        self._lag.seen(raw)
        heard = self._heard.get(key)
        if heard is not None and heard[0] == version_of(raw):
            # A watch begins with a list of everything: what was heard already wakes nobody again.
            return
        self._store.put(raw)
        self._wake(key, raw, neighbours=self._hear(key, raw))

    async def list_all(self, kube: Kube, namespaces: tuple[str | None, ...]) -> None:
        """Fill the store before the first reconcile, so that no plan is made from half a picture."""
        for resource, namespace, selector in self._sources(namespaces):
            with self._need_not_be_known(resource):
                async for page in kube.pages(resource, namespace, selector=selector):
                    for raw in page:
                        self._store.put(raw)
                        self._hear(Key.of(raw), raw)
        self._wake_all()

    async def relist(self, kube: Kube, namespaces: tuple[str | None, ...]) -> None:
        """Prune what is gone without an event, expect of the watches what they have not delivered, look at all again.

        A watch that has to start anew delivers no deletions from the gap. Only metadata is listed.
        """
        for resource, namespace, selector in self._sources(namespaces):
            # Known before the list began: what is made meanwhile is spared.
            known = [raw for raw in self._store.of_kind(resource.kind) if _within(raw, namespace)]
            listed: list[Raw] = []
            with self._need_not_be_known(resource):
                listed = await kube.list(resource, namespace, selector=selector, metadata_only=True)
            present = {raw["metadata"]["uid"] for raw in listed}
            for raw in known:
                if raw["metadata"].get("uid") not in present:
                    self.observed(raw, deleted=True)
            for raw in listed:
                # Held against what the watches said, not against the store: that has our own reads and writes too.
                self._lag.expect(raw)
                before = self._store.get(Key.of(raw))
                if before is None or newer(version_of(raw), version_of(before)):
                    self._store.doubt(Key.of(raw), version_of(raw))
        self._wake_all()

    @contextmanager
    def _need_not_be_known(self, resource: Resource) -> Iterator[None]:
        try:
            yield
        except NotFound:
            if resource not in ROUTES:
                raise
            self._store.miss(resource.kind)

    def _sources(self, namespaces: tuple[str | None, ...]) -> list[tuple[Resource, str | None, str]]:
        selected = [(resource, "") for resource in PRIMARIES] + [(resource, MANAGED) for resource in self._children]
        return [(resource, namespace, selector) for namespace in namespaces for resource, selector in selected]

    def _hear(self, key: Key, raw: Raw) -> bool:
        """Remember what was said; whether it is news to others than the object itself."""
        said = _without_figures(raw)
        before = self._heard.get(key)
        self._heard[key] = (version_of(raw), said)
        return before is None or before[1] != said

    def _wake(self, key: Key, raw: Raw, *, neighbours: bool) -> None:
        if key.kind in self._controllers:
            self._queue.add(key)
        if not neighbours:
            return
        for kind, controller in self._controllers.items():
            if kind == key.kind:
                continue
            for name in controller.wakes(raw, self._store):
                if name:
                    self._queue.add(Key(kind, key.namespace, name))

    def _wake_all(self) -> None:
        for kind in self._controllers:
            for raw in self._store.of_kind(kind):
                self._queue.add(Key.of(raw), background=True)


def _within(raw: Raw, namespace: str | None) -> bool:
    return namespace is None or raw["metadata"].get("namespace") == namespace


def _without_figures(raw: Raw) -> bytes:
    """A digest of the object without what the evaluator writes, every few seconds: it wakes nobody else."""
    ignored = ("resourceVersion", "managedFields")
    metadata = {name: value for name, value in raw["metadata"].items() if name not in ignored}
    if raw["kind"] in UNREAD_STATUSES:
        return _digest({**raw, "metadata": metadata, "status": {}})
    status = {name: value for name, value in (raw.get("status") or {}).items() if name not in _OF_THE_EVALUATOR}
    return _digest({**raw, "metadata": metadata, "status": status})


def _digest(raw: Raw) -> bytes:
    text = json.dumps(raw, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
