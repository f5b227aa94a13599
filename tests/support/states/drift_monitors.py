"""The states of a DriftMonitor."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import DriftMonitorSnapshot
from tests.support.examples import example
from tests.support.states.state import DELETED, NOW, UNSEEN, Document, States, changed, deleted, unseen

DRIFT_MONITORS = States("DriftMonitor")
SETTINGS = Settings(runtime_image="runtime:1", server_image="server:1")
CHAMPION = {"champion": {"name": "v1", "since": timestamp(NOW), "images": {"server": "server:1"}}}


def monitor() -> Document:
    document = example("drift-monitor")
    document["metadata"] |= {"namespace": "ml", "generation": 1}
    document["spec"]["checks"] = [{"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}]
    return document


def figures(distance: str, rows: int = 1000) -> Document:
    """The evaluator's figures with one input at that distance from the reference."""
    interval = {"name": "JensenShannon", "value": distance, "low": distance, "high": distance}
    wind = {"name": "wind_speed", "missingPercent": 0, "distances": [interval], "shift": "mean 10 → 17"}
    return {
        "observedAt": timestamp(NOW),
        "version": "v1",
        "requests": rows,
        "rows": rows,
        "features": [wind],
        "performance": [],
    }


def looked(document: Document, evaluation: Any = None, *, model: Document | None, now: datetime = NOW) -> Document:
    """After the operator has looked at it."""
    status = {**document.get("status", {})} | ({"evaluation": evaluation} if evaluation else {})
    parsed = Model.parse(model) if model is not None else None
    snapshot = DriftMonitorSnapshot(DriftMonitor.parse({**document, "status": status}), parsed, None, SETTINGS)
    plan = plan_drift_monitor(snapshot, now)
    return {**document, "status": json.loads(json.dumps(plan.status))}


def served() -> Document:
    return {**example("model"), "status": CHAMPION}


@DRIFT_MONITORS.state("InProgress", "Progressing", text=UNSEEN)
def not_seen_yet() -> Document:
    return unseen(monitor())


@DRIFT_MONITORS.state("InProgress", "Progressing")
def model_missing() -> Document:
    return looked(monitor(), model=None)


@DRIFT_MONITORS.state("InProgress", "Progressing")
def no_champion_yet() -> Document:
    return looked(monitor(), model=example("model"))


@DRIFT_MONITORS.state("Current", "Healthy")
def no_figures_yet() -> Document:
    return looked(monitor(), model=served())


@DRIFT_MONITORS.state("Current", "Healthy")
def stable() -> Document:
    return looked(monitor(), figures("0.01"), model=served())


@DRIFT_MONITORS.state("Current", "Healthy")
def stable_but_a_pod_serves_uncounted() -> Document:
    silent = {
        "type": "ObservationsMissing",
        "status": "True",
        "reason": "ObservationsMissing",
        "message": "1 of 3 pods of v1 answer without an exporter",
        "lastTransitionTime": timestamp(NOW),
    }
    model = served()
    return looked(monitor(), figures("0.01"), model=model | {"status": model["status"] | {"conditions": [silent]}})


@DRIFT_MONITORS.state("Current", "Healthy")
def too_few_rows() -> Document:
    return looked(monitor(), figures("0.01", rows=20), model=served())


@DRIFT_MONITORS.state("Current", "Healthy")
def drift_found() -> Document:
    return looked(monitor(), figures("0.4"), model=served())


@DRIFT_MONITORS.state("Current", "Healthy")
def drift_found_and_figures_old() -> Document:
    found = looked(looked(monitor(), figures("0.4"), model=served()), model=served(), now=NOW + timedelta(days=2))
    assert {one["type"]: one["status"] for one in found["status"]["conditions"]}["DriftDetected"] == "True"
    return found


@DRIFT_MONITORS.state("InProgress", "Progressing", text=UNSEEN)
def spec_changed() -> Document:
    return changed(looked(monitor(), figures("0.01"), model=served()))


@DRIFT_MONITORS.state("Terminating", "Progressing", text=DELETED)
def being_deleted() -> Document:
    return deleted(looked(monitor(), figures("0.01"), model=served()))
