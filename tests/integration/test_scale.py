"""What a few dozen Models cost a real API server: nothing while nothing happens, and a change only its own requests.

`make bench-scale` measures thousands. Here no node and no Deployment controller runs: the test writes what they would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from e2e.cluster.control_plane import ControlPlane
from leeboard.engine.sensor import MANAGED
from leeboard.kube.client import KubeClient
from leeboard.kube.resources import CHILDREN, DEPLOYMENT, MODEL
from tests.bench import objects
from tests.bench.process import settled
from tests.bench.requests import Requests, counted, reconciling
from tests.bench.scenario import administrator
from tests.support.installation import OperatorProcess, install

pytestmark = pytest.mark.apiserver

MODELS = 20
ADDRESSES = [(f"model-{number}", f"team-{number}") for number in range(MODELS)]
PATIENCE = 120.0
IDLE_SECONDS = 5


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        install(running)
        spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for _, name in ADDRESSES]
        running.client("").apply(*spaces)
        yield running


@pytest.fixture
async def kube(plane: ControlPlane) -> AsyncIterator[KubeClient]:
    client = await administrator(plane.kubeconfig)
    yield client
    await client.close()


async def roll_out(kube: KubeClient) -> None:
    """Every Deployment has the pods it asks for."""
    for live in await kube.list(DEPLOYMENT, selector=MANAGED):
        names = ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")
        counts = dict.fromkeys(names, live["spec"]["replicas"])
        await kube.replace_status({**live, "status": {**counts, "observedGeneration": live["metadata"]["generation"]}})


async def ready(kube: KubeClient) -> int:
    """How many Models say so."""
    conditions = [one for raw in await kube.list(MODEL) for one in raw.get("status", {}).get("conditions", [])]
    return sum(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


async def test_what_models_cost_while_they_come_change_and_rest(
    plane: ControlPlane, kube: KubeClient, tmp_path: Path
) -> None:
    requests = Requests(plane)
    await objects.create(kube, ADDRESSES, lambda _: None)
    with OperatorProcess(plane, tmp_path) as first:
        await settled(first, seconds=PATIENCE)
        await roll_out(kube)
        await settled(first, seconds=PATIENCE)
        assert await ready(kube) == MODELS
        assert first.stop() == 0
    mark = requests.mark()
    with OperatorProcess(plane, tmp_path) as second:
        await settled(second, seconds=PATIENCE)
        sent = reconciling(requests.since(mark))
        children = [raw for kind in CHILDREN for raw in await kube.list(kind, selector=MANAGED)]
        assert len(sent) == MODELS + len(children), f"a read for each Model, an apply for each child: {counted(sent)}"

        mark = requests.mark()
        await asyncio.sleep(IDLE_SECONDS)
        assert counted(reconciling(requests.since(mark))) == {}

        mark = requests.mark()
        name, namespace = ADDRESSES[0]
        await kube.merge_patch(MODEL, namespace, name, {"spec": {"serving": {"replicas": 2}}})
        await settled(second, seconds=PATIENCE)
        await roll_out(kube)
        await settled(second, seconds=PATIENCE)
        sent = reconciling(requests.since(mark))
        assert {request.namespace for request in sent} == {namespace}, counted(sent)
        assert counted(sent)["patch deployments"] == 1
        assert len(sent) <= 8, counted(sent)
        assert second.problems() == []
