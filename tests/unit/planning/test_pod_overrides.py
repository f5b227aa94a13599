"""What users may add to pods reaches the main container of each, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.planning.serving.deployment import deployment
from leeboard.planning.serving.pod import Adopted
from leeboard.planning.training.run_identity import fingerprint
from tests.support.examples import example, model_version, put
from tests.support.training_world import World

Document = dict[str, Any]

AFFINITY: Document = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a", "b"]}]}]
        }
    },
    "podAntiAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 10,
                "podAffinityTerm": {
                    "topologyKey": "kubernetes.io/hostname",
                    "labelSelector": {"matchLabels": {"leeboard.dev/model": "late-flights"}},
                },
            }
        ]
    },
}
VOLUMES: list[Document] = [
    {"name": "model", "mountPath": "/mnt/lookup", "configMap": {"name": "lookup"}},
    {"name": "licence", "mountPath": "/mnt/licence", "secret": {"secretName": "licence"}},
    {"name": "scratch", "mountPath": "/srv/scratch", "emptyDir": {"sizeLimit": "1Gi"}},
    {"name": "cache", "mountPath": "/data/cache", "readOnly": False, "persistentVolumeClaim": {"claimName": "c"}},
    {"name": "reference", "mountPath": "/data/reference", "persistentVolumeClaim": {"claimName": "r"}},
]
OVERRIDES = {"affinity": AFFINITY, "volumes": VOLUMES}


def serving() -> Document:
    model = put(example("model"), "spec.serving.podTemplateOverrides", OVERRIDES)
    model["metadata"] |= {"namespace": "ml", "uid": "m-uid"}
    adopted = Adopted("server:1", timedelta(seconds=60))
    made = deployment(Model.parse(model), ModelVersion.parse(model_version()), adopted, 1)
    return dict(made["spec"]["template"]["spec"])


def of_run() -> tuple[Document, Document]:
    world = World(podTemplateOverrides=OVERRIDES)
    world.settle()
    world.train()
    world.settle()
    jobs = (world.jobs[world.run.job], world.jobs[world.run.evaluation_job])
    return jobs[0]["spec"]["template"]["spec"], jobs[1]["spec"]["template"]["spec"]


def pods() -> dict[str, Document]:
    training, evaluation = of_run()
    return {"server": serving(), "train": training, "evaluate": evaluation}


def of_user(mounts: list[Document]) -> dict[str, tuple[str, bool]]:
    return {
        one["name"]: (one["mountPath"], one.get("readOnly", False)) for one in mounts if one["name"].startswith("user-")
    }


def test_volumes_reach_the_main_container_of_every_pod_and_no_other() -> None:
    for main, pod in pods().items():
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            mounted = of_user(container["volumeMounts"])
            if container["name"] != main:
                assert mounted == {}, container["name"]
                continue
            assert mounted == {
                "user-model": ("/mnt/lookup", True),
                "user-licence": ("/mnt/licence", True),
                "user-scratch": ("/srv/scratch", False),
                "user-cache": ("/data/cache", False),
                "user-reference": ("/data/reference", True),
            }


def test_volumes_are_as_kubernetes_wants_them_and_keep_clear_of_ours() -> None:
    for pod in pods().values():
        found = {one["name"]: one for one in pod["volumes"]}
        assert len(found) == len(pod["volumes"])
        assert found["user-model"] == {"name": "user-model", "configMap": {"name": "lookup"}}
        assert found["user-licence"] == {"name": "user-licence", "secret": {"secretName": "licence"}}
        assert found["user-scratch"] == {"name": "user-scratch", "emptyDir": {"sizeLimit": "1Gi"}}
        assert found["user-cache"] == {"name": "user-cache", "persistentVolumeClaim": {"claimName": "c"}}


def test_affinity_is_that_of_every_pod() -> None:
    for pod in pods().values():
        affinity = pod["affinity"]
        assert affinity["nodeAffinity"] == AFFINITY["nodeAffinity"]
        preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        assert affinity["podAntiAffinity"][preferred] == AFFINITY["podAntiAffinity"][preferred]


def test_pods_without_overrides_have_no_trace_of_them() -> None:
    world = World()
    world.settle()
    pod = world.jobs[world.run.job]["spec"]["template"]["spec"]
    assert "affinity" not in pod
    assert not [one for one in pod["volumes"] if one["name"].startswith("user-")]


@pytest.mark.parametrize(
    ("overrides", "trains"), [({}, False), ({"affinity": AFFINITY}, False), ({"volumes": VOLUMES}, True)]
)
def test_what_a_script_reads_starts_a_run_and_where_it_runs_does_not(overrides: Document, trains: bool) -> None:
    before = TrainingJob.parse(put(example("training-job"), "spec.podTemplateOverrides", {}))
    after = TrainingJob.parse(put(example("training-job"), "spec.podTemplateOverrides", overrides))
    assert (fingerprint(before.spec) != fingerprint(after.spec)) is trains
