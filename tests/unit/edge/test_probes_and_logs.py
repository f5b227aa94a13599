"""What kubelet, Prometheus and the log's reader see."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from leeboard.controllers.base import Key
from leeboard.edge.logs import JsonFormatter
from leeboard.edge.probes import LAG_LIMIT, Health
from leeboard.engine.domain_metrics import DomainMetrics
from leeboard.engine.metrics import Metrics
from leeboard.engine.store import Store


@pytest.mark.parametrize(
    ("synced", "lag", "live", "ready"),
    [(False, 0.0, True, False), (True, 0.0, True, True), (True, LAG_LIMIT + 1, False, False)],
)
def test_live_while_the_watches_deliver_ready_once_the_first_list_is_in(
    synced: bool, lag: float, live: bool, ready: bool
) -> None:
    health = Health(lambda: lag, synced=synced)
    assert (health.live()[0], health.ready()[0]) == (live, ready)


def test_a_log_line_is_one_json_object_with_its_traceback() -> None:
    try:
        raise ValueError("no\nway")
    except ValueError:
        record = logging.LogRecord("a.b", logging.ERROR, "f", 1, "failed: %s", ("x\ny",), sys.exc_info())
    line = JsonFormatter().format(record)
    assert "\n" not in line
    read = json.loads(line)
    assert (read["level"], read["logger"], read["message"]) == ("ERROR", "a.b", "failed: x\ny")
    assert "ValueError" in read["exception"]


def test_metrics_have_the_names_that_dashboards_know() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    key = Key("Model", "ml", "m")
    metrics.added(key)
    metrics.started(key, 0.1)
    metrics.finished(key, 0.2)
    metrics.retried(key)
    metrics.reconciled("Model", "error", 0.3)
    metrics.requested("GET", 200, 0.01)
    metrics.watch_lag(lambda: 3.0)
    model = {"controller": "model"}
    assert registry.get_sample_value("controller_runtime_reconcile_total", model | {"result": "error"}) == 1
    assert registry.get_sample_value("controller_runtime_reconcile_errors_total", model) == 1
    assert registry.get_sample_value("controller_runtime_reconcile_time_seconds_count", model) == 1
    assert registry.get_sample_value("controller_runtime_active_workers", model) == 0
    assert registry.get_sample_value("workqueue_depth", {"name": "model"}) == 0
    assert registry.get_sample_value("workqueue_adds_total", {"name": "model"}) == 1
    assert registry.get_sample_value("workqueue_retries_total", {"name": "model"}) == 1
    assert registry.get_sample_value("rest_client_requests_total", {"code": "200", "method": "GET"}) == 1
    assert registry.get_sample_value("leeboard_watch_lag_seconds") == 3.0


def raw(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "ml", "uid": kind, "resourceVersion": "1"}
    return {"apiVersion": "leeboard.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status}


def test_metrics_of_the_four_kinds_follow_their_status() -> None:
    store, registry = Store(), CollectorRegistry()
    registry.register(DomainMetrics(store))
    ready = [{"type": "Ready", "status": "True"}]
    candidate = {"name": "v2", "requestedWeight": 10, "replicaWeight": 33}
    store.put(raw("Model", {}, {"champion": {"name": "v1"}, "candidate": candidate, "conditions": ready}))
    store.put(raw("DriftMonitor", {"modelRef": {"name": "x"}}, {"verdict": "Drift"}))
    store.put(raw("TrainingJob", {}, {"runs": [{"phase": "Failed", "reason": "OOMKilled"}, {"phase": "Succeeded"}]}))
    address = {"namespace": "ml", "model": "x"}
    weight = "leeboard_model_traffic_weight_percent"
    champion = address | {"version": "v1", "role": "champion"}
    assert registry.get_sample_value(weight, champion | {"weight": "requested"}) == 90
    assert registry.get_sample_value(weight, champion | {"weight": "observed"}) is None
    newcomer = address | {"version": "v2", "role": "candidate"}
    assert registry.get_sample_value(weight, newcomer | {"weight": "replica"}) == 33
    verdict = {"namespace": "ml", "monitor": "x", "model": "x"}
    assert registry.get_sample_value("leeboard_drift_verdict", verdict | {"verdict": "Drift"}) == 1
    assert registry.get_sample_value("leeboard_drift_verdict", verdict | {"verdict": "Stable"}) == 0
    runs = {"namespace": "ml", "training_job": "x", "phase": "Failed", "reason": "OOMKilled"}
    assert registry.get_sample_value("leeboard_training_runs", runs) == 1
    assert registry.get_sample_value("leeboard_ready", {"kind": "Model", "namespace": "ml", "name": "x"}) == 1
