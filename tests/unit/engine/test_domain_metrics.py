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


def interval(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"name": name, "value": f"{value}", "low": f"{value / 2}", "high": f"{value * 2}", **more}


def monitor_with(*checks: dict[str, Any], exclude: tuple[str, ...] = (), **evaluation: Any) -> dict[str, Any]:
    """A DriftMonitor with figures."""
    spec = {"modelRef": {"name": "m"}, "checks": list(checks), "features": {"exclude": list(exclude)}}
    status = {"evaluation": {"observedAt": TEN, "version": "v1", "rows": 900, **evaluation}}
    return raw("DriftMonitor", "x", spec, status)


def inputs(count: int, *distances: str) -> list[dict[str, Any]]:
    return [{"name": f"i{number}", "distances": [interval(name, 0.5) for name in distances]} for number in range(count)]


MONITOR = {"namespace": "ml", "monitor": "x", "model": "m"}
DRIFT = {"type": "DataDrift", "distance": "Wasserstein", "threshold": "0.5"}
SCORES = {"type": "PredictionDrift", "distance": "PSI", "threshold": "0.2"}
AUC = {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.03"}
LOSS = {"type": "EstimatedPerformance", "metric": "log_loss", "maxDrop": "0.1"}


def test_of_the_figures_of_a_drift_monitor() -> None:
    monitor = monitor_with(
        DRIFT, {**DRIFT, "distance": "PSI", "threshold": "0.9"}, SCORES, AUC, LOSS,
        features=inputs(2, "JensenShannon", "Wasserstein"),
        prediction={"name": "probability", "distances": [interval("JensenShannon", 0.1), interval("PSI", 0.3)]},
        labels={"arrived": 12, "rows": 9},
        performance=[interval("roc_auc", 0.4, reference="0.7", rows=9)],
        estimated=[interval("log_loss", 0.6, reference="0.5", rows=900)],
    )  # fmt: skip
    monitor["status"] |= {
        "unhelpful": 2,
        "requests": [{"type": "Retrain", "trainingJobRef": {"name": "t"}, "episode": "e"}],
    }
    value = registry_of(monitor).get_sample_value
    first = MONITOR | {"of": "input", "subject": "i0", "distance": "Wasserstein"}
    ends = {end: value("leeboard_drift_distance", first | {"end": end}) for end in ("value", "low", "high")}
    assert ends == {"value": 0.5, "low": 0.25, "high": 1}
    assert value("leeboard_drift_distance", first | {"distance": "JensenShannon", "end": "value"}) is None
    scores = MONITOR | {"of": "prediction", "subject": "probability", "distance": "PSI", "end": "low"}
    assert value("leeboard_drift_distance", scores) == 0.15
    threshold = "leeboard_drift_distance_threshold"
    assert value(threshold, MONITOR | {"of": "input", "distance": "Wasserstein"}) == 0.5
    assert value(threshold, MONITOR | {"of": "prediction", "distance": "PSI"}) == 0.2
    quality = MONITOR | {"metric": "roc_auc", "source": "labels"}
    assert value("leeboard_drift_performance", quality | {"end": "high"}) == 0.8
    assert value("leeboard_drift_performance_limit", quality) == pytest.approx(0.67)
    loss = MONITOR | {"metric": "log_loss", "source": "estimate"}
    assert value("leeboard_drift_performance_limit", loss) == pytest.approx(0.6)
    assert value("leeboard_drift_performance_reference", MONITOR | {"metric": "log_loss"}) == 0.5
    assert value("leeboard_drift_window_arrived_labels", MONITOR) == 12
    assert value("leeboard_drift_evaluated_timestamp_seconds", MONITOR) == at(TEN)
    assert value("leeboard_drift_unhelpful_runs", MONITOR) == 2
    assert value("leeboard_drift_requested_runs", MONITOR | {"training_job": "t"}) == 1


def test_figures_make_no_more_series_than_were_promised() -> None:
    names = [f"m{number}" for number in range(40)]
    metrics = [interval(name, 1, reference="1") for name in names]
    figures = {"features": inputs(500, "JensenShannon", "Wasserstein", "PSI"), "performance": metrics}
    monitor = monitor_with(DRIFT, AUC, exclude=("i3",), estimated=metrics, **figures)
    registry = registry_of(monitor)
    shown = series(registry, "leeboard_drift_distance")
    assert len(shown) == 10 * 3
    assert {one["subject"] for one in shown} == {f"i{number}" for number in range(11)} - {"i3"}
    assert len(series(registry, "leeboard_drift_performance")) == 2 * 5 * 3
    assert len(series(registry, "leeboard_drift_performance_reference")) == 5


def test_figures_are_shown_of_a_part_of_the_monitors_and_first_of_those_that_drift() -> None:
    monitors = []
    for number in range(40):
        monitor = monitor_with(DRIFT, features=inputs(1, "JensenShannon"))
        monitor["metadata"] |= {"name": f"d{number}", "uid": f"d{number}"}
        monitor["status"] |= {"verdict": "Drift" if number == 39 else "Stable", "conditions": READY}
        monitors.append(monitor)
    shown = series(registry_of(*monitors, limit=25), "leeboard_drift_distance")
    assert len(shown) == 5 * 3
    assert "d39" in {one["monitor"] for one in shown}
    assert len(series(registry_of(*monitors, limit=0), "leeboard_drift_distance")) == 0


def test_a_text_has_the_distance_that_there_is_of_texts() -> None:
    shown = series(registry_of(monitor_with(DRIFT, features=inputs(1, "JensenShannon"))), "leeboard_drift_distance")
    assert {one["distance"] for one in shown} == {"JensenShannon"}


@pytest.mark.parametrize(
    "evaluation",
    [
        {"features": [{"name": "i", "distances": [{"name": "JensenShannon", "value": "x"}]}, 5, None]},
        {"features": inputs(1, "JensenShannon"), "error": {"reason": "BadData", "message": ""}},
        {"features": [{"name": "", "distances": []}], "prediction": 7, "performance": "none"},
        {"observedAt": "yesterday", "features": inputs(1, "JensenShannon")},
    ],
)
def test_figures_that_cannot_be_read_make_no_series(evaluation: dict[str, Any]) -> None:
    registry = registry_of(monitor_with(DRIFT, **evaluation))
    assert series(registry, "leeboard_drift_distance") == []
    assert len(series(registry, "leeboard_drift_distance_threshold")) == 1


def test_an_input_that_is_named_twice_is_shown_once() -> None:
    twice = inputs(1, "JensenShannon") * 2
    shown = series(registry_of(monitor_with(DRIFT, features=twice, performance=twice)), "leeboard_drift_distance")
    assert len(shown) == 3


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
