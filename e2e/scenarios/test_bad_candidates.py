"""Candidates that are worse in one way each, on the real node: each is rolled back for that, at once.

No gate keeps them from being tried. What fails every fifth request is tried behind a Gateway, by its own scenario.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.demo.traffic import Traffic
from e2e.scenarios.steps import first_version, restarts, trained_anew, usual_traffic
from e2e.scenarios.tenant import Tenant
from e2e.support.installation import SYSTEM_NAMESPACE
from e2e.support.kubectl import Document
from e2e.support.waiting import wait_for
from e2e.support.world import condition, describe_rollout
from leeboard.evaluator.guards.record import read_record

pytestmark = [pytest.mark.node, pytest.mark.rollouts, pytest.mark.timeout(1800)]
MODEL: dict[str, Any] = {
    "promotion": {"policy": "Automatic"},
    "serving": {
        "replicas": 1,
        "resources": {"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"memory": "1Gi"}},
        "acceleration": {"onnx": "Never"},
    },
}
BAD = [
    pytest.param(
        (
            ('"LEEBOARD_PARAM_ITERATIONS", "30"', '"LEEBOARD_PARAM_ITERATIONS", "1500"'),
            {"type": "LatencyP99", "maxRatio": "2"},
            "LatencyTooHigh",
        ),
        id="many times slower",
    ),
    pytest.param(
        (
            ("labels = frame", "labels = 1 - frame"),
            {"type": "Performance", "metric": "error_rate", "margin": "0.05", "minLabels": 200},
            "PerformanceWorse",
        ),
        id="labels the wrong way round",
    ),
    pytest.param(
        (
            ('frame["label"].to_numpy()', 'np.where(frame["distance"] > 600, 1, frame["label"])'),
            {"type": "PredictionDrift", "max": "0.2"},
            "PredictionsShifted",
        ),
        id="other predictions",
    ),
]


def rollout(guard: Document) -> Document:
    """One long stage, so that nothing but a guard ends it."""
    return {
        "strategy": "Canary",
        "steps": [{"weight": 50, "duration": "1h"}],
        "analysis": {"minSamples": 100, "guards": [guard]},
    }


def looks(tenant: Tenant, version: str) -> list[str]:
    """The verdicts of all looks at a rollout, as its record in storage has them."""
    (key,) = (
        key
        for key in tenant.buckets.keys(tenant.name, f"observed/observations/{version}/rollouts/")
        if key.endswith(".json")
    )
    return [str(one.verdict) for one in read_record(tenant.buckets.get(tenant.name, key)).looks]


@pytest.fixture(scope="module")
def first(tenant: Tenant) -> Document:
    """The first version, once it serves."""
    return first_version(tenant, **MODEL)


@pytest.fixture(scope="module")
def traffic(tenant: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """Flights as those that were trained on, and their labels two seconds later."""
    with usual_traffic(tenant, tmp_path_factory.mktemp("traffic")) as sent:
        yield sent


@pytest.mark.parametrize("bad", BAD)
def test_it_is_rolled_back_for_what_is_bad_about_it(
    tenant: Tenant, first: Document, traffic: Traffic, bad: tuple[tuple[str, str], Document, str]
) -> None:
    change, guard, reason = bad
    tenant.kubectl.apply(tenant.model_object(**MODEL, rollout=rollout(guard)))
    champion = tenant.world.champion()
    assert champion is not None
    before = restarts(tenant, champion)
    name = trained_anew(tenant, *change)["metadata"]["name"]
    status = tenant.world.wait_rolled_back(name)
    (found,) = [one for one in status["quarantined"] if one["name"] == name]
    assert found["reason"] == reason, found
    verdicts = looks(tenant, name)
    assert 1 <= verdicts.count("Abort") <= 2, "the operator let the evaluator say so again and again"
    assert "Pass" not in verdicts
    assert tenant.world.champion() == champion
    assert condition(status, "Ready") == "True"
    assert restarts(tenant, champion) == before, "a rollback touched the champion's pods"
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures


def test_an_operator_that_is_killed_goes_on_in_the_same_stage(
    tenant: Tenant, first: Document, traffic: Traffic
) -> None:
    quiet = {"type": "ErrorRate", "margin": "0.05"}
    tenant.kubectl.apply(tenant.model_object(**MODEL, rollout=rollout(quiet)))
    name = trained_anew(tenant, '"30"', '"40"')["metadata"]["name"]
    before = wait_for("stage", lambda: _stage(tenant, name), seconds=120, narrator=tenant.world.narrator)
    pods = restarts(tenant, name)
    system = tenant.cluster.kubectl(SYSTEM_NAMESPACE)
    label = "app.kubernetes.io/component=operator"
    gone = {pod["metadata"]["uid"] for pod in system.all("pods", label)}
    system("delete", "pods", "-l", label, "--grace-period=0", "--force", "--wait=false")

    def led_anew() -> tuple[bool | None, str]:
        found = system.all("pods", label)
        ready = [
            pod
            for pod in found
            if pod["metadata"]["uid"] not in gone
            and any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))
        ]
        return (len(ready) > 0) or None, f"{len(found)} pods"

    wait_for("operator", led_anew, seconds=180, narrator=tenant.world.narrator)
    identity = "promote-after-a-kill"
    tenant.kubectl("annotate", "--overwrite", "model", tenant.model, "leeboard.dev/pause=true")

    def paused() -> tuple[Document | None, str]:
        candidate = tenant.world.model()["status"].get("candidate") or {}
        return (candidate if candidate.get("reason") == "Paused" else None), json.dumps(candidate)[:300]

    # the word of the operator that came after it
    after = wait_for("pause", paused, seconds=120, narrator=tenant.world.narrator)
    kept = ("name", "phase", "step", "stepStartedAt", "canaryStartedAt", "requestedWeight")
    assert {one: after.get(one) for one in kept} == {one: before.get(one) for one in kept}
    assert restarts(tenant, name) == pods, "the candidate's pods were changed"
    tenant.kubectl("annotate", "--overwrite", "model", tenant.model, "leeboard.dev/pause=false")
    tenant.kubectl("annotate", "--overwrite", "model", tenant.model, f"leeboard.dev/promote={identity}")
    tenant.world.wait_champion(name)
    counts = traffic.stop().totals
    assert counts.failed == 0, counts.failures


def _stage(tenant: Tenant, name: str) -> tuple[Document | None, str]:
    status = tenant.world.model()["status"]
    candidate = status.get("candidate") or {}
    there = candidate.get("name") == name and candidate.get("phase") == "Canary"
    return (candidate if there else None), describe_rollout(status)
