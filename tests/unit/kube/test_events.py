"""Events repeat by counting, and never become a storm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leeboard.kube.events import BURST, EventRecorder
from tests.support.fake_kube import FakeKube

START = datetime(2026, 1, 1, tzinfo=UTC)
MODEL: dict[str, Any] = {
    "apiVersion": "leeboard.dev/v1alpha1",
    "kind": "Model",
    "metadata": {"name": "m", "namespace": "ml", "uid": "u", "resourceVersion": "7"},
}


class World:
    def __init__(self) -> None:
        self.now = START
        self.kube = FakeKube()
        self.recorder = EventRecorder(self.kube, clock=lambda: self.now, controller="c", instance="i")

    async def record(self, message: str) -> None:
        await self.recorder.record(MODEL, type="Warning", reason="OOMKilled", message=message)


@pytest.fixture
def world() -> World:
    return World()


async def test_the_same_event_again_counts_up_also_after_a_restart(world: World) -> None:
    await world.record("out of memory")
    await world.record("out of memory")
    world.recorder = EventRecorder(world.kube, clock=lambda: world.now, controller="c", instance="j")
    world.now += timedelta(hours=1)
    await world.record("out of memory")
    (event,) = world.kube.of_kind("Event")
    assert event["series"] == {"count": 3, "lastObservedTime": "2026-01-01T01:00:00.000000Z"}
    assert event["eventTime"] == "2026-01-01T00:00:00.000000Z"
    assert event["regarding"]["uid"] == "u"


async def test_another_message_is_another_event_and_a_long_one_is_cut(world: World) -> None:
    await world.record("a" * 5000)
    await world.record("b")
    assert sorted(len(event["note"]) for event in world.kube.of_kind("Event")) == [1, 1024]


async def test_an_object_that_flaps_gets_a_burst_and_then_one_event_in_five_minutes(world: World) -> None:
    for number in range(1000):
        await world.record(str(number))
    assert len(world.kube.of_kind("Event")) == BURST
    assert len(world.kube.calls) == BURST
    world.now += timedelta(minutes=11)
    for number in range(1000, 2000):
        await world.record(str(number))
    assert len(world.kube.of_kind("Event")) == BURST + 2


async def test_an_event_that_expired_while_it_was_counted_is_no_failure(world: World) -> None:
    await world.record("out of memory")

    def expire(verb: str, kind: str, name: str) -> None:
        if verb == "get":
            world.kube.objects.clear()

    world.kube.before = expire
    await world.record("out of memory")
    assert world.kube.of_kind("Event") == []
