"""One look at an object: what is written, in which order, and that a crash anywhere changes nothing in the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from leeboard.controllers.base import Cache, Controller, Key, controlled_by
from leeboard.engine.executor import ChildrenRejected
from leeboard.kube.errors import Conflict, Invalid, Unreachable
from leeboard.kube.resources import MODEL
from leeboard.planning.conditions import Wanted, set_conditions
from leeboard.planning.plan import Event, ObjectRef, Plan, Raw
from leeboard.planning.settings import Settings
from tests.support.fake_kube import FakeKube
from tests.unit.engine.harness import Clock, Process

LABELS = {"app.kubernetes.io/managed-by": "leeboard"}
KEY = Key("Model", "ml", "m")


def child(api_version: str, kind: str, name: str, owner: str, **spec: Any) -> Raw:
    reference = {"apiVersion": "leeboard.dev/v1alpha1", "kind": "Model", "name": "m", "uid": owner}
    metadata = {"name": name, "namespace": "ml", "labels": LABELS, "ownerReferences": [reference]}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def observe(live: Raw, cache: Cache, settings: Settings) -> tuple[Raw, list[Raw]]:
    uid = live["metadata"]["uid"]
    deployments = [raw for raw in cache.list("Deployment", "ml") if controlled_by(raw, uid)]
    return live, deployments


def plan(seen: tuple[Raw, list[Raw]], now: datetime) -> Plan:
    """A Service always; of the runs 1 and 2 each is recorded first and gets its Job by the next look."""
    live, deployments = seen
    uid = live["metadata"]["uid"]
    runs = live.get("status", {}).get("runs", 0)
    recorded = min(2, runs + 1)
    ready = [Wanted("Ready", "True", "Serving")]
    previous = live.get("status", {}).get("conditions", ())
    return Plan(
        apply=(child("v1", "Service", "m", uid, ports=live["spec"]["ports"]),),
        create=tuple(child("batch/v1", "Job", f"m-{number + 1}", uid) for number in range(runs)),
        delete=tuple(ObjectRef.of(raw) for raw in deployments),
        status={"runs": recorded, "conditions": set_conditions(previous, ready, 1, now)},
        requeue_after=timedelta(seconds=5),
        events=(Event("Normal", "RunStarted", f"run {recorded}"),) if recorded > runs else (),
    )


CONTROLLERS = {"Model": Controller("Model", observe, plan, lambda changed, cache: [])}


def world() -> FakeKube:
    kube = FakeKube()
    model = {"apiVersion": "leeboard.dev/v1alpha1", "kind": "Model", "spec": {"ports": [80]}}
    owner = kube.put({**model, "metadata": {"name": "m", "namespace": "ml"}})["metadata"]["uid"]
    kube.put(child("apps/v1", "Deployment", "old", owner))
    return kube


def end_state(kube: FakeKube) -> dict[Any, Any]:
    """Everything but identities and the numbers of versions."""
    return {
        address: {**raw, "metadata": {"labels": raw["metadata"].get("labels")}}
        for address, raw in kube.objects.items()
        if address[0] != "Event"
    }


async def settled(kube: FakeKube) -> Process:
    process = Process(kube, CONTROLLERS, Clock())
    await process.settle()
    return process


async def test_children_come_first_then_the_status_then_the_events() -> None:
    kube = world()
    process = Process(kube, CONTROLLERS, Clock())
    process.watch()
    assert await process.reconciler.reconcile(KEY) == timedelta(seconds=5)
    assert await process.reconciler.reconcile(KEY) == timedelta(seconds=5)
    assert [verb for verb, _, _ in kube.calls] == [
        *("get", "apply", "delete", "status", "create"),
        *("get", "create", "delete", "status", "create"),
    ]
    assert sorted(raw["note"] for raw in kube.of_kind("Event")) == ["run 1", "run 2"]


async def test_what_is_settled_costs_no_request() -> None:
    kube = world()
    process = await settled(kube)
    kube.calls.clear()
    process.watch()
    assert await process.reconciler.reconcile(KEY) == timedelta(seconds=5)
    assert kube.calls == []


async def test_what_a_list_knows_to_be_outdated_is_read_again() -> None:
    kube = world()
    process = await settled(kube)
    live = await kube.merge_patch(MODEL, "ml", "m", {"spec": {"ports": [90]}})
    kube.calls.clear()
    await process.reconciler.reconcile(KEY)
    assert kube.calls == []
    process.store.doubt(KEY, live["metadata"]["resourceVersion"])
    await process.reconciler.reconcile(KEY)
    assert kube.calls[:2] == [("get", "Model", "m"), ("apply", "Service", "m")]
    kube.calls.clear()
    await process.reconciler.reconcile(KEY)
    assert kube.calls == []


async def test_a_child_that_somebody_changed_is_put_right() -> None:
    kube = world()
    process = await settled(kube)
    await kube.apply({**kube.live("Service", "m"), "spec": {"ports": [1]}})
    await process.settle()
    assert kube.live("Service", "m")["spec"] == {"ports": [80]}


async def test_a_restart_applies_once_more_and_changes_nothing() -> None:
    kube = world()
    await settled(kube)
    before = {address: raw["metadata"]["resourceVersion"] for address, raw in kube.objects.items()}
    await settled(kube)
    assert {address: raw["metadata"]["resourceVersion"] for address, raw in kube.objects.items()} == before


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 10))
async def test_a_crash_at_any_call_converges_to_the_same_end(number: int, moment: str) -> None:
    undisturbed = world()
    await settled(undisturbed)
    kube = world()
    left = number

    def crash(verb: str, kind: str, name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise RuntimeError("killed")

    setattr(kube, moment, crash)
    crashed = False
    try:
        await settled(kube)
    except RuntimeError:
        crashed = True
    assert crashed or left > 0
    kube.before = kube.after = lambda verb, kind, name: None
    await settled(kube)
    assert end_state(kube) == end_state(undisturbed)


async def test_of_two_writers_one_moves_the_state_and_the_other_looks_again() -> None:
    kube = world()
    process = Process(kube, CONTROLLERS, Clock())

    def other_writer(verb: str, kind: str, name: str) -> None:
        if verb == "status":
            kube.before = lambda verb, kind, name: None
            kube.set_status("Model", "m", {"runs": 2})

    kube.before = other_writer
    process.watch()
    with pytest.raises(Conflict):
        await process.reconciler.reconcile(KEY)
    assert kube.live("Model", "m")["status"] == {"runs": 2}
    assert kube.of_kind("Event") == []


async def test_a_refused_child_stalls_the_object_says_why_once_and_leaves_the_rest_alone() -> None:
    kube = world()

    def refuse(verb: str, kind: str, name: str) -> None:
        if (verb, kind) == ("apply", "Service"):
            mistake = "spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive"
            raise Invalid(f'Service "m" is invalid: {mistake}', status=422, reason="Invalid")

    kube.before = refuse
    process = Process(kube, CONTROLLERS, Clock())
    for _ in range(5):
        process.watch()
        with pytest.raises(ChildrenRejected, match=r"spec\.ports"):
            await process.reconciler.reconcile(KEY)
    status = kube.live("Model", "m")["status"]
    conditions = {one["type"]: one for one in status["conditions"]}
    assert conditions["Stalled"]["reason"] == "ChildRejected"
    assert "must be between 1 and 65535" in conditions["Stalled"]["message"]
    assert conditions["Ready"]["status"] == "True"
    assert kube.live("Job", "m-2")
    assert kube.calls.count(("status", "Model", "m")) == 2
    kube.before = lambda verb, kind, name: None
    await process.settle()
    assert [one["type"] for one in kube.live("Model", "m")["status"]["conditions"]] == ["Ready"]


async def test_a_job_of_the_same_name_counts_only_when_it_is_ours() -> None:
    kube = world()
    kube.put(child("batch/v1", "Job", "m-1", "somebody else"))
    process = Process(kube, CONTROLLERS, Clock())
    await process.reconciler.reconcile(KEY)
    with pytest.raises(ChildrenRejected):
        await process.reconciler.reconcile(KEY)
    stalled = [one for one in kube.live("Model", "m")["status"]["conditions"] if one["type"] == "Stalled"]
    assert [one["reason"] for one in stalled] == ["NameTaken"]


async def test_a_lost_answer_to_a_create_does_not_make_a_second_job() -> None:
    kube = world()
    process = Process(kube, CONTROLLERS, Clock())
    await process.reconciler.reconcile(KEY)

    def lose(verb: str, kind: str, name: str) -> None:
        if verb == "create":
            kube.after = lambda verb, kind, name: None
            raise Unreachable("the connection broke")

    kube.after = lose
    with pytest.raises(Unreachable):
        await process.reconciler.reconcile(KEY)
    await process.reconciler.reconcile(KEY)
    assert [raw["metadata"]["name"] for raw in kube.of_kind("Job")] == ["m-1"]


async def test_an_event_that_cannot_be_written_does_not_fail_the_reconcile() -> None:
    kube = world()

    def refuse(verb: str, kind: str, name: str) -> None:
        if kind == "Event":
            raise Unreachable("no answer")

    kube.before = refuse
    process = Process(kube, CONTROLLERS, Clock())
    await process.reconciler.reconcile(KEY)
    assert kube.live("Model", "m")["status"]["runs"] == 1


async def test_a_status_alone_is_written_without_reading_first() -> None:
    kube = world()
    process = await settled(kube)
    changed = kube.set_status("Model", "m", {**kube.live("Model", "m")["status"], "runs": 0})
    process.store.put(changed)
    kube.calls.clear()
    await process.reconciler.reconcile(KEY)
    assert [verb for verb, kind, _ in kube.calls if kind != "Event"] == ["status"]
    assert kube.live("Model", "m")["status"]["runs"] == 1


async def test_a_status_planned_from_a_copy_that_is_behind_is_refused_and_planned_anew() -> None:
    kube = world()
    process = await settled(kube)
    process.store.put(kube.set_status("Model", "m", {**kube.live("Model", "m")["status"], "runs": 0}))
    kube.set_status("Model", "m", {**kube.live("Model", "m")["status"], "runs": 1})
    kube.calls.clear()
    await process.reconciler.reconcile(KEY)
    assert [verb for verb, kind, _ in kube.calls if kind != "Event"] == ["status", "get", "status"]
    assert kube.live("Model", "m")["status"]["runs"] == 2


async def test_a_status_of_an_object_that_is_gone_is_written_nowhere() -> None:
    kube = world()
    process = await settled(kube)
    process.store.put(kube.set_status("Model", "m", {"runs": 0}))
    kube.remove("Model", "ml", "m")
    kube.calls.clear()
    assert await process.reconciler.reconcile(KEY) is None
    assert [verb for verb, _, _ in kube.calls] == ["status", "get"]
    assert process.store.get(KEY) is None


async def test_no_child_is_made_on_the_word_of_a_copy() -> None:
    """The store still has the object whole, and a child that has to be put right; it is going, and then gone."""
    kube = world()
    process = await settled(kube)
    service = await kube.apply({**kube.live("Service", "m"), "spec": {"ports": [1]}})
    process.store.put(service)
    await kube.merge_patch(MODEL, "ml", "m", {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
    kube.calls.clear()
    assert await process.reconciler.reconcile(KEY) is None
    assert kube.calls == [("get", "Model", "m")]
    assert await process.reconciler.reconcile(KEY) is None
    assert kube.calls == [("get", "Model", "m")], "that it is going is known by now"


async def test_an_object_that_is_gone_gets_no_children_and_is_forgotten() -> None:
    kube = world()
    process = await settled(kube)
    service = await kube.apply({**kube.live("Service", "m"), "spec": {"ports": [1]}})
    process.store.put(service)
    kube.remove("Model", "ml", "m")
    kube.calls.clear()
    assert await process.reconciler.reconcile(KEY) is None
    assert kube.calls == [("get", "Model", "m")]
    assert process.store.get(KEY) is None
