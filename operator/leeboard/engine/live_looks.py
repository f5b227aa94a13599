"""Brings the store up to date about what a plan rests on, before that plan does what is not taken back.

The store may be behind by what is still on its way over a watch, and by what a watch lost. Most plans may rest on it:
an apply is repeated when better news comes. A state that moves, or an object that is deleted, is not brought back.
"""

from __future__ import annotations

from leeboard.controllers.base import Key, Look, label_of
from leeboard.engine.store import Store
from leeboard.kube.errors import NotFound
from leeboard.kube.protocol import Kube
from leeboard.kube.resources import CHILDREN, PRIMARIES, ROUTES
from leeboard.planning.plan import Raw

_RESOURCES = {resource.kind: resource for resource in (*PRIMARIES, *CHILDREN, *ROUTES)}
_NEED_NOT_BE_KNOWN = {resource.kind for resource in ROUTES}


class LiveLooks:
    """Reads live, through `kube`, into `store`."""

    def __init__(self, kube: Kube, store: Store) -> None:
        self._kube = kube
        self._store = store

    async def take(self, look: Look) -> None:
        """Read what the look names; what is not there any more is forgotten. Raises KubeError."""
        if look.name:
            await self._one(look)
        else:
            await self._all(look)

    async def _one(self, look: Look) -> None:
        try:
            self._store.put(await self._kube.get(_RESOURCES[look.kind], look.namespace, look.name))
        except NotFound:
            self._store.remove(Key(look.kind, look.namespace, look.name))

    async def _all(self, look: Look) -> None:
        # Known before the list began: what is made meanwhile is spared.
        known = [raw for raw in self._store.list(look.kind, look.namespace) if _carries(raw, look)]
        selector = ",".join(f"{label}={value}" for label, value in look.labels)
        try:
            listed = await self._kube.list(_RESOURCES[look.kind], look.namespace, selector=selector)
        except NotFound:
            if look.kind not in _NEED_NOT_BE_KNOWN:
                raise
            self._store.miss(look.kind)
            return
        present = {raw["metadata"]["uid"] for raw in listed}
        for raw in listed:
            self._store.put(raw)
        for raw in known:
            if raw["metadata"]["uid"] not in present:
                self._store.remove(Key.of(raw), raw["metadata"]["uid"])


def _carries(raw: Raw, look: Look) -> bool:
    return all(label_of(raw, label) == value for label, value in look.labels)
