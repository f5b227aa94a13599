"""A watch of the bench's own: when what became visible, by the bench's clock."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from leeboard.kube.resources import Resource

Document = dict[str, Any]


async def watch(kubeconfig: Path, resource: Resource, selector: str = "") -> AsyncIterator[tuple[str, Document]]:
    """Types and objects: first an ADDED of what is there, then what happens, until the caller breaks off.

    An API server ends a watch whose reader is slow. It is begun anew then, after what came last.
    """
    server, context = _access(kubeconfig)
    since = "0"
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            query = {"watch": "true", "resourceVersion": since, "timeoutSeconds": "3600", "labelSelector": selector}
            async with session.get(server + resource.path(None), params=query, ssl=context) as answer:
                answer.raise_for_status()
                async for event in _events(answer):
                    if event["type"] == "ERROR":
                        raise RuntimeError(f"the bench's watch of {resource.plural} broke: {event['object']}")
                    since = event["object"]["metadata"]["resourceVersion"]
                    yield event["type"], event["object"]


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[Document]:
    rest = b""
    async for chunk in answer.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


class ReadyModels:
    """Which Models say Ready=True."""

    def __init__(self, kubeconfig: Path, resource: Resource) -> None:
        self._kubeconfig = kubeconfig
        self._resource = resource
        self.ready: set[str] = set()

    async def follow(self) -> None:
        """Keep `ready` up to date until cancelled."""
        async for kind, raw in watch(self._kubeconfig, self._resource):
            uid = raw["metadata"]["uid"]
            if kind != "DELETED" and _is_ready(raw):
                self.ready.add(uid)
            else:
                self.ready.discard(uid)


@asynccontextmanager
async def meanwhile(following: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let it run beside the block, and end with it; a failure of it ends the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(following)
        yield
        task.cancel()


def _is_ready(raw: Document) -> bool:
    conditions = raw.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _access(kubeconfig: Path) -> tuple[str, ssl.SSLContext]:
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cafile=cluster["certificate-authority"])
    context.load_cert_chain(user["client-certificate"], user["client-key"])
    return str(cluster["server"]), context
