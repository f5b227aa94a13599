"""When a key comes again, after what: in exact loop time."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from leeboard.controllers.base import Key
from leeboard.engine.executor import ChildrenRejected
from leeboard.engine.metrics import Metrics
from leeboard.engine.reconciler import RECONCILE_TIMEOUT, Reconciler, Workers
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.errors import Conflict, Unreachable

pytestmark = pytest.mark.looptime

KEY = Key("Model", "ml", "m")


@dataclass
class Scripted:
    """A reconciler that raises, waits or answers as told, in turn."""

    script: list[Any]

    async def reconcile(self, key: Key) -> timedelta | None:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
            return None
        return cast(timedelta | None, step)


async def times(script: list[Any], looks: int) -> tuple[list[float], CollectorRegistry]:
    """When each of the looks began, in seconds."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    queue: WorkQueue[Key] = WorkQueue(metrics, jitter=lambda: 1.0)
    workers = Workers(queue, cast(Reconciler, Scripted(script)), metrics)
    queue.add(KEY)
    began = []
    for _ in range(looks):
        await queue.take()
        began.append(round(asyncio.get_running_loop().time(), 3))
        await workers.work_on(KEY)
        queue.done(KEY)
    return began, registry


def counted(registry: CollectorRegistry, result: str) -> float | None:
    labels = {"controller": "model", "result": result}
    return registry.get_sample_value("controller_runtime_reconcile_total", labels)


async def test_a_look_asked_for_comes_when_asked_for() -> None:
    began, registry = await times([timedelta(seconds=30), timedelta(seconds=5)], 3)
    assert began == [0, 30, 35]
    assert (counted(registry, "requeue_after"), counted(registry, "success")) == (2, 1)


async def test_a_conflict_is_looked_at_again_soon_and_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    began, registry = await times([Conflict("changed"), Conflict("changed")], 3)
    assert began == [0, 0.005, 0.015]
    assert (counted(registry, "requeue"), counted(registry, "error")) == (2, None)
    assert caplog.records == []


async def test_a_busy_server_is_left_alone_as_long_as_it_asks() -> None:
    began, _ = await times([Unreachable("slow down", retry_after=7.0)], 2)
    assert began == [0, 7]


@pytest.mark.parametrize(
    ("error", "traceback"), [(ChildrenRejected("spec.ports"), False), (ZeroDivisionError("a bug"), True)]
)
async def test_errors_back_off_and_are_told_with_a_traceback_only_for_our_own(
    error: Exception, traceback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        began, registry = await times([error, error], 3)
    assert began == [0, 0.005, 0.015]
    assert counted(registry, "error") == 2
    assert [bool(record.exc_info) for record in caplog.records] == [traceback, traceback]
    assert "reconciling Model ml/m failed" in caplog.text


async def test_a_look_that_hangs_is_given_up() -> None:
    began, registry = await times([10_000.0], 2)
    assert began == [0, RECONCILE_TIMEOUT + 0.005]
    assert counted(registry, "error") == 1


async def test_looks_that_wait_for_nothing_let_others_have_their_turn() -> None:
    order: list[str] = []

    class Glance:
        async def reconcile(self, key: Key) -> timedelta | None:
            order.append(key.name)
            return None

    metrics = Metrics(CollectorRegistry())
    queue: WorkQueue[Key] = WorkQueue(metrics)
    for number in range(10):
        queue.add(Key("Model", "ml", f"m{number}"))
    working = asyncio.create_task(Workers(queue, cast(Reconciler, Glance()), metrics).run(1))
    for _ in range(6):
        await asyncio.sleep(0)
        order.append("another")
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert "m0" in order
    assert "m9" not in order, "the worker did not take all keys at once"
