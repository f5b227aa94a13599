"""The loop on the real node: train, register, serve, canary, refuse, roll back, drift, retrain."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.demo.traffic import Segment, Traffic
from e2e.scenarios.steps import first_version, names, restarts, rows, train_from, trained_anew, usual_traffic
from e2e.scenarios.tenant import Tenant
from e2e.support.kubectl import Document
from e2e.support.waiting import wait_for
from e2e.support.world import condition, describe_rollout, quarantined
from leeboard.storage.digests import digest_of
from leeboard.storage.manifest import Manifest
from tests.support.trained import flights

pytestmark = pytest.mark.node
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def first(tenant: Tenant) -> Document:
    """The first version, once it serves."""
    return first_version(tenant)


@pytest.fixture(scope="module")
def traffic(tenant: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """Flights as those that were trained on."""
    with usual_traffic(tenant, tmp_path_factory.mktemp("traffic")) as sent:
        yield sent


def reselected(tenant: Tenant) -> Callable[[], tuple[bool | None, str]]:
    """Whether an Event says that an earlier version was selected again."""

    def look() -> tuple[bool | None, str]:
        reasons = tenant.kubectl.reasons("TrainingJob", tenant.model)
        return ("VersionReselected" in reasons) or None, ", ".join(reasons[-3:])

    return look


def stored(tenant: Tenant, uri: str) -> bytes:
    return tenant.buckets.get(tenant.name, uri.removeprefix(f"s3://{tenant.name}/"))


def dataset_digest(tenant: Tenant, folder: Path, name: str, months: tuple[str, ...]) -> str:
    """The digest of what lies in the bucket, by another way than the run's own."""
    for month in months:
        for key in tenant.buckets.keys(tenant.name, f"{name}/{month}/"):
            path = folder / key.removeprefix(f"{name}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tenant.buckets.get(tenant.name, key))
    return Manifest.of_directory(folder).digest


def test_every_part_of_the_lineage_is_what_was_observed(tenant: Tenant, first: Document, tmp_path: Path) -> None:
    spec = first["spec"]
    head = (tenant.code.bare / "refs/heads/main").read_text().strip()
    assert spec["code"] == {
        "repository": tenant.training_job()["spec"]["code"]["repository"],
        "revision": "main",
        "commit": head,
        "verified": True,
    }
    assert spec["image"]["reference"] == tenant.images.serving
    assert spec["cause"]["kind"] == "SpecChange"
    run = tenant.world.runs()[-1]
    assert spec["source"]["trainingJob"]["run"] == run["id"]
    datasets = {one["name"]: one for one in spec["datasets"]}
    assert datasets["train"]["partitions"] == ["2013-01/", "2013-02/"]
    assert datasets["train"]["rows"] == 4000
    assert datasets["train"]["digest"] == dataset_digest(tenant, tmp_path / "t", "train", ("2013-01", "2013-02"))
    assert datasets["holdout"]["digest"] == dataset_digest(tenant, tmp_path / "h", "holdout", ("2013-03",))
    assert spec["artifact"]["digest"] == digest_of(stored(tenant, spec["artifact"]["uri"] + "manifest.json"))
    for part in ("profile", "goldenSamples"):
        assert spec[part]["digest"] == digest_of(stored(tenant, spec[part]["uri"]))
    (auc,) = [one for one in spec["metrics"] if one["name"] == "roc_auc"]
    assert 0.65 < float(auc["low"]) < float(auc["value"]) < float(auc["high"]) < 1
    assert auc["digest"] == datasets["holdout"]["digest"]
    assert DIGEST.fullmatch(spec["environment"]["lockDigest"])
    assert spec["seed"] == 7
    assert [one["name"] for one in spec["signature"]["inputs"]] == ["distance", "temp", "wind", "carrier"]


def test_what_serves_is_restricted_and_has_no_token(tenant: Tenant, first: Document) -> None:
    (pod,) = tenant.kubectl.all("pods", "leeboard.dev/part=server")
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert not [m for c in pod["spec"]["containers"] for m in c["volumeMounts"] if "serviceaccount" in m["mountPath"]]
    (server,) = pod["spec"]["containers"]
    assert not [e for e in server["env"] if e["name"].startswith("AWS_")]
    train = tenant.kubectl.all("pods", "leeboard.dev/part=training")[0]
    (script,) = train["spec"]["containers"]
    assert not [e for e in script["env"] if e["name"].startswith("AWS_")]


def test_a_new_commit_is_promoted_without_a_failed_request(tenant: Tenant, first: Document, traffic: Traffic) -> None:
    name = trained_anew(tenant, '"30"', '"40"')["metadata"]["name"]
    before: dict[str, int] = {}

    def canary() -> tuple[Document | None, str]:
        candidate = tenant.world.model()["status"].get("candidate") or {}
        seen = candidate.get("observedWeight")
        before.update(restarts(tenant, name))
        shared = candidate.get("phase") == "Canary" and seen is not None and seen >= 10
        return (candidate if shared else None), describe_rollout(tenant.world.model()["status"])

    candidate = wait_for("canary", canary, seconds=120, narrator=tenant.world.narrator)
    assert (candidate["requestedWeight"], candidate["replicaWeight"]) == (50, 50)
    assert candidate["observedWeight"] <= 90
    tenant.world.wait_champion(name)
    after = restarts(tenant, name)
    assert before and after == before, "promotion restarted a pod"
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures
    assert counts.requests > 500
    assert {"Promoted"} <= set(tenant.kubectl.reasons("Model", tenant.model))


def test_shuffled_labels_are_refused_by_the_gate(tenant: Tenant, first: Document) -> None:
    champion, good = tenant.world.champion(), tenant.code.head()
    version = trained_anew(tenant, "SHUFFLE_LABELS = False", "SHUFFLE_LABELS = True")
    name = version["metadata"]["name"]

    def refused() -> tuple[Document | None, str]:
        status = (tenant.kubectl.get("modelversions.leeboard.dev", name) or {}).get("status", {})
        ready = next((c for c in status.get("conditions", []) if c["type"] == "Ready"), {})
        return (ready if ready.get("reason") == "GateFailed" else None), str(ready.get("reason"))

    ready = wait_for("gate", refused, seconds=60, narrator=tenant.world.narrator)
    assert "roc_auc" in ready["message"]
    assert tenant.world.champion() == champion
    assert not tenant.kubectl.all("deployments", f"leeboard.dev/version={name}")
    # the commit is taken back, as a revert in Git would: its version is there already, and nothing is trained
    known, runs = names(tenant), len(tenant.world.runs())
    train_from(tenant, good)
    wait_for("reselection", reselected(tenant), seconds=60, narrator=tenant.world.narrator)
    assert (names(tenant), len(tenant.world.runs())) == (known, runs)


def test_drift_retrains_and_the_champions_cause_is_drift(tenant: Tenant, traffic: Traffic, tmp_path: Path) -> None:
    world, before = tenant.world, names(tenant)
    tenant.kubectl.apply(tenant.drift_monitor())
    world.wait_verdict("Stable", seconds=120)
    assert names(tenant) == before
    assert condition(world.monitor(), "DriftDetected") == "False"

    # a hot summer: warmer than anything that was trained on, and the latest months say so
    for seed, month in enumerate(("2013-06", "2013-07"), start=21):
        tenant.put("train", month, flights(3000, seed, warmer=14))
    tenant.put("holdout", "2013-08", flights(1500, 23, warmer=14))
    summer = rows(tmp_path, "summer", flights(4000, 24, warmer=14))
    traffic.start(Segment(name="summer", rows=summer, rate=160, rows_per_request=4, loop=True))
    drift = world.wait_verdict("Drift", seconds=180)
    assert "temp" in [f["subject"] for f in drift["findings"] if f["verdict"] == "Drift"]
    version = world.wait_new_version(before)
    cause = version["spec"]["cause"]
    assert (cause["kind"], cause["ref"]["kind"], cause["ref"]["name"]) == ("Drift", "DriftMonitor", tenant.model)
    assert cause["ref"]["episode"]
    (train,) = [one for one in version["spec"]["datasets"] if one["name"] == "train"]
    assert train["partitions"] == ["2013-06/", "2013-07/"]
    world.wait_champion(version["metadata"]["name"])
    world.wait_verdict("Stable", seconds=180)
    assert len(names(tenant)) == len(before) + 1
    final = traffic.stop()
    assert final.totals.failed == 0, final.totals.failures
    listing = tenant.kubectl("get", "mdl,mv,tj,dm", "-o", "json")
    kinds = {item["kind"] for item in json.loads(listing)["items"]}
    assert kinds == {"Model", "ModelVersion", "TrainingJob", "DriftMonitor"}
    assert not quarantined(world.model()["status"])


def test_what_changed_at_its_source_has_changed_in_the_version(tenant: Tenant, first: Document) -> None:
    """Another commit: another artefact on the same data. Other data, same commit: another profile, other metrics."""
    versions = [one["spec"] for one in tenant.world.versions()]
    changed_code = next(one for one in versions if one["code"]["commit"] != first["spec"]["code"]["commit"])
    changed_data = next(one for one in versions if one["cause"]["kind"] == "Drift")
    assert changed_code["datasets"] == first["spec"]["datasets"]
    assert changed_code["artifact"]["digest"] != first["spec"]["artifact"]["digest"]
    assert changed_code["metrics"] != first["spec"]["metrics"]
    assert changed_data["code"] == changed_code["code"]
    for part in ("artifact", "profile", "goldenSamples"):
        assert changed_data[part]["digest"] != changed_code[part]["digest"]
    assert changed_data["datasets"] != changed_code["datasets"]
    assert changed_data["metrics"] != changed_code["metrics"]
    assert changed_data["image"] == changed_code["image"] == first["spec"]["image"]
