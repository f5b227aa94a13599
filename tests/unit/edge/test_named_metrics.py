"""/metrics gives those that are asked for by name, and all where none is named."""

from __future__ import annotations

from typing import cast

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from e2e.cluster.control_plane import free_port
from leeboard.controllers.base import Key
from leeboard.edge.health import Health
from leeboard.edge.probes import Probes
from leeboard.engine.domain_metrics import DomainMetrics
from leeboard.engine.metrics import Metrics
from leeboard.engine.store import Store


@pytest.mark.parametrize(
    ("query", "named", "others"),
    [
        ("", ["workqueue_depth", "leeboard_ready", "workqueue_adds_total"], []),
        (
            "?name[]=workqueue_depth&name[]=workqueue_adds_total",
            ["workqueue_depth", "workqueue_adds_total"],
            ["leeboard_"],
        ),
    ],
)
async def test_metrics_by_name(query: str, named: list[str], others: list[str]) -> None:
    registry = CollectorRegistry()
    Metrics(registry).added(Key("Model", "ml", "m"))
    store = Store()
    store.put({"kind": "Model", "metadata": {"name": "m", "namespace": "ml"}, "spec": {}})
    registry.register(DomainMetrics(store))
    probes, port = Probes(cast(Health, None), registry), free_port()
    await probes.start(port)
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics{query}") as answer:
            text = await answer.text()
    finally:
        await probes.stop()
    for name in named:
        assert f"\n{name}{{" in text
    for name in others:
        assert name not in text
