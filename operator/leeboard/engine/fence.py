"""Lets writes through while this process leads, and refuses them from the moment in which it does not.

Stopping the workers is not enough: a reconcile may be anywhere between two requests when the lease is lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from leeboard.kube.errors import KubeError
from leeboard.kube.protocol import Kube, Raw
from leeboard.kube.resources import Resource


class NotLeading(KubeError):
    """The request was not sent, because another process may lead by now."""


class FencedKube:
    """`leeboard.kube.protocol.Kube` whose writes raise NotLeading where `leads()` is false when they are to be sent."""

    def __init__(self, kube: Kube, leads: Callable[[], bool]) -> None:
        self._kube = kube
        self._leads = leads

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        """See `Kube.get`."""
        return await self._kube.get(resource, namespace, name)

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        selector: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Raw]:
        """See `Kube.list`."""
        return await self._kube.list(resource, namespace, selector=selector, fields=fields, metadata_only=metadata_only)

    def pages(
        self, resource: Resource, namespace: str | None = None, *, selector: str = ""
    ) -> AsyncIterator[Sequence[Raw]]:
        """See `Kube.pages`."""
        return self._kube.pages(resource, namespace, selector=selector)

    async def apply(self, obj: Raw) -> Raw:
        """See `Kube.apply`."""
        self._check("apply", obj)
        return await self._kube.apply(obj)

    async def hand_over(self, obj: Raw) -> Raw:
        """See `Kube.hand_over`."""
        self._check("hand over", obj)
        return await self._kube.hand_over(obj)

    async def create(self, obj: Raw) -> Raw:
        """See `Kube.create`."""
        self._check("create", obj)
        return await self._kube.create(obj)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, version: str | None = None
    ) -> None:
        """See `Kube.delete`."""
        self._check("delete", {"kind": resource.kind, "metadata": {"name": name}})
        await self._kube.delete(resource, namespace, name, uid=uid, version=version)

    async def replace(self, obj: Raw) -> Raw:
        """See `Kube.replace`."""
        self._check("replace", obj)
        return await self._kube.replace(obj)

    async def replace_status(self, obj: Raw) -> Raw:
        """See `Kube.replace_status`."""
        self._check("replace the status of", obj)
        return await self._kube.replace_status(obj)

    async def merge_patch(self, resource: Resource, namespace: str, name: str, patch: Raw) -> Raw:
        """See `Kube.merge_patch`."""
        self._check("patch", {"kind": resource.kind, "metadata": {"name": name}})
        return await self._kube.merge_patch(resource, namespace, name, patch)

    def _check(self, verb: str, obj: Raw) -> None:
        if not self._leads():
            raise NotLeading(f"{verb} {obj['kind']} {obj['metadata']['name']}: this process does not lead")
