"""Outcomes are found in the step that decides them, and in no other."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from leeboard.engine.outcome_metrics import OutcomeMetrics
from leeboard.engine.outcomes import DriftBegan, GateRefused, RolloutEnded, RunEnded, outcomes

Raw = dict[str, Any]
STARTED, FINISHED = "2026-01-01T00:00:00Z", "2026-01-01T00:02:00Z"
V1, V2 = {"name": "v1"}, {"name": "v2"}


def run(identity: str, phase: str, **fields: Any) -> Raw:
    return {"id": identity, "phase": phase, "cause": {"kind": "Drift"}, "startedAt": STARTED, **fields}


ENDED = run("a", "Failed", reason="OOMKilled", finishedAt=FINISHED)
LEAVING = V2 | {"phase": "RollingBack", "reason": "ErrorRateTooHigh"}
DROPPED = V2 | {"phase": "RollingBack", "reason": "Superseded"}
CANARY = V2 | {"phase": "Canary"}
REJECTED = {
    "phase": "Rejected",
    "gates": [{"gate": "Threshold roc_auc", "passed": False}, {"gate": "VersusChampion f1", "passed": True}],
}


@pytest.mark.parametrize(
    ("kind", "before", "after", "found"),
    [
        (
            "TrainingJob",
            {"runs": [run("a", "Training")]},
            {"runs": [ENDED]},
            [RunEnded("Drift", "Failed", "OOMKilled", 120)],
        ),
        ("TrainingJob", {"runs": [ENDED]}, {"runs": [ENDED, run("b", "Pending")]}, []),
        ("TrainingJob", {}, {"runs": [run("c", "NoNewData")]}, [RunEnded("Drift", "NoNewData", "", None)]),
        ("Model", {"champion": V1, "candidate": CANARY}, {"champion": V2}, [RolloutEnded("Promoted", "Promoted")]),
        ("Model", {"candidate": CANARY}, {"champion": V2}, [RolloutEnded("Promoted", "Promoted")]),
        ("Model", {}, {"champion": V1}, []),
        (
            "Model",
            {"champion": V1, "candidate": CANARY},
            {"champion": V1, "candidate": LEAVING},
            [RolloutEnded("RolledBack", "ErrorRateTooHigh")],
        ),
        ("Model", {"champion": V1, "candidate": LEAVING}, {"champion": V1}, []),
        ("Model", {"champion": V1, "candidate": LEAVING}, {"champion": V1, "candidate": LEAVING}, []),
        ("Model", {"candidate": CANARY}, {"candidate": DROPPED}, [RolloutEnded("Superseded", "Superseded")]),
        (
            "Model",
            {"champion": V2, "draining": V1},
            {"champion": V1, "candidate": V2 | {"phase": "RollingBack", "reason": "Aborted"}},
            [RolloutEnded("RolledBack", "Aborted")],
        ),
        ("ModelVersion", {}, REJECTED, [GateRefused("Threshold roc_auc")]),
        ("ModelVersion", REJECTED, REJECTED, []),
        ("DriftMonitor", {}, {"episode": {"id": "e"}}, [DriftBegan()]),
        ("DriftMonitor", {"episode": {"id": "e"}}, {"episode": {"id": "e", "endedAt": FINISHED}}, []),
        ("Job", {}, {"active": 1}, []),
    ],
)
def test_outcomes(kind: str, before: Raw, after: Raw, found: list[Any]) -> None:
    assert outcomes(kind, before, after) == found


def test_outcomes_are_counted_by_namespace() -> None:
    registry = CollectorRegistry()
    metrics = OutcomeMetrics(registry)

    def wrote(kind: str, before: Raw, after: Raw) -> None:
        metadata = {"namespace": "ml", "name": "x"}
        metrics.wrote(*({"kind": kind, "metadata": metadata, "status": one} for one in (before, after)))

    wrote("TrainingJob", {"runs": [run("a", "Training")]}, {"runs": [ENDED]})
    wrote("Model", {"champion": V1, "candidate": CANARY}, {"champion": V1, "candidate": LEAVING})
    wrote("ModelVersion", {}, REJECTED)
    wrote("DriftMonitor", {}, {"episode": {"id": "e"}})
    value, there = registry.get_sample_value, {"namespace": "ml"}
    ended = there | {"cause": "Drift", "phase": "Failed", "reason": "OOMKilled"}
    assert value("leeboard_training_runs_ended_total", ended) == 1
    assert value("leeboard_training_run_duration_seconds_sum", {"phase": "Failed"}) == 120
    rolled_back = there | {"outcome": "RolledBack", "reason": "ErrorRateTooHigh"}
    assert value("leeboard_rollouts_ended_total", rolled_back) == 1
    assert value("leeboard_gate_failures_total", there | {"gate": "Threshold roc_auc"}) == 1
    assert value("leeboard_drift_episodes_total", there) == 1
