"""An API server in memory, as far as the engine can tell the difference.

Resource versions, generations, UIDs, preconditions, conflicts and no-op writes are as on the real one;
server-side apply merges mappings and replaces lists. Every call is written down and may be made to fail.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from leeboard.kube.errors import AlreadyExists, Conflict, NotFound
from leeboard.kube.resources import Resource, resource_of

Raw = dict[str, Any]
Address = tuple[str, str, str]


def copied(value: Any) -> Any:
    """What arrives on the other side of the wire: a deep copy of what JSON can carry."""
    return json.loads(json.dumps(value))


class FakeKube:
    """Implements `leeboard.kube.protocol.Kube`; `before(verb, kind, name)` may raise what a request would."""

    def __init__(self) -> None:
        self.objects: dict[Address, Raw] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.before: Callable[[str, str, str], None] = lambda verb, kind, name: None
        self.after: Callable[[str, str, str], None] = lambda verb, kind, name: None
        self.held: set[Address] = set()
        """Deployments whose `replicas` another manager holds, too: they stay when an apply leaves them out."""
        self._version = 100

    def writes(self, *, without_events: bool = True) -> list[tuple[str, str, str]]:
        """The calls that change something."""
        return [
            call
            for call in self.calls
            if call[0] not in ("get", "list") and not (without_events and call[1] == "Event")
        ]

    def put(self, obj: Raw) -> Raw:
        """Place an object as if it had been created by a user."""
        return self._insert(copied(obj))

    def live(self, kind: str, name: str, namespace: str = "ml") -> Raw:
        """The stored object. Raises KeyError."""
        return self.objects[(kind, namespace, name)]

    def of_kind(self, kind: str) -> list[Raw]:
        """All stored objects of a kind, by name."""
        return [raw for address, raw in sorted(self.objects.items()) if address[0] == kind]

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        self._called("get", resource.kind, name)
        return copied(self._present((resource.kind, namespace, name)))

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        selector: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Raw]:
        self._called("list", resource.kind, "")
        wanted = dict(part.split("=") for part in selector.split(",") if part)
        chosen = dict(part.split("=") for part in fields.split(",") if part)
        found = [
            raw
            for address, raw in sorted(self.objects.items())
            if address[0] == resource.kind
            and all(_field(raw, path) == value for path, value in chosen.items())
            and namespace in (None, address[1])
            and wanted.items() <= (raw["metadata"].get("labels") or {}).items()
        ]
        keep = ("apiVersion", "kind", "metadata")
        return copied([{k: raw[k] for k in keep} if metadata_only else raw for raw in found])

    async def pages(
        self, resource: Resource, namespace: str | None = None, *, selector: str = ""
    ) -> AsyncIterator[Sequence[Raw]]:
        yield await self.list(resource, namespace, selector=selector)

    async def apply(self, obj: Raw) -> Raw:
        address = _address(obj)
        self._called("apply", address[0], address[2])
        live = self.objects.get(address)
        stored = (
            self._insert(copied(_with_default(obj, 1)))
            if live is None
            else self._update(address, _merged(live, self._with_replicas(address, live, obj)))
        )
        self.after("apply", address[0], address[2])
        return copied(stored)

    async def hand_over(self, obj: Raw) -> Raw:
        address = _address(obj)
        self._called("hand over", address[0], address[2])
        stored = self._update(address, _merged(self._present(address), obj))
        self.held.add(address)
        self.after("hand over", address[0], address[2])
        return copied(stored)

    def _with_replicas(self, address: Address, live: Raw, obj: Raw) -> Raw:
        """A field that its only manager leaves out goes, and comes back with its default."""
        if obj["kind"] != "Deployment":
            return obj
        present = live["spec"].get("replicas", 1)
        if obj["spec"].get("replicas", present) != present:
            self.held.discard(address)
        return _with_default(obj, present if address in self.held else 1)

    async def create(self, obj: Raw) -> Raw:
        address = _address(obj)
        self._called("create", address[0], address[2])
        if address in self.objects:
            raise AlreadyExists(f"{address} already exists", status=409, reason="AlreadyExists")
        stored = self._insert(copied(obj))
        self.after("create", address[0], address[2])
        return copied(stored)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, version: str | None = None
    ) -> None:
        address = (resource.kind, namespace, name)
        self._called("delete", resource.kind, name)
        metadata = self._present(address)["metadata"]
        if uid not in (None, metadata["uid"]) or version not in (None, metadata["resourceVersion"]):
            raise Conflict(f"{address}: precondition failed", status=409, reason="Conflict")
        self.remove(*address)
        self.after("delete", resource.kind, name)

    async def replace(self, obj: Raw) -> Raw:
        address = _address(obj)
        self._called("replace", address[0], address[2])
        live = self._present(address)
        if obj["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise Conflict(f"{address} has been modified", status=409, reason="Conflict")
        stored = self._update(address, copied(obj))
        self.after("replace", address[0], address[2])
        return copied(stored)

    async def replace_status(self, obj: Raw) -> Raw:
        address = _address(obj)
        self._called("status", address[0], address[2])
        live = self._present(address)
        if obj["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise Conflict(f"{address} has been modified", status=409, reason="Conflict")
        stored = self._update(address, {**live, "status": copied(obj.get("status"))})
        self.after("status", address[0], address[2])
        return copied(stored)

    async def merge_patch(self, resource: Resource, namespace: str, name: str, patch: Raw) -> Raw:
        address = (resource.kind, namespace, name)
        self._called("patch", resource.kind, name)
        return copied(self._update(address, _merged(self._present(address), patch)))

    def set_status(self, kind: str, name: str, status: Raw, namespace: str = "ml") -> Raw:
        """Write a status as another controller would."""
        address = (kind, namespace, name)
        return self._update(address, {**self.objects[address], "status": status})

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Take an object away, and with it what it owns."""
        gone = self.objects.pop((kind, namespace, name))
        uid = gone["metadata"]["uid"]
        for address, raw in list(self.objects.items()):
            owners = raw["metadata"].get("ownerReferences") or ()
            if address in self.objects and any(owner["uid"] == uid for owner in owners):
                self.remove(*address)

    def _called(self, verb: str, kind: str, name: str) -> None:
        self.before(verb, kind, name)
        self.calls.append((verb, kind, name))

    def _present(self, address: Address) -> Raw:
        if address not in self.objects:
            raise NotFound(f"{address} not found", status=404, reason="NotFound")
        return self.objects[address]

    def _insert(self, obj: Raw) -> Raw:
        resource_of(obj["apiVersion"], obj["kind"])
        self._version += 1
        metadata = obj["metadata"]
        metadata.setdefault("uid", f"uid-{self._version}")
        metadata |= {"resourceVersion": str(self._version), "generation": 1}
        self.objects[_address(obj)] = obj
        return obj

    def _update(self, address: Address, wanted: Raw) -> Raw:
        live = self.objects[address]
        if wanted == live:
            return live
        self._version += 1
        generation = live["metadata"]["generation"] + (wanted.get("spec") != live.get("spec"))
        metadata = {**wanted["metadata"], "resourceVersion": str(self._version), "generation": generation}
        self.objects[address] = {**wanted, "metadata": metadata}
        return self.objects[address]


def _with_default(obj: Raw, replicas: int) -> Raw:
    if obj["kind"] != "Deployment":
        return obj
    return {**obj, "spec": {"replicas": replicas, **obj["spec"]}}


def _address(obj: Raw) -> Address:
    return (obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"])


def _merged(live: Any, wanted: Any) -> Any:
    if not isinstance(live, dict) or not isinstance(wanted, dict):
        return copied(wanted)
    return {**live, **{key: _merged(live.get(key), value) for key, value in wanted.items()}}


def _field(raw: Raw, path: str) -> Any:
    """The value that a field selector's path names."""
    node: Any = raw
    for part in path.split("."):
        node = node.get(part, {})
    return node
