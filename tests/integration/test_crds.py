"""The four kinds on a real API server: what it accepts, refuses, fills in and shows."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl, KubectlError
from tests.support.examples import DIGEST, example, model_version

pytestmark = pytest.mark.apiserver

ROOT = Path(__file__).resolve().parents[2]
Document = dict[str, Any]
DOCUMENTS: dict[str, Callable[[], Document]] = {
    "model": lambda: example("model"),
    "training-job": lambda: example("training-job"),
    "drift-monitor": lambda: example("drift-monitor"),
    "model-version": model_version,
}


@pytest.fixture
def kubectl(control_plane: ControlPlane, definitions: None, namespace: str) -> Kubectl:
    return control_plane.client(namespace)


def put(document: Document, path: str, value: Any) -> Document:
    """A copy with one field changed; ``None`` removes it. Numbers in the path index lists."""
    changed = deepcopy(document)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node: Any = changed
    for part in parents:
        node = node[part] if isinstance(part, int) else node.setdefault(part, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return changed


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
    assert found["status"] == {"observedGeneration": -1} if "status" in found else True
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


def test_defaults(kubectl: Kubectl) -> None:
    document = example("training-job")
    for field in ("triggers", "limits", "seed", "serviceAccountName"):
        del document["spec"][field]
    kubectl.apply(document)
    spec = (kubectl.get("trainingjob", "late-flights") or {})["spec"]
    assert spec["limits"] == {"cooldown": "0s", "deadline": "1h", "maxRunsPerDay": 12, "retries": 2}
    assert spec["triggers"]["onSpecChange"] is True
    assert spec["serviceAccountName"] == "default"


BAD = [
    ("model", "spec.prediction.task", "Clustering", "spec.prediction.task"),
    ("model", "spec.prediction", None, "spec.prediction"),
    ("model", "spec.storage.uri", "s3://no-slash", "spec.storage.uri"),
    ("model", "spec.storage.uri", None, "spec.storage.uri"),
    ("model", "spec.storage.endpoint", "s3.storage", "spec.storage.endpoint"),
    ("model", "spec.serving.replicas", 0, "spec.serving.replicas"),
    ("model", "spec.serving.replicas", "two", "spec.serving.replicas"),
    ("model", "spec.serving.resources.limits.memory", "1 GB", "spec.serving.resources.limits.memory"),
    ("model", "spec.promotion.policy", "Pinned", "promotion.version belongs to policy Pinned"),
    ("model", "spec.promotion.version", "v1", "promotion.version belongs to policy Pinned"),
    ("model", "spec.promotion.gates.0.min", "high", "spec.promotion.gates[0].min"),
    ("model", "spec.promotion.gates.0.min", None, "a Threshold gate needs min or max"),
    ("model", "spec.promotion.gates.1.maxDrop", None, "a VersusChampion gate needs maxDrop"),
    ("model", "spec.rollout.steps", [], "strategy Canary needs steps"),
    ("model", "spec.rollout.steps.0.weight", 101, "spec.rollout.steps[0].weight"),
    ("model", "spec.rollout.steps.0.weight", 60, "the weights of steps have to rise"),
    ("model", "spec.rollout.steps.0.duration", "ten minutes", "spec.rollout.steps[0].duration"),
    ("model", "spec.rollout.strategy", "Bandit", "spec.rollout.strategy"),
    ("model", "spec.rollout.analysis.guards.0.margin", None, "an ErrorRate guard needs margin"),
    ("model", "spec.rollout.analysis.guards.1.maxRatio", None, "a LatencyP99 guard needs maxRatio"),
    ("model", "spec.versions.retain", 0, "spec.versions.retain"),
    ("training-job", "spec.code.repository", None, "code from Git needs repository"),
    ("training-job", "spec.code.from", "Image", "code from Image has no repository"),
    ("training-job", "spec.code.revision", "--upload-pack=x", "spec.code.revision"),
    ("training-job", "spec.command", [], "spec.command"),
    ("training-job", "spec.image", "", "spec.image"),
    ("training-job", "spec.datasets.0.role", "Holdout", "datasets needs one with role Train"),
    ("training-job", "spec.datasets.1.role", "Train", "datasets needs exactly one with role Holdout"),
    ("training-job", "spec.datasets.1.name", "train", "spec.datasets[1]"),
    ("training-job", "spec.datasets.0.uri", "flights", "spec.datasets[0].uri"),
    ("training-job", "spec.datasets.0.partitions.last", 0, "spec.datasets[0].partitions.last"),
    ("training-job", "spec.datasets.0.partitions.pattern", "month/", "spec.datasets[0].partitions.pattern"),
    (
        "training-job",
        "spec.datasets.0.validation.maxMissing.0.percent",
        101,
        "spec.datasets[0].validation.maxMissing[0].percent",
    ),
    ("training-job", "spec.seed", -1, "spec.seed"),
    ("training-job", "spec.limits.deadline", "1.5h", "spec.limits.deadline"),
    ("training-job", "spec.limits.retries", 11, "spec.limits.retries"),
    ("training-job", "spec.triggers.schedule.cron", "daily", "spec.triggers.schedule.cron"),
    ("training-job", "spec.triggers.onNewCommit", {}, "spec.triggers.onNewCommit.every"),
    ("training-job", "spec.params", {"a": 1}, "spec.params.a"),
    ("drift-monitor", "spec.checks", [], "spec.checks"),
    ("drift-monitor", "spec.checks.0.threshold", None, "DataDrift and PredictionDrift need distance and threshold"),
    ("drift-monitor", "spec.checks.0.distance", "Euclid", "spec.checks[0].distance"),
    ("drift-monitor", "spec.checks.2.maxMissingPercent", None, "DataQuality needs maxMissingPercent"),
    ("drift-monitor", "spec.checks.3.feature", None, "MeanShift needs feature and percent"),
    ("drift-monitor", "spec.checks.4.metric", None, "Performance needs metric and maxDrop"),
    ("drift-monitor", "spec.window.length", "5s", "window.every must not exceed window.length"),
    ("drift-monitor", "spec.window.minSamples", 0, "spec.window.minSamples"),
    ("drift-monitor", "spec.actions.1.trainingJobRef", None, "trainingJobRef belongs to Retrain"),
    ("drift-monitor", "spec.modelRef.name", "", "spec.modelRef.name"),
    ("model-version", "spec.artifact.digest", "sha256:abc", "spec.artifact.digest"),
    ("model-version", "spec.artifact.format", "pickle", "spec.artifact.format"),
    ("model-version", "spec.code.commit", "main", "spec.code.commit"),
    ("model-version", "spec.metrics", [], "a trained version needs code, image, datasets, metrics and profile"),
    ("model-version", "spec.profile", None, "a trained version needs code, image, datasets, metrics and profile"),
    ("model-version", "spec.source.import", {"reason": "x"}, "source needs exactly one of trainingJob and import"),
]


@pytest.mark.parametrize(("kind", "path", "value", "said"), BAD, ids=[f"{k}:{p}={v}" for k, p, v, _ in BAD])
def test_bad_input_is_refused_with_its_place(kubectl: Kubectl, kind: str, path: str, value: Any, said: str) -> None:
    with pytest.raises(KubectlError) as refused:
        kubectl("apply", "--dry-run=server", "-f", "-", input=json.dumps(put(DOCUMENTS[kind](), path, value)))
    assert said in str(refused.value)


def test_an_unknown_field_is_named(kubectl: Kubectl) -> None:
    with pytest.raises(KubectlError, match=r'unknown field "spec\.servnig"'):
        kubectl.apply(put(example("model"), "spec.servnig", {"replicas": 1}))


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


def test_columns(kubectl: Kubectl) -> None:
    kubectl.apply(model_version())
    header, row = kubectl("get", "mv").splitlines()
    assert header.split() == ["NAME", "MODEL", "PHASE", "CAUSE", "METRIC", "COMMIT", "AGE"]
    assert row.split()[:4] == ["late-flights-v1", "late-flights", "SpecChange", "0.731"]


def test_versions_are_found_by_their_model(kubectl: Kubectl) -> None:
    kubectl.apply(model_version())
    assert "late-flights-v1" in kubectl("get", "mv", "--field-selector", "spec.modelRef.name=late-flights")
    assert kubectl("get", "mv", "--field-selector", "spec.modelRef.name=other", "-o", "name") == ""


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("model.spec.rollout.steps.weight", "in percent"),
        ("trainingjob.spec.limits.deadline", "such as 30m"),
        ("modelversion.spec.artifact.bytes", "in bytes"),
        ("driftmonitor.spec.window.minSamples", "a count"),
    ],
)
def test_explain_names_the_unit(kubectl: Kubectl, field: str, said: str) -> None:
    assert said in kubectl("explain", field)
