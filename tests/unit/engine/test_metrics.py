"""What is counted of the engine, under the names and labels that dashboards of other operators know."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from leeboard.controllers.base import Key
from leeboard.controllers.registry import CONTROLLERS
from leeboard.engine.metrics import Metrics
from leeboard.engine.queue_metrics import QueueMetrics
from leeboard.engine.workqueue import WorkQueue

KEY, OTHER = Key("Model", "ml", "m"), Key("Model", "ml", "n")
OF_MODEL, QUEUE_OF_MODEL = {"controller": "model"}, {"name": "model"}


def test_metrics_have_the_names_that_dashboards_know() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry, kinds=CONTROLLERS, workers=4)
    metrics.added(KEY)
    metrics.started(KEY, 0.1)
    metrics.finished(KEY, 0.2)
    metrics.retried(KEY)
    metrics.reconciled("Model", "error", 0.3, terminal=True)
    metrics.requested("GET", "10.0.0.1:443", 200, 0.01)
    metrics.requested("GET", "10.0.0.1:443", 0, 0.01)
    metrics.watch_lag(["Job", "Pod"], {"Job": 3.0, "Pod": 0.0}.__getitem__)
    metrics.leadership("leeboard-operator", lambda: True)
    metrics.heard("Pod")
    value = registry.get_sample_value
    assert value("controller_runtime_reconcile_total", OF_MODEL | {"result": "error"}) == 1
    assert value("controller_runtime_reconcile_errors_total", OF_MODEL) == 1
    assert value("controller_runtime_terminal_reconcile_errors_total", OF_MODEL) == 1
    assert value("controller_runtime_reconcile_time_seconds_count", OF_MODEL) == 1
    assert value("controller_runtime_active_workers", OF_MODEL) == 0
    assert value("controller_runtime_max_concurrent_reconciles", OF_MODEL) == 4
    assert value("workqueue_depth", QUEUE_OF_MODEL) == 0
    assert value("workqueue_adds_total", QUEUE_OF_MODEL) == 1
    assert value("workqueue_retries_total", QUEUE_OF_MODEL) == 1
    assert value("workqueue_queue_duration_seconds_sum", QUEUE_OF_MODEL) == pytest.approx(0.1)
    assert value("workqueue_work_duration_seconds_sum", QUEUE_OF_MODEL) == pytest.approx(0.2)
    server = {"method": "GET", "host": "10.0.0.1:443"}
    assert value("rest_client_requests_total", server | {"code": "200"}) == 1
    assert value("rest_client_requests_total", server | {"code": "<error>"}) == 1
    assert value("leeboard_watch_lag_seconds", {"kind": "Job"}) == 3.0
    assert value("leader_election_master_status", {"name": "leeboard-operator"}) == 1
    assert value("leeboard_watch_events_total", {"kind": "Pod"}) == 1


def test_every_controller_has_its_series_before_anything_happened() -> None:
    registry = CollectorRegistry()
    Metrics(registry, kinds=CONTROLLERS, workers=4)
    for kind in map(str.lower, CONTROLLERS):
        for result in ("success", "requeue", "requeue_after", "error"):
            labels = {"controller": kind, "result": result}
            assert registry.get_sample_value("controller_runtime_reconcile_total", labels) == 0
        assert registry.get_sample_value("workqueue_depth", {"name": kind}) == 0
        assert (
            registry.get_sample_value("controller_runtime_terminal_reconcile_errors_total", {"controller": kind}) == 0
        )


@pytest.mark.looptime
async def test_a_change_is_as_old_as_it_is_through_every_back_off_until_it_succeeds() -> None:
    registry = CollectorRegistry()
    queue: WorkQueue[Key] = WorkQueue(Metrics(registry), jitter=lambda: 1.0)
    registry.register(QueueMetrics(queue, CONTROLLERS))

    def oldest(kind: str = "model") -> float | None:
        return registry.get_sample_value("leeboard_oldest_unprocessed_change_seconds", {"controller": kind})

    async def fail() -> None:
        assert await queue.take() == KEY
        queue.retry(KEY, at_least=600.0)
        queue.done(KEY)

    assert oldest() == 0
    queue.add(KEY)
    for _ in range(6):
        await fail()
    assert oldest() == pytest.approx(3000)
    await asyncio.sleep(600)
    assert oldest() == pytest.approx(3600)
    assert oldest("trainingjob") == 0
    await queue.take()
    await asyncio.sleep(10)
    queue.add(KEY)  # changed again while it is worked on
    await asyncio.sleep(5)
    queue.succeeded(KEY)
    queue.done(KEY)
    assert oldest() == pytest.approx(5)
    await queue.take()
    queue.succeeded(KEY)
    queue.done(KEY)
    assert oldest() == 0


@pytest.mark.looptime
async def test_work_in_progress_is_seen_before_it_ends() -> None:
    registry = CollectorRegistry()
    queue: WorkQueue[Key] = WorkQueue(Metrics(registry))
    registry.register(QueueMetrics(queue, CONTROLLERS))
    for key in (KEY, OTHER):
        queue.add(key)
        await queue.take()
        await asyncio.sleep(10)

    def shown() -> tuple[float | None, float | None]:
        names = ("workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds")
        unfinished, longest = (registry.get_sample_value(name, QUEUE_OF_MODEL) for name in names)
        return unfinished, longest

    assert shown() == (30, 20)
    queue.done(KEY)
    assert shown() == (10, 10)
    queue.done(OTHER)
    assert shown() == (0, 0)
