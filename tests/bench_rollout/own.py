"""Leeboard's operator: a Model whose new version comes by a canary of two stages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from leeboard.kube.client import KubeClient
from leeboard.kube.resources import MODEL
from tests.bench import objects
from tests.bench.cluster import Cluster
from tests.bench.process import busyness
from tests.bench.requests import OPERATOR
from tests.bench.scenario import administrator
from tests.bench_rollout.contestant import REPLICAS, WEIGHTS, Address, Document, Running
from tests.support.installation import OperatorProcess


class Leeboard:
    """As the chart installs it, under its own ServiceAccount, without an evaluator."""

    name = "Leeboard"
    account = OPERATOR
    resource = MODEL

    def __init__(self, version: str) -> None:
        self.version = version

    def prepare(self, cluster: Cluster) -> None:
        """The cluster has its chart already."""
        self._cluster = cluster

    async def create(self, addresses: Iterable[Address], told: Callable[[int], None]) -> None:
        """Models whose status names a champion, with the accepted version."""
        self._kube: KubeClient = await administrator(self._cluster.plane.kubeconfig)
        await objects.each(addresses, self._create, told)

    async def _create(self, address: Address) -> None:
        version = await self._kube.create(objects.version(*address))
        await self._kube.replace_status({**version, "status": objects.accepted(version)})
        model = await self._kube.create(_model(*address))
        await self._kube.replace_status({**model, "status": objects.serving(model)})

    async def start(self) -> Running:
        """The process, once it leads and has listed everything."""
        process = OperatorProcess(self._cluster.plane, self._cluster.folder)
        await asyncio.to_thread(process.__enter__)
        return Running(process.pid, partial(busyness, process), process.log, lambda: _ended(process))

    async def change(self, address: Address) -> None:
        """Register a second version, as a run would; the operator judges and takes it."""
        version = objects.version(*address)
        version["metadata"]["name"] = f"{address[0]}-v2"
        await self._kube.create(version)

    def serves(self, raw: Document) -> int:
        """The champion is reached by all requests; the pods of the one before may still drain."""
        status: dict[str, Any] = raw.get("status", {})
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
        if not ready or status.get("candidate"):
            return 0
        return 2 if status["champion"]["name"].endswith("-v2") else 1

    def drains(self, raw: Document) -> bool:
        """They stay for half a minute, for connections that are still open."""
        return bool(raw.get("status", {}).get("draining"))

    async def close(self) -> None:
        """End the connection."""
        await self._kube.close()


def _model(name: str, namespace: str) -> Document:
    model = objects.model(name, namespace)
    model["spec"]["serving"] |= {"replicas": REPLICAS}
    model["spec"]["promotion"] = {"policy": "Automatic"}
    model["spec"]["rollout"] = {
        "strategy": "Canary",
        "steps": [{"weight": weight, "duration": "0s"} for weight in WEIGHTS],
        "analysis": {"minSamples": 0},
    }
    return model


def _ended(process: OperatorProcess) -> None:
    status = process.stop()
    if status != 0:
        raise RuntimeError(f"the operator ended with {status}\n{process.log()[-4000:]}")
