"""The Jobs of a run: who gets credentials, what is retried, what a restricted namespace lets in."""

import json
from typing import Any

from tests.support.training_world import World


def jobs_of(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    world.settle()
    world.train()
    world.settle()
    return world.jobs[world.run.job], world.jobs[world.run.evaluation_job]


def world_with_secrets() -> World:
    return World(
        code={"from": "Git", "repository": "http://git/x.git", "revision": "main", "secretRef": {"name": "git"}},
        storage={"endpoint": "http://s3.storage:7070", "secretRef": {"name": "s3"}},
        podTemplateOverrides={
            "labels": {"team": "ml", "leeboard.dev/run": "forged"},
            "env": [{"name": "OMP_NUM_THREADS", "value": "2"}, {"name": "LEEBOARD_RUN_ID", "value": "forged"}],
            "nodeSelector": {"pool": "training"},
        },
    )


def containers_of(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    pod = job["spec"]["template"]["spec"]
    return {one["name"]: one for one in [*pod.get("initContainers", []), *pod["containers"]]}


def secrets_of(container: dict[str, Any]) -> set[str]:
    return {one["valueFrom"]["secretKeyRef"]["name"] for one in container["env"] if "valueFrom" in one}


def test_only_who_needs_credentials_has_them() -> None:
    training, evaluation = jobs_of(world_with_secrets())
    assert {name: secrets_of(one) for name, one in containers_of(training).items()} == {
        "fetch": {"s3", "git"},
        "publish": {"s3"},
        "train": set(),
    }
    assert secrets_of(containers_of(evaluation)["evaluate"]) == {"s3"}
    volumes = training["spec"]["template"]["spec"]["volumes"]
    assert all("emptyDir" in volume and volume["emptyDir"]["sizeLimit"] for volume in volumes)


def test_every_pod_is_restricted() -> None:
    for job in jobs_of(world_with_secrets()):
        pod = job["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for container in containers_of(job).values():
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"] is True


def test_only_what_another_attempt_may_heal_is_retried() -> None:
    training, evaluation = jobs_of(World(limits={"retries": 3, "deadline": "20m"}))
    assert training["spec"]["backoffLimit"] == 3
    assert training["spec"]["activeDeadlineSeconds"] == 1200
    assert training["spec"]["podReplacementPolicy"] == "Failed"
    assert training["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    first, *others = training["spec"]["podFailurePolicy"]["rules"]
    assert first["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}] and first["action"] == "Count"
    assert {rule["onExitCodes"]["containerName"] for rule in others} == {"fetch", "train"}
    assert all(rule["onExitCodes"]["operator"] == "NotIn" for rule in others)
    assert all(rule["onExitCodes"]["values"] == [69, 75, 143, 255] for rule in others)
    assert "ttlSecondsAfterFinished" not in training["spec"] and "ttlSecondsAfterFinished" not in evaluation["spec"]


def test_users_may_add_but_not_forge() -> None:
    world = world_with_secrets()
    training, _ = jobs_of(world)
    template = training["spec"]["template"]
    assert template["metadata"]["labels"]["leeboard.dev/run"] == world.run.id
    assert template["metadata"]["labels"]["team"] == "ml"
    assert template["spec"]["nodeSelector"] == {"pool": "training"}
    environment = {one["name"]: one["value"] for one in containers_of(training)["train"]["env"]}
    assert environment["LEEBOARD_RUN_ID"] == world.run.id and environment["OMP_NUM_THREADS"] == "2"


def test_the_script_sees_its_training_data_and_never_the_holdout() -> None:
    training, _ = jobs_of(World(params={"learning-rate": "0.1"}))
    environment = {one["name"]: one["value"] for one in containers_of(training)["train"]["env"]}
    assert environment["LEEBOARD_PARAM_LEARNING_RATE"] == "0.1"
    assert [name for name in environment if name.startswith("LEEBOARD_INPUT_")] == ["LEEBOARD_INPUT_TRAIN"]
    assert containers_of(training)["train"]["command"][:3] == ["python3", "/leeboard/bin/launch.pyz", "--"]
    assert containers_of(training)["publish"]["restartPolicy"] == "Always"


def test_what_the_containers_are_told_is_whole_and_holds_no_secret() -> None:
    world = world_with_secrets()
    training, evaluation = jobs_of(world)
    told = json.loads(containers_of(training)["fetch"]["env"][0]["value"])
    assert told["run"] == world.run.id and told["trainingJob"] == {"name": "late-flights", "uid": "tj-uid"}
    assert {
        "contract",
        "namespace",
        "modelRef",
        "code",
        "datasets",
        "params",
        "seed",
        "command",
        "storage",
        "output",
    } < (told.keys())
    assert "secretRef" not in told["code"] and told["baseline"] is None
    measured = json.loads(containers_of(evaluation)["evaluate"]["env"][0]["value"])
    assert measured["champion"] is None and measured["candidate"]["artifact"]["digest"]
    assert [one["role"] for one in measured["holdout"]] == ["Holdout"]
    assert {"roc_auc", "log_loss"} <= set(measured["metrics"])


def test_jobs_belong_to_the_training_job_and_carry_its_labels() -> None:
    world = World()
    for job, part in zip(jobs_of(world), ("training", "evaluation"), strict=True):
        owner = job["metadata"]["ownerReferences"][0]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("TrainingJob", "tj-uid", True)
        assert job["metadata"]["labels"] == {
            "app.kubernetes.io/managed-by": "leeboard",
            "leeboard.dev/model": "late-flights",
            "leeboard.dev/training-job": "late-flights",
            "leeboard.dev/run": world.run.id,
            "leeboard.dev/part": part,
        }


def test_the_evaluation_gets_what_is_left_of_the_deadline() -> None:
    world = World(limits={"deadline": "20m"})
    world.settle()
    world.pass_time(minutes=15)
    world.train()
    world.settle()
    assert world.jobs[world.run.evaluation_job]["spec"]["activeDeadlineSeconds"] == 300
