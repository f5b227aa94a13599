"""The operator as a process under its own ServiceAccount, with the chart's roles, on a real API server.

No kubelet and no Job or Deployment controller runs here: the test writes what they would write, as administrator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl
from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.support.installation import OperatorProcess, eventually, install
from tests.support.training_world import IMAGE_ID, evaluation_result, training_result

pytestmark = pytest.mark.apiserver

Document = dict[str, Any]


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        install(running)
        yield running


@dataclass
class Tenant:
    """A tenant's namespace, and the hands of kubelet and of the controllers that do not run here."""

    kubectl: Kubectl
    operator: OperatorProcess

    def one(self, kind: str, selector: str) -> Document:
        """Wait for the one object that carries the labels."""

        def found() -> Document | None:
            items = self.kubectl.all(kind, selector)
            assert len(items) <= 1, items
            return items[0] if items else None

        live: Document = eventually(found, f"{kind} {selector}", self.operator.log)
        return live

    def status(self, kind: str, name: str, wanted: str) -> Document:
        """Wait until a field of the status, by its path, is there; gives the status."""

        def reached() -> Document | None:
            status: Any = (self.kubectl.get(kind, name) or {}).get("status", {})
            value = status
            for part in wanted.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            return status if value else None

        found: Document = eventually(reached, f"status.{wanted} of {kind} {name}", self.operator.log)
        return found

    def write_status(self, kind: str, name: str, status: Document) -> None:
        patch = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)

    def finish(self, job: Document, container: str, said: Document) -> None:
        """The pod of a Job ends well with its last words, and so does the Job."""
        name, template = job["metadata"]["name"], job["spec"]["template"]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
        metadata = {**template["metadata"], "name": f"{name}-0", "ownerReferences": [owner]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        self.kubectl("create", "-f", "-", input=json.dumps(pod))
        now = timestamp(datetime.now(UTC))
        status: Document = {"phase": "Succeeded", "containerStatuses": [container_ended(container, said, now)]}
        if container == "train":
            fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")}
            status["initContainerStatuses"] = [container_ended("fetch", fetched, now)]
        self.write_status("pod", f"{name}-0", status)
        conditions = [
            {"type": one, "status": "True", "lastTransitionTime": now, "lastProbeTime": now}
            for one in ("SuccessCriteriaMet", "Complete")
        ]
        counts = {"startTime": now, "completionTime": now, "succeeded": 1, "uncountedTerminatedPods": {}}
        self.write_status("job", name, {**counts, "conditions": conditions})

    def roll_out(self, deployment: Document) -> None:
        """All pods that a Deployment asks for are there and ready."""
        replicas = deployment["spec"]["replicas"]
        counts = {f"{which}eplicas": replicas for which in ("r", "readyR", "updatedR", "availableR")}
        observed = {"observedGeneration": deployment["metadata"]["generation"]}
        self.write_status("deployment", deployment["metadata"]["name"], counts | observed)


def container_ended(name: str, said: Document, now: str) -> Document:
    ended = {"exitCode": 0, "reason": "Completed", "message": json.dumps(said), "startedAt": now, "finishedAt": now}
    return {
        "name": name,
        "image": "x",
        "imageID": IMAGE_ID,
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": ended},
    }


def tenant(plane: ControlPlane, operator: OperatorProcess, name: str) -> Tenant:
    kubectl = plane.client(name)
    kubectl("create", "namespace", name)
    kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    return Tenant(kubectl, operator)


def asked_for() -> tuple[Document, Document]:
    training = example("training-job")
    training["spec"] |= {"triggers": {"onSpecChange": True}, "limits": {}}
    return example("model"), training


def trained(tenant: Tenant) -> str:
    """From the two manifests to a registered version; gives its name."""
    tenant.kubectl.apply(*asked_for())
    run = tenant.status("trainingjob", "late-flights", "lastRun")["lastRun"]
    training = tenant.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=training")
    tenant.finish(training, "train", training_result(run))
    evaluation = tenant.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=evaluation")
    tenant.finish(evaluation, "evaluate", evaluation_result(run))
    return str(tenant.one("modelversions", "leeboard.dev/training-job=late-flights")["metadata"]["name"])


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
    with OperatorProcess(plane, tmp_path) as second:
        crashing.operator = second
        training = crashing.one("jobs", f"leeboard.dev/run={run}")
        crashing.finish(training, "train", training_result(run))
        second.kill()
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
