"""The adapter against a real API server: apply, preconditions, typed refusals, events."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config

from e2e.cluster.control_plane import ControlPlane
from leeboard.kube.client import KubeClient
from leeboard.kube.errors import AlreadyExists, Conflict, Invalid, NotFound
from leeboard.kube.events import EventRecorder
from leeboard.kube.resources import EVENT, MODEL, SERVICE
from tests.support.examples import example

pytestmark = pytest.mark.apiserver


@pytest.fixture
async def kube(control_plane: ControlPlane, definitions: None) -> AsyncIterator[KubeClient]:
    configuration = aio_client.Configuration()
    await aio_config.load_kube_config(
        config_file=os.fspath(control_plane.kubeconfig), client_configuration=configuration
    )
    client = KubeClient(configuration)
    yield client
    await client.close()


def service(namespace: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "s", "namespace": namespace, "labels": {"a": "b"}}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}], **spec},
    }


def model(namespace: str) -> dict[str, Any]:
    document = example("model")
    document["metadata"]["namespace"] = namespace
    return document


async def test_apply_creates_changes_takes_over_and_leaves_alone_what_is_the_same(
    kube: KubeClient, namespace: str
) -> None:
    first = await kube.apply(service(namespace))
    again = await kube.apply(service(namespace))
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    stolen = {"metadata": {"labels": {"a": "c", "theirs": "1"}}}
    await kube.merge_patch(SERVICE, namespace, "s", stolen)
    back = await kube.apply(service(namespace))
    assert back["metadata"]["labels"] == {"a": "b", "theirs": "1"}
    listed = await kube.list(SERVICE, namespace, selector="a=b", metadata_only=True)
    assert [(one["kind"], one["metadata"]["name"], "spec" in one) for one in listed] == [("Service", "s", False)]


async def test_a_field_that_is_not_wanted_any_more_goes(kube: KubeClient, namespace: str) -> None:
    await kube.apply(service(namespace, sessionAffinity="ClientIP"))
    await kube.apply(service(namespace))
    live = await kube.get(SERVICE, namespace, "s")
    assert live["spec"]["sessionAffinity"] == "None"


async def test_a_delete_spares_a_successor_of_the_same_name(kube: KubeClient, namespace: str) -> None:
    live = await kube.apply(service(namespace))
    with pytest.raises(Conflict):
        await kube.delete(SERVICE, namespace, "s", uid="another")
    await kube.delete(SERVICE, namespace, "s", uid=live["metadata"]["uid"])
    with pytest.raises(NotFound):
        await kube.get(SERVICE, namespace, "s")


async def test_refusals_are_typed(kube: KubeClient, namespace: str) -> None:
    with pytest.raises(Invalid, match=r"spec\.ports"):
        await kube.apply(service(namespace, ports=[{"port": 0}]))
    await kube.create(service(namespace))
    with pytest.raises(AlreadyExists):
        await kube.create(service(namespace))


async def test_a_status_write_moves_the_state_once_and_touches_nothing_else(kube: KubeClient, namespace: str) -> None:
    created = await kube.create(model(namespace))
    written = await kube.replace_status({**created, "spec": {}, "status": {"observedGeneration": 1}})
    assert written["spec"] == created["spec"]
    assert written["status"]["observedGeneration"] == 1
    with pytest.raises(Conflict):
        await kube.replace_status({**created, "status": {"observedGeneration": 2}})
    figures = {"apiVersion": MODEL.api_version, "kind": "Model", "status": {"evaluation": {"candidate": "v2"}}}
    evaluated = await kube.apply_status(
        {**figures, "metadata": {"name": created["metadata"]["name"]} | {"namespace": namespace}}
    )
    assert evaluated["status"]["observedGeneration"] == 1
    assert evaluated["status"]["evaluation"] == {"candidate": "v2"}


async def test_an_event_is_accepted_and_its_repetitions_are_counted(kube: KubeClient, namespace: str) -> None:
    created = await kube.create(model(namespace))
    recorder = EventRecorder(
        kube, clock=lambda: datetime.now(UTC), controller="leeboard.dev/operator", instance="leeboard-0"
    )
    for _ in range(3):
        await recorder.record(created, type="Warning", reason="OOMKilled", message="raise limits.memory")
    (event,) = await kube.list(EVENT, namespace)
    assert event["series"]["count"] == 3
    assert event["regarding"]["uid"] == created["metadata"]["uid"]
