"""The benchmark of rollouts: what counts as served, and what it writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench_rollout.argo import ArgoRollouts
from tests.bench_rollout.measuring import Figures
from tests.bench_rollout.own import Leeboard
from tests.bench_rollout.report import METRICS, documents, text

READY = [{"type": "Ready", "status": "True"}]
STABLE = {"observedGeneration": "2", "phase": "Healthy", "stableRS": "b", "currentPodHash": "b"}


def figures(contestant: str, value: float) -> Figures:
    names = [name for _, name in METRICS]
    return Figures(contestant, "v1", 100, idle_s=60, requests={"get models": 3}, **dict.fromkeys(names, value))


@pytest.mark.parametrize(
    ("status", "version"),
    [
        ({}, 0),
        ({"conditions": READY, "champion": {"name": "m-v1"}}, 1),
        ({"conditions": READY, "champion": {"name": "m-v1"}, "candidate": {"name": "m-v2"}}, 0),
        ({"conditions": [], "champion": {"name": "m-v2"}}, 0),
        ({"conditions": READY, "champion": {"name": "m-v2"}}, 2),
    ],
)
def test_a_model_serves_its_champion_once_no_candidate_is_left(status: dict[str, Any], version: int) -> None:
    assert Leeboard("1").serves({"status": status}) == version


@pytest.mark.parametrize(
    ("change", "version"),
    [({}, 2), ({"phase": "Progressing"}, 0), ({"stableRS": "a"}, 0), ({"observedGeneration": "1"}, 0)],
)
def test_a_rollout_serves_its_template_once_that_is_stable(change: dict[str, Any], version: int) -> None:
    container = {"name": "server", "image": "registry.example/server:2"}
    spec = {"template": {"spec": {"containers": [container]}}}
    raw = {"metadata": {"generation": 2}, "spec": spec, "status": STABLE | change}
    assert ArgoRollouts().serves(raw) == version


def test_a_ratio_is_theirs_by_ours_and_there_is_none_by_nothing() -> None:
    entries = documents([(figures("Leeboard", 2), figures("Argo Rollouts", 5))])
    assert len(entries) == len(METRICS)
    assert entries[0] == {
        "case": "100 rollouts",
        "metric": "rollout_s",
        "ours": 2.0,
        "peer": "Argo Rollouts",
        "peer_version": "v1",
        "peer_value": 5.0,
        "ratio": 2.5,
    }
    assert documents([(figures("Leeboard", 0), figures("Argo Rollouts", 5))])[0]["ratio"] is None


def test_two_columns_for_each_size() -> None:
    lines = text([(figures("Leeboard", 2), figures("Argo Rollouts", 5))], "two cores").splitlines()
    assert lines[2] == "|  | 100, Leeboard v1 | 100, Argo Rollouts v1 |"
    assert "| … requests for each | 2 | 5 |" in lines
    assert lines[-1] == "Argo Rollouts, 100 rollouts: 3 × get models."
