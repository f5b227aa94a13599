"""Why a Job or a Deployment gets no pod, as Kubernetes' own controllers tell it, and what the operator makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from leeboard.api.reasons import hint
from leeboard.planning.serving.problems import refused_pods
from tests.support.installation import OperatorProcess, eventually, install
from tests.support.tenant import asked_for

pytestmark = pytest.mark.apiserver
CONTROLLERS = ("job-controller", "deployment-controller", "replicaset-controller", "resourcequota-controller")
QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"pods": "0"}}}
RANGE = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "small"},
    "spec": {"limits": [{"type": "Container", "max": {"memory": "1Mi"}}]},
}
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "trainer"}}
REFUSED: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "over-quota": ([ACCOUNT, QUOTA], "QuotaExceeded", "ResourceQuota small: pods=1 asked, pods=0 allowed"),
    "over-range": ([ACCOUNT, RANGE], "PodRejected", "a LimitRange sets the maximum of memory for a Container to 1Mi"),
}
"""A ServiceAccount that is missing is not among them: this API server runs without the admission that would ask."""


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        running.run_controllers(*CONTROLLERS)
        install(running)
        yield running


def test_a_run_whose_job_gets_no_pod_says_why(plane: ControlPlane, tmp_path: Path) -> None:
    with OperatorProcess(plane, tmp_path) as operator:
        for namespace, (objects, _, _) in REFUSED.items():
            plane.kubectl("create", "namespace", namespace)
            plane.client(namespace).apply(*objects)
            if QUOTA in objects:
                eventually(lambda n=namespace: counted(plane, n), "the quota is counted", operator.log)
            plane.client(namespace).apply(*asked_for())
        for namespace, (_, reason, fact) in REFUSED.items():
            kubectl = plane.client(namespace)

            def told(wanted: str = reason, kubectl: Any = kubectl) -> str | None:
                runs = (kubectl.get("trainingjob", "late-flights") or {}).get("status", {}).get("runs", [])
                return runs[-1]["message"] if runs and runs[-1]["reason"] == wanted else None

            message = eventually(told, reason, operator.log)
            assert fact in message and hint(reason) in message
            assert kubectl.all("pods") == []
        assert operator.problems() == []


def counted(plane: ControlPlane, namespace: str) -> bool:
    """Whether the quota's controller has seen it; before, the API server refuses for another reason."""
    return "used" in (plane.client(namespace).get("resourcequota", "small") or {}).get("status", {})


def test_a_deployment_that_gets_no_pods_says_why(plane: ControlPlane) -> None:
    """The text in the Deployment's condition is the controllers' own."""
    restricted = plane.client("restricted")
    plane.kubectl("create", "namespace", "restricted")
    plane.kubectl("label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted")
    restricted.apply(ACCOUNT | {"metadata": {"name": "default"}})
    labels = {"app": "x"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "registry.example/c:1"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}
    restricted.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec})
    problem = eventually(lambda: refused_pods(restricted.get("deployment", "d")), "ReplicaFailure", lambda: "")
    assert (problem.reason, problem.fact) == ("PodRejected", "the namespace enforces PodSecurity restricted:latest")
