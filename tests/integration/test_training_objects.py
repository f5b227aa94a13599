"""What planning a training run writes, on a real API server: accepted, let into a restricted namespace, kept whole."""

import json
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl
from leeboard.api.training_job import TrainingJob
from tests.support.training_world import World

pytestmark = pytest.mark.apiserver

Document = dict[str, Any]


@pytest.fixture
def kubectl(control_plane: ControlPlane, definitions: None, namespace: str) -> Kubectl:
    client = control_plane.client(namespace)
    client("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    client("create", "serviceaccount", "trainer")
    return client


@pytest.fixture
def world(namespace: str) -> World:
    world = World(
        code={"from": "Git", "repository": "http://git/x.git", "revision": "main", "secretRef": {"name": "git"}},
        podTemplateOverrides={
            "nodeSelector": {"pool": "training"},
            "tolerations": [{"key": "training", "operator": "Exists"}],
            "env": [{"name": "OMP_NUM_THREADS", "value": "1"}],
        },
    )
    world.job["metadata"]["namespace"] = namespace
    return world


def create(kubectl: Kubectl, document: Document, *options: str) -> None:
    kubectl("create", "--validate=strict", *options, "-f", "-", input=json.dumps(document))


def test_the_jobs_are_accepted_and_their_pods_let_into_a_restricted_namespace(kubectl: Kubectl, world: World) -> None:
    world.whole_run()
    assert len(world.jobs) == 2
    for name, raw in world.jobs.items():
        metadata = {key: value for key, value in raw["metadata"].items() if key not in ("uid", "creationTimestamp")}
        create(kubectl, {**raw, "metadata": metadata, "status": {}})
        stored = kubectl.get("job", name)
        assert stored is not None
        assert stored["spec"]["podFailurePolicy"]["rules"][1]["onExitCodes"]["values"] == [69, 75, 143, 255]
        template = raw["spec"]["template"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": name}}
        create(kubectl, {**pod, "spec": template["spec"]}, "--dry-run=server")


def test_the_status_is_kept_whole_in_every_phase(kubectl: Kubectl, world: World) -> None:
    created = {key: value for key, value in world.job.items() if key != "status"}
    created["metadata"] = {"name": "late-flights"}
    kubectl.apply(created)

    def stored() -> TrainingJob:
        live = kubectl.get("trainingjob", "late-flights")
        assert live is not None
        live["status"] = world.job["status"]
        kubectl("replace", "--subresource=status", "-f", "-", input=json.dumps(live))
        again = kubectl.get("trainingjob", "late-flights")
        assert again is not None
        return TrainingJob.parse(again)

    phases = []
    for step in (world.reconcile, world.settle, world.train, world.settle, world.evaluate, world.settle):
        step()
        assert stored().status == TrainingJob.parse(world.job).status
        phases.append(world.run.phase)
    assert phases == ["Pending", "Training", "Training", "Evaluating", "Evaluating", "Succeeded"]


def test_the_version_is_accepted_and_kept_whole(kubectl: Kubectl, world: World) -> None:
    world.whole_run()
    world.change(seed=8)
    world.whole_run(artifact="d")
    for name, raw in world.versions.items():
        create(kubectl, {**raw, "metadata": {"name": name, "labels": raw["metadata"]["labels"]}})
        stored = kubectl.get("modelversion", name)
        assert stored is not None and stored["spec"] == raw["spec"]
