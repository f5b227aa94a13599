"""What the rest of the operator may ask of the API server: ten verbs on raw objects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from leeboard.kube.resources import Resource

Raw = dict[str, Any]

FIELD_MANAGER = "leeboard"


class Kube(Protocol):
    """Raw objects in, raw objects out; every method raises the errors of `leeboard.kube.errors`."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        """The live object. Raises NotFound."""

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        selector: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Raw]:
        """All objects of the namespace (None: of all namespaces) that match label and field selector."""

    def pages(
        self, resource: Resource, namespace: str | None = None, *, selector: str = ""
    ) -> AsyncIterator[Sequence[Raw]]:
        """The same page by page, for whoever keeps less of the objects than all at once."""

    async def apply(self, obj: Raw) -> Raw:
        """Server-side apply as field manager `leeboard`, taking over contested fields. Raises Invalid."""

    async def hand_over(self, obj: Raw) -> Raw:
        """The same as field manager `leeboard-replicas`: what it holds stays when `leeboard` gives it up."""

    async def create(self, obj: Raw) -> Raw:
        """Create. Raises AlreadyExists, Invalid."""

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, version: str | None = None
    ) -> None:
        """Delete with its dependents in the background, if uid and resourceVersion still are those given.

        Raises NotFound; Conflict when the object is another one by now.
        """

    async def replace(self, obj: Raw) -> Raw:
        """Write the whole object if `metadata.resourceVersion` still is the object's. Raises Conflict, NotFound."""

    async def replace_status(self, obj: Raw) -> Raw:
        """Write `status` if `metadata.resourceVersion` still is the object's. Raises Conflict, NotFound."""

    async def merge_patch(self, resource: Resource, namespace: str, name: str, patch: Raw) -> Raw:
        """JSON merge patch (RFC 7386). Raises NotFound."""
