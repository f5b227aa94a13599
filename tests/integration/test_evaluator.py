"""The evaluator against a real API server: its figures beside the operator's own status."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config
from prometheus_client import CollectorRegistry

from e2e.cluster.control_plane import ControlPlane
from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Places
from leeboard.evaluator.rounds import Rounds
from leeboard.evaluator.service import FIELD_MANAGER
from leeboard.kube.client import KubeClient
from leeboard.kube.resources import MODEL
from leeboard.storage.file import FileStore
from tests.support.examples import example

pytestmark = pytest.mark.apiserver
NAME = "late-flights"


@pytest.fixture
async def kubes(control_plane: ControlPlane, definitions: None) -> AsyncIterator[tuple[KubeClient, KubeClient]]:
    """The operator's client and the evaluator's."""
    clients = []
    for manager in ("leeboard", FIELD_MANAGER):
        configuration = aio_client.Configuration()
        await aio_config.load_kube_config(
            config_file=os.fspath(control_plane.kubeconfig), client_configuration=configuration
        )
        clients.append(KubeClient(configuration, field_manager=manager))
    yield clients[0], clients[1]
    for client in clients:
        await client.close()


def observed(folder: Path, version: str, end: datetime, requests: int) -> None:
    start = end - timedelta(seconds=10)
    window = {
        "contract": 1,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "requests": requests,
        "errors": 1,
        "rows": requests,
        "latency": {"edges": [0.01], "counts": [requests, 0]},
    }
    name = f"{int(start.timestamp() * 1000)}-{int(end.timestamp() * 1000)}.json.gz"
    place = folder / "observations" / version / "windows" / "pod" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(json.dumps(window).encode()))


async def test_figures_are_replaced_as_a_whole_and_leave_the_rest_of_the_status_alone(
    kubes: tuple[KubeClient, KubeClient], namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, evaluator = kubes
    monkeypatch.setattr("leeboard.evaluator.places.open_store", lambda uri, **_: FileStore(tmp_path))
    now = datetime.now(UTC)
    document = example("model")
    document["metadata"]["namespace"] = namespace
    document["spec"]["storage"] = {"uri": "s3://observations/"}
    await operator.create(document)
    await decide(operator, namespace, candidate=True)
    observed(tmp_path, "v1", now - timedelta(seconds=5), 900)
    observed(tmp_path, "v2", now - timedelta(seconds=5), 100)
    metrics = EvaluatorMetrics(CollectorRegistry())
    places = Places(evaluator, Configuration.of({}), metrics.file)
    rounds = Rounds(evaluator, places, metrics, (namespace,), lambda: datetime.now(UTC))

    await rounds.run()
    first = await operator.get(MODEL, namespace, NAME)
    assert {v["name"]: v["requests"] for v in first["status"]["evaluation"]["versions"]} == {"v1": 900, "v2": 100}
    assert "errorRateDifference" in first["status"]["evaluation"]
    assert first["status"]["champion"]["name"] == "v1"

    # the operator copies the figures through, and so comes to own them too
    await decide(operator, namespace, candidate=False)
    await rounds.run()
    second = (await operator.get(MODEL, namespace, NAME))["status"]
    assert [v["name"] for v in second["evaluation"]["versions"]] == ["v1"]
    assert "errorRateDifference" not in second["evaluation"]
    assert second["champion"]["name"] == "v1"
    assert second["observedGeneration"] == 1


async def decide(operator: KubeClient, namespace: str, *, candidate: bool) -> None:
    """What the operator writes: the whole status, with whatever evaluation it read."""
    live = await operator.get(MODEL, namespace, NAME)
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    served: dict[str, Any] = {"since": since, "images": {"server": "s"}}
    status: dict[str, Any] = {"observedGeneration": 1, "champion": {"name": "v1", **served}}
    if candidate:
        status["candidate"] = {"name": "v2", "phase": "Canary", **served}
    evaluation = live.get("status", {}).get("evaluation")
    if evaluation is not None:
        status["evaluation"] = evaluation
    await operator.replace_status(live | {"status": status})
