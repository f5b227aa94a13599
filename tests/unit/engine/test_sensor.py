"""What wakes whom, and what a relist finds that no watch told of."""

from __future__ import annotations

from typing import Any

import pytest

from leeboard.controllers.base import Cache, Controller, Key
from leeboard.engine.sensor import Sensor
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.planning.plan import Plan, Raw
from tests.support.fake_kube import FakeKube
from tests.unit.engine.test_workqueue import Recorder

LABELS = {"app.kubernetes.io/managed-by": "leeboard"}


def wakes_its_model(changed: Raw, cache: Cache) -> list[str]:
    return [changed["spec"]["model"]] if changed["kind"] != "Model" else []


def controller(kind: str, wakes: Any) -> Controller:
    return Controller(kind, lambda live, cache, settings: None, lambda snapshot, now: Plan(), wakes)


class Heard:
    """A sensor with the keys that it woke."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.store = Store()
        self.lag = WatchLag(lambda: 0.0)
        self.queue: WorkQueue[Key] = WorkQueue(self.recorder)  # type: ignore[arg-type]
        controllers = {
            "Model": controller("Model", wakes_its_model),
            "DriftMonitor": controller("DriftMonitor", lambda changed, cache: []),
        }
        self.sensor = Sensor(store=self.store, queue=self.queue, lag=self.lag, controllers=controllers)

    async def woken(self) -> list[tuple[str, str]]:
        keys = [key for verb, key in self.recorder.events if verb == "added"]
        self.recorder.events.clear()
        for _ in keys:
            self.queue.done(await self.queue.take())
        self.recorder.events.clear()
        return sorted((key.kind, key.name) for key in keys)  # type: ignore[attr-defined]


def monitor(version: str, **status: Any) -> Raw:
    metadata = {"name": "d", "namespace": "ml", "uid": "u", "resourceVersion": version}
    return {
        "apiVersion": "leeboard.dev/v1alpha1",
        "kind": "DriftMonitor",
        "metadata": metadata,
        "spec": {"model": "m"},
        "status": status,
    }


@pytest.fixture
async def heard() -> Heard:
    return Heard()


async def test_a_change_wakes_the_object_and_its_neighbours(heard: Heard) -> None:
    heard.sensor.observed(monitor("10"))
    assert await heard.woken() == [("DriftMonitor", "d"), ("Model", "m")]
    heard.sensor.observed(monitor("11", verdict="Drift"))
    assert await heard.woken() == [("DriftMonitor", "d"), ("Model", "m")]


async def test_new_figures_of_the_evaluator_wake_the_object_alone(heard: Heard) -> None:
    heard.sensor.observed(monitor("10"))
    await heard.woken()
    heard.sensor.observed(monitor("11", evaluation={"rows": 1}))
    assert await heard.woken() == [("DriftMonitor", "d")]
    heard.sensor.observed(monitor("12", evaluation={"rows": 1}, deliveries=[{"episode": "e"}]))
    assert await heard.woken() == [("DriftMonitor", "d")]


async def test_our_own_write_wakes_the_neighbours_when_the_watch_delivers_it(heard: Heard) -> None:
    heard.sensor.observed(monitor("10"))
    await heard.woken()
    heard.store.put(monitor("11", verdict="Drift"))
    heard.sensor.observed(monitor("11", verdict="Drift"))
    assert await heard.woken() == [("DriftMonitor", "d"), ("Model", "m")]


async def test_what_was_listed_wakes_nobody_when_the_watch_begins_with_it(heard: Heard) -> None:
    kube = FakeKube()
    live = kube.put(monitor("1"))
    await heard.sensor.list_all(kube, (None,))
    assert await heard.woken() == [("DriftMonitor", "d")]
    heard.sensor.observed(live)
    assert await heard.woken() == []
    heard.sensor.observed(kube.set_status("DriftMonitor", "d", {"evaluation": {"rows": 1}}))
    assert await heard.woken() == [("DriftMonitor", "d")]
    heard.sensor.observed(kube.set_status("DriftMonitor", "d", {"verdict": "Drift"}))
    assert await heard.woken() == [("DriftMonitor", "d"), ("Model", "m")]


async def test_a_relist_distrusts_what_it_knows_to_be_outdated(heard: Heard) -> None:
    kube = FakeKube()
    live = kube.put(monitor("1"))
    key = Key.of(live)
    await heard.sensor.list_all(kube, (None,))
    assert heard.store.trusted(key) is not None
    changed = kube.set_status("DriftMonitor", "d", {"verdict": "Drift"})
    await heard.sensor.relist(kube, (None,))
    assert heard.store.trusted(key) is None
    assert heard.store.get(key) is not None
    heard.sensor.observed(changed)
    assert heard.store.trusted(key) == changed


async def test_a_deletion_is_taken_in_and_told(heard: Heard) -> None:
    heard.sensor.observed(monitor("10"))
    await heard.woken()
    heard.sensor.observed(monitor("12"), deleted=True)
    assert await heard.woken() == [("DriftMonitor", "d"), ("Model", "m")]
    assert heard.store.get(Key("DriftMonitor", "ml", "d")) is None


async def test_the_first_list_takes_only_children_of_ours(heard: Heard) -> None:
    kube = FakeKube()
    for name, labels in (("ours", LABELS), ("theirs", {})):
        metadata = {"name": name, "namespace": "ml", "labels": labels}
        kube.put({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"model": "m"}})
    kube.put(monitor("1"))
    await heard.sensor.list_all(kube, (None,))
    assert [raw["metadata"]["name"] for raw in heard.store.list("Pod", "ml")] == ["ours"]
    assert await heard.woken() == [("DriftMonitor", "d")]


async def test_a_relist_finds_a_deletion_that_no_watch_delivered(heard: Heard) -> None:
    kube = FakeKube()
    for name in ("stays", "goes"):
        metadata = {"name": name, "namespace": "ml", "labels": LABELS}
        kube.put({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"model": "m"}})
    await heard.sensor.list_all(kube, ("ml",))
    await heard.woken()
    kube.remove("Job", "ml", "goes")
    await heard.sensor.relist(kube, ("ml",))
    assert [raw["metadata"]["name"] for raw in heard.store.list("Job", "ml")] == ["stays"]
    assert await heard.woken() == [("Model", "m")]


async def test_a_relist_spares_what_was_made_after_its_list(heard: Heard) -> None:
    kube = FakeKube()

    def made_meanwhile(verb: str, kind: str, name: str) -> None:
        if kind == "Job":
            metadata = {"name": "new", "namespace": "ml", "uid": "u", "resourceVersion": "999", "labels": LABELS}
            heard.store.put({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"model": "m"}})

    kube.before = made_meanwhile
    await heard.sensor.relist(kube, (None,))
    assert heard.store.get(Key("Job", "ml", "new")) is not None


async def test_a_change_that_only_a_relist_shows_makes_the_watchs_lag_grow(heard: Heard) -> None:
    kube = FakeKube()
    now = 0.0
    heard.lag = heard.sensor._lag = WatchLag(lambda: now)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "ml", "labels": LABELS}}
    service["spec"] = {"model": "m"}
    heard.sensor.observed(kube.put(service))
    changed = await kube.apply({**service, "spec": {"model": "m", "ports": [80]}})
    heard.store.put(changed)  # read or written by a reconcile: that no watch told of it must show all the same
    await heard.sensor.relist(kube, (None,))
    now = 200.0
    assert heard.lag.worst() == (200.0, "Service")
    heard.sensor.observed(changed)
    assert heard.lag.worst() == (0.0, "")
