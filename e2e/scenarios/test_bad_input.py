"""What goes wrong on the real node, and what the user is told: a typed reason and a hint in status and in an Event."""

import time

import pytest

from e2e.scenarios.tenant import CODE, Tenant
from e2e.support.image_registry import relabelled
from e2e.support.kubectl import Document, KubectlError
from e2e.support.waiting import wait_for
from leeboard.api.reasons import hint
from tests.support.trained import flights

pytestmark = pytest.mark.node
DIGEST = "0" * 64

BAD_RUNS = {
    "missing-bucket": ("StorageNotFound", "no-such-bucket"),
    "forbidden": ("StorageForbidden", "forbid"),
    "empty-data": ("BadData", "train"),
    "missing-values": ("BadData", "wind"),
    "script-exits": ("ScriptFailed", "exit code 1"),
    "no-image": ("ImagePull", "not found"),
    "no-commit": ("CodeUnavailable", "no-such-branch"),
    "no-result": ("ResultMissing", "model.skops"),
    "out-of-memory": ("OOMKilled", ""),
    "no-secret": ("ConfigMissing", "there is no Secret no-such-secret"),
    "no-program": ("BadConfiguration", "exit code 78"),
    "no-account": ("ConfigMissing", "there is no ServiceAccount no-such-account"),
    "too-large": ("Unschedulable", "no node has enough cpu"),
    "no-such-node": ("Unschedulable", "podTemplateOverrides.nodeSelector"),
    "over-quota": ("QuotaExceeded", "ResourceQuota small"),
    "over-limit": ("PodRejected", "LimitRange"),
    "too-long": ("DeadlineExceeded", "limits.deadline"),
}
"""The name of a TrainingJob, and the reason and a word of the message that it has to end with."""


def bad_training_jobs(tenant: Tenant) -> list[Document]:
    """One TrainingJob for each."""
    usual = tenant.training_job()["spec"]
    train, holdout = usual["datasets"]
    repository = tenant.cluster.endpoints["registry"]["cluster"]
    script = ["python3", "-c"]
    changes: dict[str, Document] = {
        "missing-bucket": {"datasets": [train | {"uri": "s3://no-such-bucket/train/"}, holdout]},
        "forbidden": {"storage": tenant.storage("limited")},
        "empty-data": {"datasets": [train | {"uri": f"s3://{tenant.name}/nothing/"}, holdout]},
        "missing-values": {
            "datasets": [train | {"validation": {"maxMissing": [{"column": "wind", "percent": 1}]}}, holdout]
        },
        "script-exits": {"command": [*script, "raise SystemExit(1)"]},
        "no-image": {"image": f"{repository}/leeboard/serving@sha256:{DIGEST}"},
        "no-commit": {"code": usual["code"] | {"revision": "no-such-branch"}},
        "no-result": {"command": [*script, "print('nothing is left')"]},
        "out-of-memory": {
            "command": [*script, "held = [bytearray(1 << 24) for _ in range(100)]"],
            "resources": {"requests": {"memory": "64Mi"}, "limits": {"memory": "64Mi"}},
        },
        "no-secret": {"storage": tenant.storage("no-such-secret")},
        "no-program": {"command": ["no-such-program"]},
        "no-account": {"serviceAccountName": "no-such-account"},
        "too-large": {"resources": sized("1Gi", cpu="1000")},
        "no-such-node": {"podTemplateOverrides": {"nodeSelector": {"example.com/disk": "none"}}},
        "over-quota": {"resources": sized("25Gi")},
        "over-limit": {"resources": sized("35Gi")},
        "too-long": {"command": [*script, "import time; time.sleep(600)"]},
    }
    assert changes.keys() == BAD_RUNS.keys()
    jobs = []
    for name, changed in changes.items():
        job = tenant.training_job(**({"limits": usual["limits"] | {"retries": 0, "deadline": "60s"}} | changed))
        job["metadata"]["name"] = name
        jobs.append(job)
    return jobs


def sized(memory: str, cpu: str = "10m") -> Document:
    """Resources of that size."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}


def bounds() -> list[Document]:
    """What the namespace allows: nearly everything, so that nobody else meets with it."""
    quota = {"hard": {"requests.memory": "20Gi"}}
    limits = {"limits": [{"type": "Container", "max": {"memory": "30Gi"}}]}
    return [
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": quota},
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": limits},
    ]


@pytest.fixture(scope="module")
def champion(tenant: Tenant) -> str:
    """A version that serves while everything else goes wrong."""
    tenant.kubectl.apply(tenant.model_object(), tenant.training_job())
    name: str = tenant.world.wait_new_version(set())["metadata"]["name"]
    tenant.world.wait_champion(name)
    return name


@pytest.fixture(scope="module")
def applied(tenant: Tenant, champion: str) -> Tenant:
    """All bad TrainingJobs at once: none may keep another from being told of."""
    limited = tenant.cluster.endpoints["s3"]["limited"]
    keys = {"AWS_ACCESS_KEY_ID": limited["accessKey"], "AWS_SECRET_ACCESS_KEY": limited["secretKey"]}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "limited"}, "stringData": keys}
    tenant.kubectl.apply(secret, *bounds(), *bad_training_jobs(tenant))
    return tenant


@pytest.mark.parametrize("name", BAD_RUNS)
def test_a_bad_run_ends_with_its_reason_and_a_hint(applied: Tenant, name: str) -> None:
    reason, word = BAD_RUNS[name]

    def ended() -> tuple[Document | None, str]:
        status = (applied.kubectl.get("trainingjobs.leeboard.dev", name) or {}).get("status", {})
        runs = status.get("runs", [])
        seen = ", ".join(f"{run['phase']} {run['reason']}" for run in runs)
        return (status if runs and runs[-1]["phase"] == "Failed" else None), seen

    status = wait_for(name, ended, seconds=240, narrator=applied.world.narrator)
    (run,) = status["runs"]
    assert run["reason"] == reason, run["message"]
    assert word.lower() in run["message"].lower()
    assert hint(reason) in run["message"]
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", reason)
    assert reason in applied.kubectl.reasons("TrainingJob", name)


def test_no_run_was_started_again_and_the_champion_serves(applied: Tenant, champion: str) -> None:
    for name in BAD_RUNS:
        status = (applied.kubectl.get("trainingjobs.leeboard.dev", name) or {})["status"]
        assert [run["phase"] for run in status["runs"]] == ["Failed"]
    assert applied.world.champion() == champion
    assert [one["metadata"]["name"] for one in applied.world.versions()] == [champion]
    (pod,) = applied.kubectl.all("pods", "leeboard.dev/part=server")
    assert all(one["ready"] for one in pod["status"]["containerStatuses"])


def test_a_flipped_byte_keeps_a_version_from_serving(applied: Tenant, champion: str) -> None:
    """The champion goes on; the version whose bytes are not those that were registered is rolled back."""
    tenant = applied
    text = CODE.read_text(encoding="utf-8").replace('"30"', '"35"')
    commit = tenant.code.commit({"train.py": text}, "More iterations")
    # the canary must not begin before the byte is flipped
    tenant.kubectl("annotate", "mdl", tenant.model, "leeboard.dev/pause=true", "--overwrite")
    tenant.kubectl.apply(tenant.training_job(code=tenant.training_job()["spec"]["code"] | {"revision": commit}))
    version = tenant.world.wait_new_version({champion})
    name, artifact = version["metadata"]["name"], version["spec"]["artifact"]
    key = artifact["uri"].removeprefix(f"s3://{tenant.name}/") + "model/model.skops"
    data = bytearray(tenant.buckets.get(tenant.name, key))
    data[len(data) // 2] ^= 1
    tenant.buckets.put(tenant.name, key, bytes(data))
    tenant.kubectl("delete", "pods", "-l", f"leeboard.dev/version={name},leeboard.dev/part=server", "--wait=false")
    tenant.kubectl("annotate", "mdl", tenant.model, "leeboard.dev/pause=false", "--overwrite")
    status = tenant.world.wait_rolled_back(name)
    (told,) = [one for one in status["quarantined"] if one["name"] == name]
    assert told["reason"] == "DigestMismatch"
    assert hint("DigestMismatch") in told["message"]
    assert "RolledBack" in tenant.kubectl.reasons("Model", tenant.model)
    assert tenant.world.champion() == champion


WRONG_FIELDS = [
    ("TrainingJob", {"code": {"from": "Git", "repository": "x", "revision": "main"}}, "spec.code.repository"),
    ("TrainingJob", {"limits": {"deadline": "soon"}}, "spec.limits.deadline"),
    ("Model", {"prediction": {"task": "Guessing"}}, "spec.prediction.task"),
    ("Model", {"rollout": {"steps": [{"weight": 200, "duration": "1s"}]}}, "spec.rollout.steps[0].weight"),
    ("DriftMonitor", {"window": {"length": "1h", "every": "5s", "minSamples": -1}}, "spec.window.minSamples"),
]


@pytest.mark.parametrize(("kind", "changes", "path"), WRONG_FIELDS)
def test_a_wrong_field_is_refused_with_its_path(tenant: Tenant, kind: str, changes: Document, path: str) -> None:
    make = {"TrainingJob": tenant.training_job, "Model": tenant.model_object, "DriftMonitor": tenant.drift_monitor}
    with pytest.raises(KubectlError) as refused:
        tenant.kubectl.apply(make[kind](**changes))
    assert path in str(refused.value)


def test_nothing_is_done_over_and_over(applied: Tenant) -> None:
    """No retry storm: once everything has ended, nothing is created any more."""
    before = {one["metadata"]["uid"] for one in applied.kubectl.all("pods")}
    time.sleep(10)
    assert {one["metadata"]["uid"] for one in applied.kubectl.all("pods")} <= before


def test_the_next_good_run_is_as_if_nothing_had_been(applied: Tenant, champion: str) -> None:
    """And what changed at its source has changed in the version: data, image, seed, and what comes of them."""
    versions = {one["metadata"]["name"]: one["spec"] for one in applied.world.versions()}
    applied.put("train", "2013-02", flights(2200, 5))
    applied.put("holdout", "2013-03", flights(1600, 6))
    image = relabelled(applied.cluster, applied.images.serving, scenario=applied.name)
    applied.kubectl.apply(applied.training_job(seed=8, image=image))
    before, after = versions[champion], applied.world.wait_new_version(set(versions))["spec"]
    assert (after["image"]["reference"], after["seed"]) == (image, 8)
    assert before["image"]["reference"] != image
    digests = [{one["name"]: one["digest"] for one in spec["datasets"]} for spec in (before, after)]
    assert all(digests[0][name] != digests[1][name] for name in ("train", "holdout"))
    assert {one["name"]: one["rows"] for one in after["datasets"]} == {"train": 4200, "holdout": 1600}
    for part in ("artifact", "profile", "goldenSamples"):
        assert before[part]["digest"] != after[part]["digest"]
    assert before["metrics"] != after["metrics"]
    assert after["code"]["commit"] == applied.code.head()
