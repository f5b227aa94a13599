"""The API server as commands see it: raw objects in, and errors that say what the user may do about them."""

import argparse
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from leeboard.api.base import API_VERSION
from leeboard.api.base import Resource as Kind
from leeboard.cli.errors import CommandError, refusal
from leeboard.cli.kubeconfig import Target, load_target
from leeboard.kube.client import KubeClient
from leeboard.kube.errors import KubeError, NotFound
from leeboard.kube.protocol import Raw
from leeboard.kube.resources import EVENT, SECRET, Resource, resource_of

_TIMEOUT = 20.0
_FIELD_MANAGER = "leeboard-cli"


class Cluster:
    """One API server, and the namespace that the user means. Every method raises CommandError."""

    def __init__(self, kube: KubeClient, target: Target) -> None:
        self._kube = kube
        self.server = target.server
        self.namespace = target.namespace

    async def list_all(self, kind: type[Kind[Any, Any]], namespace: str | None) -> list[Raw]:
        """All objects of one of the four kinds; None stands for all namespaces."""
        return await self.children(_resource(kind), namespace)

    async def children(self, resource: Resource, namespace: str | None, selector: str = "") -> list[Raw]:
        """Objects of any kind that is known, by their labels."""
        with self._explained("list", resource, namespace):
            return await self._kube.list(resource, namespace, selector=selector)

    async def get(self, kind: type[Kind[Any, Any]], name: str) -> Raw | None:
        """One object of the namespace, or None where there is none of that name."""
        resource = _resource(kind)
        with self._explained("get", resource, self.namespace):
            try:
                return await self._kube.get(resource, self.namespace, name)
            except NotFound as error:
                # an object that is missing is told from a kind that is not served by what the answer is about
                if name not in error.message.partition(": ")[2]:
                    raise
                return None

    async def watch(self, kind: type[Kind[Any, Any]], namespace: str | None) -> AsyncIterator[tuple[str, Raw]]:
        """Changes of one of the four kinds as they come, beginning with what is there."""
        with self._explained("watch", _resource(kind), namespace):
            async for change in self._kube.watch(_resource(kind), namespace):
                yield change

    async def annotate(self, kind: type[Kind[Any, Any]], name: str, annotation: str, value: str) -> Raw:
        """Set one annotation, as the user who runs the command."""
        resource = _resource(kind)
        with self._explained("patch", resource, self.namespace):
            patch = {"metadata": {"annotations": {annotation: value}}}
            return await self._kube.merge_patch(resource, self.namespace, name, patch)

    async def create(self, document: Raw) -> Raw:
        """Create an object. Raises kube.errors.AlreadyExists where one of that name is there."""
        resource = resource_of(document["apiVersion"], document["kind"])
        with self._explained("create", resource, document["metadata"]["namespace"]):
            return await self._kube.create(document)

    async def events(self, namespace: str) -> list[Raw]:
        """The Events of a namespace that the API server still has."""
        return await self.children(EVENT, namespace)

    async def secret(self, name: str) -> Raw:
        """A Secret of the namespace."""
        with self._explained("get", SECRET, self.namespace):
            try:
                return await self._kube.get(SECRET, self.namespace, name)
            except NotFound as error:
                raise CommandError(f"there is no Secret {name} in namespace {self.namespace}") from error

    async def user(self) -> str:
        """The name that the API server knows the user by."""
        try:
            review = await self._kube.whoami()
        except KubeError as error:
            raise CommandError(f"the API server at {self.server} does not say who you are", error.message) from error
        return str(review.get("status", {}).get("userInfo", {}).get("username", ""))

    @contextmanager
    def _explained(self, verb: str, resource: Resource, namespace: str | None) -> Iterator[None]:
        try:
            yield
        except KubeError as error:
            raise refusal(error, verb, resource, namespace, self.server) from error


def _resource(kind: type[Kind[Any, Any]]) -> Resource:
    return resource_of(API_VERSION, kind.KIND)


@asynccontextmanager
async def connected(options: argparse.Namespace) -> AsyncIterator[Cluster]:
    """A connection to the cluster of the options; closed at the end. Raises CommandError where there is no cluster."""
    target = await load_target(options.kubeconfig, options.context, options.namespace)
    client = KubeClient(target.configuration, timeout=_TIMEOUT, field_manager=_FIELD_MANAGER)
    try:
        yield Cluster(client, target)
    finally:
        await client.close()
