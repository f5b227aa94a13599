"""The operator as a process under its own ServiceAccount, with the chart's roles, on a real API server.

No kubelet and no Job or Deployment controller runs here: the test writes what they would write, as administrator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster.control_plane import ControlPlane
from tests.support.installation import OperatorProcess, eventually, forget_lease, install
from tests.support.tenant import Document, asked_for, tenant, trained
from tests.support.training_world import evaluation_result, training_result

pytestmark = pytest.mark.apiserver


@pytest.fixture(scope="module")
def plane(kubernetes: str) -> Iterator[ControlPlane]:
    with ControlPlane(kubernetes) as running:
        install(running)
        yield running


def managers(document: Document) -> dict[str, str]:
    """Who wrote what: field manager to subresource."""
    fields = document["metadata"].get("managedFields", [])
    return {one["manager"]: one.get("subresource", "") for one in fields}


def test_from_a_training_job_to_a_served_model(plane: ControlPlane, tmp_path: Path) -> None:
    with OperatorProcess(plane, tmp_path) as operator:
        ml = tenant(plane, operator, "ml")
        version = trained(ml)
        deployment = ml.one("deployments", "leeboard.dev/model=late-flights")
        assert deployment["metadata"]["labels"]["leeboard.dev/version"] == version
        ml.roll_out(deployment)
        assert ml.status("model", "late-flights", "champion")["champion"]["name"] == version
        eventually(lambda: ml.kubectl.get("service", "late-flights"), "the Service", operator.log)
        eventually(lambda: "Succeeded" in json.dumps(ml.kubectl.all("trainingjobs")), "the run's end", operator.log)
        for kind in ("models", "trainingjobs", "modelversions"):
            for document in json.loads(ml.kubectl("get", kind, "-o", "json", "--show-managed-fields"))["items"]:
                metadata = document["metadata"]
                assert "finalizers" not in metadata
                assert not [name for name in metadata.get("annotations", {}) if "kopf" in name]
                if kind != "modelversions":
                    assert managers(document)["leeboard"] == "status"
        reasons = {event["reason"] for event in ml.kubectl.all("events.events.k8s.io")}
        assert {"RunStarted", "RunSucceeded"} <= reasons
        metrics = operator.probe("/metrics")[1]
        assert 'controller_runtime_reconcile_total{controller="trainingjob",result="success"}' in metrics
        assert 'rest_client_requests_total{code="403"' not in metrics
        assert operator.probe("/healthz")[0] == 200
        assert operator.stop() == 0, operator.log()[-6000:]
        assert operator.problems() == []


def test_a_crash_and_a_restart_repeat_nothing(plane: ControlPlane, tmp_path: Path) -> None:
    with OperatorProcess(plane, tmp_path) as first:
        crashing = tenant(plane, first, "crashing")
        crashing.kubectl.apply(*asked_for())
        run = crashing.status("trainingjob", "late-flights", "lastRun")["lastRun"]
        first.kill()
    forget_lease(plane)
    with OperatorProcess(plane, tmp_path) as second:
        crashing.operator = second
        training = crashing.one("jobs", f"leeboard.dev/run={run}")
        crashing.finish(training, "train", training_result(run))
        second.kill()
    forget_lease(plane)
    with OperatorProcess(plane, tmp_path, LEEBOARD_RELIST_INTERVAL="1s") as third:
        crashing.operator = third
        evaluation = crashing.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=evaluation")
        crashing.finish(evaluation, "evaluate", evaluation_result(run))
        crashing.one("deployments", "leeboard.dev/model=late-flights")
        assert len(crashing.kubectl.all("jobs")) == 2
        assert len(crashing.kubectl.all("modelversions")) == 1
        assert third.stop() == 0, third.log()[-6000:]
        assert third.problems() == []


def test_a_child_that_was_deleted_or_changed_comes_back(plane: ControlPlane, tmp_path: Path) -> None:
    with OperatorProcess(plane, tmp_path) as operator:
        repaired = tenant(plane, operator, "repaired")
        trained(repaired)
        deployment = repaired.one("deployments", "leeboard.dev/model=late-flights")
        name, uid = deployment["metadata"]["name"], deployment["metadata"]["uid"]
        repaired.kubectl("delete", "deployment", name)

        def renewed() -> bool:
            live = repaired.kubectl.get("deployment", name)
            return live is not None and live["metadata"]["uid"] != uid

        eventually(renewed, "the Deployment is back", operator.log)
        wanted = deployment["spec"]["replicas"]
        repaired.kubectl("scale", "deployment", name, f"--replicas={wanted + 3}")
        eventually(
            lambda: (repaired.kubectl.get("deployment", name) or {})["spec"]["replicas"] == wanted,
            "the Deployment has its size",
            operator.log,
        )
        assert operator.stop() == 0, operator.log()[-6000:]
        assert operator.problems() == []
