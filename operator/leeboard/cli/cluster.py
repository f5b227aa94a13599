"""The API server as commands see it: raw objects in, and errors that say what the user may do about them."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from leeboard.api.base import API_VERSION
from leeboard.api.base import Resource as Kind
from leeboard.cli.errors import refusal
from leeboard.cli.kubeconfig import Target, load_target
from leeboard.kube.client import KubeClient
from leeboard.kube.errors import KubeError
from leeboard.kube.protocol import Kube, Raw
from leeboard.kube.resources import resource_of

_TIMEOUT = 20.0
_FIELD_MANAGER = "leeboard-cli"


class Cluster:
    """One API server, and the namespace that the user means."""

    def __init__(self, kube: Kube, target: Target) -> None:
        self._kube = kube
        self._server = target.server
        self.namespace = target.namespace

    async def list(self, kind: type[Kind[Any, Any]], namespace: str | None) -> list[Raw]:
        """All objects of one of the four kinds; None stands for all namespaces. Raises CommandError."""
        resource = resource_of(API_VERSION, kind.KIND)
        try:
            return await self._kube.list(resource, namespace)
        except KubeError as error:
            raise refusal(error, "list", resource, namespace, self._server) from error


@asynccontextmanager
async def connected(options: argparse.Namespace) -> AsyncIterator[Cluster]:
    """A connection to the cluster of the options; closed at the end. Raises CommandError where there is no cluster."""
    target = await load_target(options.kubeconfig, options.context, options.namespace)
    client = KubeClient(target.configuration, timeout=_TIMEOUT, field_manager=_FIELD_MANAGER)
    try:
        yield Cluster(client, target)
    finally:
        await client.close()
