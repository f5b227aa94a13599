"""A tenant's namespace on a control plane, and the hands of kubelet and of the controllers that do not run there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl
from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.support.installation import OperatorProcess, eventually
from tests.support.training_world import IMAGE_ID, evaluation_result, training_result

Document = dict[str, Any]
CONTROLLER = "system:serviceaccount:kube-system:{}-controller"
"""Whom the API server takes a controller of Kubernetes for; its roles are there from the server's start."""


@dataclass
class Tenant:
    """A namespace, and whoever works in it beside the operator."""

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
        """Merge into the status of an object, as its controller would."""
        patch = json.dumps({"status": status})
        self.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)

    def finish(self, job: Document, container: str, said: Document) -> None:
        """The pod of a Job ends well with its last words, and so does the Job."""
        name, template = job["metadata"]["name"], job["spec"]["template"]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
        metadata = {**template["metadata"], "name": f"{name}-0", "ownerReferences": [owner]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        self.kubectl("create", "-f", "-", f"--as={CONTROLLER.format('job')}", input=json.dumps(pod))
        now = timestamp(datetime.now(UTC))
        status: Document = {"phase": "Succeeded", "containerStatuses": [container_ended(container, said, now)]}
        if container == "train":
            fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")}
            status["initContainerStatuses"] = [container_ended("fetch", fetched, now)]
        self.write_status("pod", f"{name}-0", status)
        self.ended(name)

    def ended(self, name: str) -> None:
        """A Job ends well, as its controller would say."""
        now = timestamp(datetime.now(UTC))
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
    """The status of a container that ended well with its last words."""
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
    """A new namespace in which nothing runs that is not restricted."""
    kubectl = plane.client(name)
    kubectl("create", "namespace", name)
    kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    return Tenant(kubectl, operator)


def asked_for() -> tuple[Document, Document]:
    """A Model and its TrainingJob, which is run once and whenever its spec changes."""
    training = example("training-job")
    training["spec"] |= {"triggers": {"onSpecChange": True}, "limits": {}}
    return example("model"), training


def trained(tenant: Tenant) -> str:
    """From the two manifests to a registered version; gives its name."""
    tenant.kubectl.apply(*asked_for())
    return registered(tenant)


def registered(tenant: Tenant) -> str:
    """From the first run of a TrainingJob to a registered version; gives its name."""
    run = tenant.status("trainingjob", "late-flights", "lastRun")["lastRun"]
    training = tenant.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=training")
    tenant.finish(training, "train", training_result(run))
    evaluation = tenant.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=evaluation")
    tenant.finish(evaluation, "evaluate", evaluation_result(run))
    return str(tenant.one("modelversions", "leeboard.dev/training-job=late-flights")["metadata"]["name"])
