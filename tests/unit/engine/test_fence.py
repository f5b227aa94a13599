"""A reconcile that is under way when leadership is lost: whatever it still wanted to write is not written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leeboard.engine.executor import Executor
from leeboard.engine.fence import FencedKube, NotLeading
from leeboard.kube.events import EventRecorder
from tests.unit.engine.harness import Clock, Process
from tests.unit.engine.test_reconciling import CONTROLLERS, KEY, world

CALLS = 5
"""Of a reconcile of `world`: get, apply, delete, status, event."""


@pytest.mark.parametrize("lost_after", range(1, CALLS))
async def test_nothing_is_written_after_the_loss_wherever_it_comes(lost_after: int) -> None:
    kube, clock = world(), Clock()
    process = Process(kube, CONTROLLERS, clock)
    fenced = FencedKube(kube, lambda: len(kube.calls) < lost_after)
    recorder = EventRecorder(fenced, clock=clock, controller="leeboard.dev/operator", instance="test")
    executor = Executor(kube=fenced, store=process.store, lag=process.lag, recorder=recorder, clock=clock)
    reconciler = replace(process.reconciler, kube=fenced, executor=executor)
    process.watch()
    before = len(kube.calls)
    if lost_after < CALLS - 1:
        with pytest.raises(NotLeading):
            await reconciler.reconcile(KEY)
    else:
        await reconciler.reconcile(KEY)  # the state is recorded; the Event about it is lost, and fails nothing
    assert len(kube.calls) - before == lost_after
    assert kube.of_kind("Event") == []
