"""Kinds that a cluster need not have: not knowing them is news for a plan, and an error for no other."""

from __future__ import annotations

import pytest

from leeboard.controllers.base import Look
from leeboard.engine.live_looks import LiveLooks
from leeboard.engine.sensor import Sensor
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.errors import NotFound
from leeboard.kube.resources import CHILDREN, ROUTES
from leeboard.planning.plan import Plan, Raw
from tests.support.fake_kube import FakeKube
from tests.unit.engine.harness import Clock, Process
from tests.unit.engine.test_workqueue import Recorder

ROUTE: Raw = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "m", "namespace": "ml", "labels": {"app.kubernetes.io/managed-by": "leeboard"}},
    "spec": {"rules": []},
}
SERVICE: Raw = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "m", "namespace": "ml"}, "spec": {}}
MODEL: Raw = {
    "apiVersion": "leeboard.dev/v1alpha1",
    "kind": "Model",
    "metadata": {"name": "m", "namespace": "ml"},
    "spec": {},
}


class Cluster(FakeKube):
    """An API server that does not know some kinds."""

    def __init__(self, *unknown: str) -> None:
        super().__init__()
        self.unknown = set(unknown)
        self.before = self._refuse

    def _refuse(self, verb: str, kind: str, name: str) -> None:
        if kind in self.unknown:
            raise NotFound(f"{verb} {kind}: the server could not find the requested resource", status=404)


async def test_a_plan_is_made_again_when_a_kind_turns_out_to_be_missing_and_no_more_often() -> None:
    kube = Cluster("HTTPRoute")
    process = Process(kube, {}, Clock())
    primary = kube.put(MODEL)
    assert await process.executor.execute(primary, Plan(apply=(SERVICE, ROUTE)))
    assert process.store.missing_kinds == {"HTTPRoute"}
    assert kube.of_kind("Service")
    assert not await process.executor.execute(primary, Plan(apply=(SERVICE, ROUTE)))
    kube.unknown.clear()
    assert not await process.executor.execute(primary, Plan(apply=(SERVICE, ROUTE)))
    assert process.store.missing_kinds == frozenset()
    assert kube.of_kind("HTTPRoute")


async def test_of_any_other_kind_it_is_an_error() -> None:
    kube = Cluster("Service")
    with pytest.raises(NotFound):
        await Process(kube, {}, Clock()).executor.execute(kube.put(MODEL), Plan(apply=(SERVICE,)))


async def test_routes_go_with_their_definition() -> None:
    kube = Cluster()
    process = Process(kube, {}, Clock())
    primary = kube.put(MODEL)
    await process.executor.execute(primary, Plan(apply=(ROUTE,)))
    assert process.store.of_kind("HTTPRoute")
    kube.unknown = {"HTTPRoute"}
    await LiveLooks(kube, process.store).take(Look("HTTPRoute", "ml"))
    assert not process.store.of_kind("HTTPRoute")
    assert process.store.missing_kinds == {"HTTPRoute"}


async def test_lists_leave_them_out() -> None:
    kube = Cluster("HTTPRoute", "GRPCRoute")
    store = Store()
    queue: WorkQueue[object] = WorkQueue(Recorder())  # type: ignore[arg-type]
    sensor = Sensor(
        store=store,
        queue=queue,  # type: ignore[arg-type]
        lag=WatchLag(lambda: 0.0),
        controllers={},
        children=(*CHILDREN, *ROUTES),
    )
    kube.put(SERVICE | {"metadata": SERVICE["metadata"] | {"labels": {"app.kubernetes.io/managed-by": "leeboard"}}})
    await sensor.list_all(kube, (None,))
    await sensor.relist(kube, (None,))
    assert store.missing_kinds == {"HTTPRoute", "GRPCRoute"}
    assert store.of_kind("Service")
    kube.unknown = {"Service"}
    with pytest.raises(NotFound):
        await sensor.list_all(kube, (None,))
