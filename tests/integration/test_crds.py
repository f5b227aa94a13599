"""The four kinds on a real API server: what it accepts, refuses, fills in and shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from e2e.support.kubectl import Kubectl, KubectlError
from leeboard.api.base import API_VERSION
from leeboard.api.crd.definition import KINDS
from tests.support.examples import DIGEST, DOCUMENTS, Document, example, put

pytestmark = pytest.mark.apiserver

ROOT = Path(__file__).resolve().parents[2]


def test_definitions_apply_again_without_a_change(kubectl: Kubectl) -> None:
    lines = kubectl("apply", "-f", str(ROOT / "crds")).splitlines()
    assert len(lines) == 4
    assert all(line.endswith("unchanged") for line in lines)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_an_example_is_accepted_and_stays_as_it_was_written(kubectl: Kubectl, name: str) -> None:
    document = DOCUMENTS[name]()
    kubectl.apply(document)
    found = kubectl.get(document["kind"], document["metadata"]["name"])
    assert found is not None
    assert found["status"] == {"observedGeneration": -1}
    again = kubectl(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--field-manager=kubectl-client-side-apply",
        "--force-conflicts",
        "-o",
        "json",
        "-f",
        "-",
        input=json.dumps(document),
    )
    assert json.loads(again)["spec"] == found["spec"]
    assert json.loads(again)["metadata"]["generation"] == 1


SMALLEST: dict[str, tuple[Document, Document]] = {
    "Model": (
        {"prediction": {"task": "Regression"}, "storage": {"uri": "s3://observations/"}},
        {
            "prediction": {"labelDelay": "1d", "positiveClass": "1", "scoreOutput": "probability"},
            "observations": {"retain": "90d"},
            "versions": {"retain": 10},
            "promotion": {"policy": "Automatic"},
            "serving": {"replicas": 1, "readyWithin": "5m", "allowUnsafeFormats": False},
            "traffic": {"mode": "Service"},
            "rollout": {"strategy": "BlueGreen", "analysis": {"alpha": "0.05", "minSamples": 500}},
        },
    ),
    "TrainingJob": (
        {
            "modelRef": {"name": "m"},
            "code": {"from": "Image"},
            "image": "registry.example/x",
            "command": ["./train"],
            "datasets": [
                {"name": "train", "role": "Train", "uri": "s3://data/train/"},
                {"name": "holdout", "role": "Holdout", "uri": "s3://data/holdout/"},
            ],
            "storage": {},
            "output": {"uri": "s3://models/"},
        },
        {
            "code": {"revision": "HEAD"},
            "serviceAccountName": "default",
            "suspend": False,
            "seed": 0,
            "triggers": {"onSpecChange": True, "onDrift": True},
            "limits": {"cooldown": "0s", "deadline": "1h", "maxRunsPerDay": 12, "retries": 2},
        },
    ),
    "DriftMonitor": (
        {
            "modelRef": {"name": "m"},
            "window": {"length": "1h"},
            "checks": [{"type": "DataQuality", "maxMissingPercent": 5}],
        },
        {
            "window": {"every": "10m", "minSamples": 500},
            "falseAlarms": {"budget": 1, "per": "90d"},
            "persistence": {"count": 1, "of": 1},
            "giveUpAfter": 3,
        },
    ),
    "ModelVersion": (
        {
            "modelRef": {"name": "m"},
            "source": {"import": {"reason": "trained elsewhere"}},
            "artifact": {"uri": "s3://models/x/", "digest": DIGEST, "format": "sklearn-skops", "bytes": 1},
        },
        {"seed": 0},
    ),
}


def merged(document: Document, defaults: Document) -> Document:
    result = dict(document)
    for name, value in defaults.items():
        result[name] = merged(document.get(name, {}), value) if isinstance(value, dict) else value
    return result


@pytest.mark.parametrize("kind", sorted(SMALLEST))
def test_the_least_one_can_say_and_what_is_filled_in(kubectl: Kubectl, kind: str) -> None:
    spec, defaults = SMALLEST[kind]
    kubectl.apply({"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": "m"}, "spec": spec})
    found = kubectl.get(kind, "m") or {}
    assert found["spec"] == merged(spec, defaults)
    parse = {known.resource.KIND: known.resource.parse for known in KINDS}[kind]
    assert parse(found).spec == parse({**found, "spec": spec}).spec


@pytest.mark.parametrize(
    ("kind", "path", "value", "said"),
    [
        ("model-version", "spec.artifact.digest", DIGEST.replace("ab", "cd"), "immutable"),
        ("model-version", "spec.seed", 8, "immutable"),
        ("training-job", "spec.modelRef.name", "other", "modelRef is immutable"),
    ],
)
def test_what_may_not_change(kubectl: Kubectl, kind: str, path: str, value: Any, said: str) -> None:
    kubectl.apply(DOCUMENTS[kind]())
    with pytest.raises(KubectlError, match=said):
        kubectl.apply(put(DOCUMENTS[kind](), path, value))


@pytest.mark.parametrize("short", ["mdl", "mv", "tj", "dm", "leeboard"])
def test_short_names_and_category(kubectl: Kubectl, short: str) -> None:
    assert kubectl("get", short, "--ignore-not-found") == ""


NOW = "2026-01-01T00:00:00Z"
READY = {"type": "Ready", "status": "True", "reason": "Serving", "message": "", "lastTransitionTime": NOW}
IMAGES = {"server": "registry.example/serving@sha256:" + "0" * 64}
STATUS: dict[str, tuple[Document, str]] = {
    "model": (
        {
            "champion": {"name": "v1", "since": NOW, "images": IMAGES},
            "candidate": {"name": "v2", "since": NOW, "images": IMAGES, "phase": "Canary", "requestedWeight": 33},
            "evaluation": {"versions": [{"name": "v1", "requests": 7, "latencyP99": {"value": "1.5"}}]},
        },
        "NAME CHAMPION CANDIDATE WEIGHT READY REASON AGE | late-flights v1 v2 33 True Serving",
    ),
    "model-version": (
        {
            "phase": "Accepted",
            "servingAs": "Champion",
            "gates": [{"gate": "Threshold roc_auc", "passed": True, "message": "0.73"}],
            "conditions": [READY | {"type": "Verified", "observedGeneration": 1}],
        },
        "NAME MODEL PHASE CAUSE SERVING VERIFIED AGE | late-flights-v1 late-flights Accepted SpecChange Champion True",
    ),
    "training-job": (
        {
            "lastRun": "0a1b2c3d",
            "runs": [{"id": "0a1b2c3d", "number": 1, "phase": "Training", "cause": {"kind": "NewData"}}],
        },
        "NAME MODEL LAST RUN READY REASON AGE | late-flights late-flights 0a1b2c3d True Serving",
    ),
    "drift-monitor": (
        {
            "verdict": "Drift",
            "version": "v1",
            "rows": 900,
            "evaluation": {"features": [{"name": "x"}]},
            "deliveries": [{"secret": "s", "format": "Webhook", "episode": "e", "version": "v1", "startedAt": NOW}],
        },
        "NAME MODEL VERDICT VERSION ROWS READY AGE | late-flights late-flights Drift v1 900 True",
    ),
}


def write_status(kubectl: Kubectl, document: Document, status: Document) -> None:
    patch = json.dumps({"status": status})
    name = f"{document['kind'].lower()}/{document['metadata']['name']}"
    kubectl("patch", name, "--subresource=status", "--type=merge", "-p", patch)


@pytest.mark.parametrize("name", sorted(STATUS))
def test_a_status_is_kept_whole_and_shown_in_columns(kubectl: Kubectl, name: str) -> None:
    document, (status, shown) = DOCUMENTS[name](), STATUS[name]
    kubectl.apply(document)
    more = status.get("conditions", [])
    written = status | {"observedGeneration": 1, "conditions": [READY | {"observedGeneration": 1}, *more]}
    write_status(kubectl, document, written)
    found = kubectl.get(document["kind"], document["metadata"]["name"]) or {}
    assert found["status"] == written
    assert found["metadata"]["generation"] == 1
    header, row = (line.split() for line in kubectl("get", document["kind"]).splitlines())
    assert f"{' '.join(header)} | {' '.join(row[:-1])}" == shown


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("model", {"conditions": [READY | {"status": "Maybe"}]}, "status.conditions[0].status"),
        ("model", {"conditions": [READY, READY]}, "status.conditions[1]: Duplicate value"),
        ("model", {"champion": {"name": "v1"}}, "status.champion.since: Required"),
        (
            "training-job",
            {"runs": [{"id": "a", "phase": "Lost", "cause": {"kind": "NewData"}}]},
            "status.runs[0].phase",
        ),
        ("training-job", {"runs": [{"id": str(n), "phase": "Failed"} for n in range(21)]}, "status.runs: Too many"),
        ("drift-monitor", {"verdict": "Perhaps"}, "status.verdict"),
        ("drift-monitor", {"deliveries": [{"secret": "s"}]}, "status.deliveries[0].episode: Required"),
    ],
)
def test_a_status_that_nobody_could_read_is_refused(kubectl: Kubectl, name: str, status: Document, said: str) -> None:
    document = DOCUMENTS[name]()
    kubectl.apply(document)
    with pytest.raises(KubectlError) as refused:
        write_status(kubectl, document, status)
    assert said in str(refused.value)


def test_a_user_who_applies_leaves_the_status_alone(kubectl: Kubectl) -> None:
    document = example("model")
    kubectl.apply(document)
    write_status(kubectl, document, {"observedGeneration": 1})
    kubectl.apply(put(document, "spec.serving.replicas", 3) | {"status": {"observedGeneration": 7}})
    found = kubectl.get("model", "late-flights") or {}
    assert (found["status"]["observedGeneration"], found["metadata"]["generation"]) == (1, 2)


@pytest.mark.parametrize("name", ["model-version", "training-job", "drift-monitor"])
def test_objects_are_found_by_their_model(kubectl: Kubectl, name: str) -> None:
    document = DOCUMENTS[name]()
    kubectl.apply(document)
    kind = document["kind"]
    assert document["metadata"]["name"] in kubectl("get", kind, "--field-selector", "spec.modelRef.name=late-flights")
    assert kubectl("get", kind, "--field-selector", "spec.modelRef.name=other", "-o", "name") == ""


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("model.spec.rollout.steps.weight", "in percent"),
        ("trainingjob.spec.limits.deadline", "such as 30m"),
        ("modelversion.spec.artifact.bytes", "in bytes"),
        ("driftmonitor.spec.window.minSamples", "a count"),
        ("model.status.candidate.observedWeight", "in percent"),
        ("trainingjob.spec.resources.requests.cpu", "in cores"),
        ("trainingjob.spec.datasets.validation.maxMissing.percent", "in percent of the rows"),
        ("driftmonitor.spec.checks.type", "PredictionDrift: predictions."),
        ("model", "A model that is served"),
    ],
)
def test_explain_names_the_unit(kubectl: Kubectl, field: str, said: str) -> None:
    assert said in kubectl("explain", field)
