"""What the metrics say of the four kinds, and how many series they may become."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from leeboard.engine.domain_metrics import DomainMetrics
from leeboard.engine.store import Store

READY = [{"type": "Ready", "status": "True"}]
NOT_READY = [{"type": "Ready", "status": "False"}]
TEN, LATER = "2026-01-01T10:00:00Z", "2026-01-01T10:30:00Z"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def raw(kind: str, name: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "ml", "uid": kind + name, "resourceVersion": "1", "creationTimestamp": TEN}
    return {"apiVersion": "leeboard.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status}


def registry_of(*objects: dict[str, Any], limit: int = 1000) -> CollectorRegistry:
    store, registry = Store(), CollectorRegistry()
    registry.register(DomainMetrics(store, limit))
    for one in objects:
        store.put(one)
    return registry


def series(registry: CollectorRegistry, name: str) -> list[dict[str, str]]:
    return [sample.labels for family in registry.collect() for sample in family.samples if sample.name == name]


def test_of_a_model_in_a_rollout() -> None:
    candidate = {
        "name": "v2",
        "phase": "Canary",
        "step": 1,
        "stepStartedAt": TEN,
        "requestedWeight": 10,
        "replicaWeight": 33,
    }
    status = {
        "champion": {"name": "v1", "since": TEN},
        "candidate": candidate,
        "conditions": READY,
        "evaluation": {"observedAt": TEN},
        "quarantined": [{"name": "v0"}],
    }
    steps = [{"weight": 5, "duration": "1m"}, {"weight": 10, "duration": "30m"}]
    model = raw("Model", "x", {"rollout": {"steps": steps}}, status)
    value = registry_of(model, raw("ModelVersion", "v1", {"modelRef": {"name": "x"}}, {})).get_sample_value
    address = {"namespace": "ml", "model": "x"}
    champion, newcomer = address | {"version": "v1"}, address | {"version": "v2"}
    weight = "leeboard_model_traffic_weight_percent"
    assert value(weight, champion | {"role": "champion", "weight": "requested"}) == 90
    assert value(weight, champion | {"role": "champion", "weight": "observed"}) is None
    assert value(weight, newcomer | {"role": "candidate", "weight": "replica"}) == 33
    assert value("leeboard_ready", {"kind": "Model", "namespace": "ml", "name": "x"}) == 1
    assert value("leeboard_model_champion_since_timestamp_seconds", champion) == at(TEN)
    assert value("leeboard_model_champion_registered_timestamp_seconds", champion) == at(TEN)
    assert value("leeboard_rollout_stage_due_timestamp_seconds", newcomer | {"phase": "Canary"}) == at(LATER)
    assert value("leeboard_model_quarantined_versions", address) == 1
    expiry = {"kind": "Model", "namespace": "ml", "name": "x"}
    assert value("leeboard_evaluation_expiry_timestamp_seconds", expiry) == at(TEN) + 600
    assert value("leeboard_rollouts", {"phase": "Canary"}) == 1


def test_of_a_drift_monitor() -> None:
    findings = [
        {"check": "DataDrift", "subject": "wind", "value": "0.3", "threshold": "0.1"},
        {"check": "DataDrift", "subject": "hour", "value": "0.05", "threshold": "0.1"},
        {"check": "Performance", "subject": "roc_auc", "value": "", "threshold": "0.03"},
    ]
    status = {
        "verdict": "Drift",
        "rows": 700,
        "findings": findings,
        "episode": {"id": "e", "startedAt": TEN},
        "evaluation": {"observedAt": TEN, "labels": {"rows": 9, "delaySeconds": {"p50": "60", "p95": "3600"}}},
    }
    spec = {"modelRef": {"name": "m"}, "window": {"length": "1h", "every": "10m"}}
    value = registry_of(raw("DriftMonitor", "x", spec, status)).get_sample_value
    monitor = {"namespace": "ml", "monitor": "x", "model": "m"}
    assert value("leeboard_drift_verdict", monitor | {"verdict": "Drift"}) == 1
    assert value("leeboard_drift_verdict", monitor | {"verdict": "Stable"}) == 0
    assert value("leeboard_drift_score_ratio", monitor | {"check": "DataDrift"}) == pytest.approx(3)
    assert value("leeboard_drift_score_ratio", monitor | {"check": "Performance"}) is None
    assert value("leeboard_drift_window_rows", monitor) == 700
    assert value("leeboard_drift_window_labelled_rows", monitor) == 9
    assert value("leeboard_label_delay_seconds", monitor | {"percentile": "p95"}) == 3600
    assert value("leeboard_drift_episode_start_timestamp_seconds", monitor) == at(TEN)
    expiry = {"kind": "DriftMonitor", "namespace": "ml", "name": "x"}
    assert value("leeboard_evaluation_expiry_timestamp_seconds", expiry) == at(LATER)
    assert value("leeboard_drift_verdicts", {"verdict": "Drift"}) == 1


def test_of_a_training_job() -> None:
    runs = [
        {"id": "a", "phase": "Succeeded", "startedAt": TEN, "finishedAt": LATER},
        {"id": "b", "phase": "Failed", "reason": "OOMKilled"},
        {"id": "c", "phase": "Failed", "reason": "OOMKilled", "startedAt": TEN, "finishedAt": LATER},
        {"id": "d", "phase": "Training"},
    ]
    value = registry_of(raw("TrainingJob", "x", {"modelRef": {"name": "m"}}, {"runs": runs})).get_sample_value
    training = {"namespace": "ml", "training_job": "x", "model": "m"}
    assert value("leeboard_training_runs", training | {"phase": "Failed", "reason": "OOMKilled"}) == 2
    assert value("leeboard_training_consecutive_failures", training) == 2
    assert value("leeboard_training_last_success_timestamp_seconds", training) == at(LATER)
    assert value("leeboard_training_last_duration_seconds", training) == 1800
    assert value("leeboard_training_runs_active", {"phase": "Training"}) == 1
    assert value("leeboard_ready", {"kind": "TrainingJob", "namespace": "ml", "name": "x"}) == 0


def test_of_a_version_that_waits_for_a_person() -> None:
    waiting = [{"type": "AwaitingApproval", "status": "True", "lastTransitionTime": TEN}]
    version = raw("ModelVersion", "v", {"modelRef": {"name": "m"}}, {"conditions": waiting})
    since = "leeboard_model_version_awaiting_approval_since_timestamp_seconds"
    registry = registry_of(version, raw("ModelVersion", "w", {"modelRef": {"name": "m"}}, {}))
    assert registry.get_sample_value(since, {"namespace": "ml", "model": "m", "version": "v"}) == at(TEN)
    assert len(series(registry, since)) == 1


def test_objects_without_a_status_and_times_that_are_none_break_no_scrape() -> None:
    monitor = raw("DriftMonitor", "x", {"modelRef": {"name": "m"}}, {"evaluation": {"observedAt": "soon"}})
    registry = registry_of(raw("Model", "x", {}, {}), raw("TrainingJob", "x", {}, {}), monitor)
    assert registry.get_sample_value("leeboard_objects", {"kind": "Model", "ready": "Unknown"}) == 1
    assert series(registry, "leeboard_evaluation_expiry_timestamp_seconds") == []


def test_beyond_the_limit_those_are_shown_that_need_a_look_and_all_are_counted() -> None:
    models = [raw("Model", f"m{n:03}", {}, {"champion": {"name": "v"}, "conditions": READY}) for n in range(20)]
    models[13]["status"]["conditions"] = NOT_READY
    models[17]["status"]["candidate"] = {"name": "w", "phase": "Starting"}
    registry = registry_of(*models, limit=4)
    shown = [one["name"] for one in series(registry, "leeboard_ready")]
    assert sorted(shown) == ["m000", "m001", "m013", "m017"]
    assert registry.get_sample_value("leeboard_objects_without_series", {"kind": "Model"}) == 16
    assert registry.get_sample_value("leeboard_objects", {"kind": "Model", "ready": "True"}) == 19
    assert series(registry_of(*models, limit=0), "leeboard_ready") == []
