"""A GitOps tool and the operator on a real API server: neither writes what is the other's.

The garbage collector of Kubernetes runs too; Jobs and Deployments are brought on by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl, KubectlError
from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.support.installation import OperatorProcess, eventually
from tests.support.tenant import Document, Tenant, asked_for, registered, tenant

pytestmark = pytest.mark.apiserver

ROOT = Path(__file__).resolve().parents[3]
FULL = sorted((ROOT / "tests" / "support" / "full").glob("*.yaml"))
MANAGER = "argocd-controller"
TRACKING = {"app.kubernetes.io/instance": "flights"}
TRACKED = {"argocd.argoproj.io/tracking-id": "flights:leeboard.dev/Model:ml/late-flights"}
_PARENT = "spec.traffic.gateway.grpc.parentRefs"
EXCLUSIVE = {
    *("spec.source.trainingJob.name", "spec.source.trainingJob.uid", "spec.source.trainingJob.run"),
    # not beside a server of one's own
    *(
        "spec.traffic.gateway.grpc.hostnames",
        *(f"{_PARENT}.{one}" for one in ("name", "namespace", "sectionName", "port")),
    ),
}
"""Fields that a full document cannot have beside others."""


def tracked(document: Document) -> Document:
    """As Argo CD applies it, with its label and its annotation."""
    document = deepcopy(document)
    document["metadata"] |= {"labels": TRACKING, "annotations": TRACKED}
    return document


def server_side(kubectl: Kubectl, *documents: Document) -> str:
    """Apply as Argo CD and Flux do: what somebody else owns is a conflict, and so an error."""
    text = "\n---\n".join(map(json.dumps, documents))
    return kubectl("apply", "--server-side", f"--field-manager={MANAGER}", "-f", "-", input=text)


def differences(kubectl: Kubectl, *documents: Document, server: bool) -> str:
    """What `kubectl diff` prints; nothing where the manifests are what is there."""
    text = "\n---\n".join(map(json.dumps, documents))
    options = ("--server-side", f"--field-manager={MANAGER}") if server else ()
    try:
        return kubectl("diff", *options, "-f", "-", input=text)
    except KubectlError as error:
        return f"differs: {error}"


def live(kubectl: Kubectl, kind: str, name: str) -> Document:
    text = kubectl("get", kind, name, "-o", "json", "--show-managed-fields")
    found: Document = json.loads(text)
    return found


def drifted(tenant: Tenant, version: str) -> None:
    """The evaluator's figures tell of drift."""
    interval = {"name": "JensenShannon", "value": "0.4", "low": "0.4", "high": "0.4"}
    now = timestamp(datetime.now(UTC))
    figures = {"observedAt": now, "version": version, "requests": 1000, "rows": 1000, "performance": []}
    feature = {"name": "distance", "missingPercent": 0, "distances": [interval], "shift": "mean 10 → 17"}
    tenant.write_status("driftmonitor", "late-flights", {"evaluation": figures | {"features": [feature]}})


def manifests() -> list[Document]:
    model, training = asked_for()
    monitor = example("drift-monitor")
    monitor["spec"]["actions"] = [
        {"type": "Retrain", "trainingJobRef": {"name": "late-flights"}, "when": ["DataDrift"]}
    ]
    training["spec"]["triggers"] |= {"onDrift": True}
    training["spec"]["limits"] = {"cooldown": "0s"}
    return [tracked(model), tracked(training), tracked(monitor)]


def looped(plane: ControlPlane, operator: OperatorProcess, name: str) -> tuple[Tenant, list[Document], str]:
    """From three manifests to a champion, and from drift to a run that retrains; gives the first version."""
    ml = tenant(plane, operator, name)
    applied = manifests()
    server_side(ml.kubectl, *applied)
    version = registered(ml)
    ml.roll_out(ml.one("deployments", "leeboard.dev/model=late-flights"))
    ml.status("model", "late-flights", "champion")
    eventually(lambda: ml.kubectl.get("service", "late-flights"), "the Service", operator.log)
    ml.status("driftmonitor", "late-flights", "version")
    drifted(ml, version)
    ml.status("driftmonitor", "late-flights", "episode")

    def retrains() -> bool:
        return len((ml.kubectl.get("trainingjob", "late-flights") or {})["status"]["runs"]) == 2

    eventually(retrains, "a second run", operator.log)
    return ml, applied, version


@pytest.fixture(scope="module")
def loop(plane: ControlPlane, operator: OperatorProcess) -> tuple[Tenant, list[Document], str]:
    return looped(plane, operator, "loop")


def test_a_whole_loop_leaves_specs_metadata_and_manifests_alone(loop: tuple[Tenant, list[Document], str]) -> None:
    ml, applied, version = loop
    for document in applied:
        found = live(ml.kubectl, document["kind"], document["metadata"]["name"])
        metadata = found["metadata"]
        assert (metadata["generation"], metadata.get("finalizers")) == (1, None)
        assert (metadata["labels"], metadata["annotations"]) == (TRACKING, TRACKED)
        for entry in metadata["managedFields"]:
            outside = set(entry["fieldsV1"]) - {"f:status"}
            assert entry["manager"] == MANAGER or not outside, entry
    assert differences(ml.kubectl, *applied, server=True) == ""
    server_side(ml.kubectl, *applied)
    found = live(ml.kubectl, "modelversion", version)
    assert "ownerReferences" not in found["metadata"] and "finalizers" not in found["metadata"]
    assert [one["operation"] for one in found["metadata"]["managedFields"] if "f:spec" in one["fieldsV1"]] == ["Update"]


def test_children_carry_no_mark_of_the_gitops_tool_and_an_owner_that_controls_them(
    loop: tuple[Tenant, list[Document], str],
) -> None:
    ml, _, version = loop
    children = [one for kind in ("deployments", "services", "jobs") for one in ml.kubectl.all(kind)]
    assert len(children) >= 5
    for child in [*children, ml.kubectl.get("modelversion", version)]:
        text = json.dumps(child)
        assert "app.kubernetes.io/instance" not in text and "argocd.argoproj.io" not in text
    for child in children:
        (owner,) = child["metadata"]["ownerReferences"]
        assert (owner["controller"], owner["blockOwnerDeletion"]) == (True, True)
        parent = ml.kubectl.get(owner["kind"], owner["name"])
        assert parent is not None and parent["metadata"]["uid"] == owner["uid"]
        assert "finalizers" not in child["metadata"]


def documents() -> list[Document]:
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in FULL]
    found += [example(name) for name in ("model", "training-job", "drift-monitor")]
    assert len(found) == 13
    return found


@pytest.mark.parametrize("server", [True, False], ids=["server-side", "client-side"])
def test_no_document_differs_for_ever(plane: ControlPlane, operator: OperatorProcess, server: bool) -> None:
    ml = tenant(plane, operator, f"differences-{'server' if server else 'client'}")
    applied = documents()
    if server:
        server_side(ml.kubectl, *applied)
    else:
        ml.kubectl.apply(*applied)
    for document in applied:
        ml.status(document["kind"], document["metadata"]["name"], "conditions")
    assert differences(ml.kubectl, *applied, server=server) == ""
    changed = deepcopy(applied[0])
    changed["spec"]["window" if changed["kind"] == "DriftMonitor" else "versions"] = {"length": "2d"}
    assert "differs" in differences(ml.kubectl, changed, server=server)


@pytest.mark.parametrize("kind", ["Model", "ModelVersion", "TrainingJob", "DriftMonitor"])
def test_the_full_documents_of_a_kind_have_every_field(kind: str) -> None:
    """What excludes each other, such as strategies, stands in documents of its own."""
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in FULL]
    given = {path for one in found if one["kind"] == kind for path in filled(one["spec"], "spec")}
    definition = yaml.safe_load((ROOT / "crds" / f"{kind.lower()}s.yaml").read_text(encoding="utf-8"))
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert set(named(schema, "spec")) - given - EXCLUSIVE == set()


def named(schema: Document, path: str) -> Iterator[str]:
    """The paths of all fields of a schema that hold a value."""
    schema = schema.get("items", schema)
    if "properties" not in schema:
        yield path
    for name, child in schema.get("properties", {}).items():
        yield from named(child, f"{path}.{name}")


def filled(value: Any, path: str) -> Iterator[str]:
    """The paths of all values; maps that are values count as one too."""
    yield path
    if isinstance(value, dict):
        for name, child in value.items():
            yield from filled(child, f"{path}.{name}")
    elif isinstance(value, list):
        for child in value:
            yield from filled(child, path)


@pytest.mark.parametrize("cascade", ["background", "orphan"])
def test_a_model_that_is_pruned_and_made_again_serves_its_champion(
    plane: ControlPlane, operator: OperatorProcess, cascade: str
) -> None:
    ml, applied, version = looped(plane, operator, f"pruned-{cascade}")
    before = ml.one("deployments", "leeboard.dev/model=late-flights")["metadata"]
    ml.status("modelversion", version, "championSince")
    ml.kubectl("delete", "model", "late-flights", f"--cascade={cascade}")
    if cascade == "background":
        eventually(lambda: ml.kubectl.all("deployments") == [], "the children go", operator.log)
        eventually(lambda: ml.kubectl.all("services") == [], "the Services go", operator.log)
    assert [one["metadata"]["name"] for one in ml.kubectl.all("modelversions")] == [version]
    server_side(ml.kubectl, applied[0])

    def owned() -> Document | None:
        model, (deployment, *_) = ml.kubectl.get("model", "late-flights"), ml.kubectl.all("deployments") or [None]
        uids = [one["uid"] for one in deployment["metadata"].get("ownerReferences", [])] if deployment else []
        return deployment if model is not None and uids == [model["metadata"]["uid"]] else None

    deployment = eventually(owned, "the Deployment is the new Model's", operator.log)
    assert deployment["metadata"]["labels"]["leeboard.dev/version"] == version
    assert (deployment["metadata"]["uid"] == before["uid"]) is (cascade == "orphan")
    ml.roll_out(deployment)
    assert ml.status("model", "late-flights", "champion")["champion"]["name"] == version
    eventually(lambda: ml.kubectl.get("service", "late-flights"), "the Service", operator.log)


def test_whoever_changes_a_deployment_is_refused_or_set_right_once_for_every_change(
    plane: ControlPlane, operator: OperatorProcess, loop: tuple[Tenant, list[Document], str]
) -> None:
    ml, _, _ = loop
    wanted = ml.one("deployments", "leeboard.dev/model=late-flights")
    name = wanted["metadata"]["name"]

    def is_right() -> bool:
        found = ml.kubectl.get("deployment", name)
        return found is not None and found["spec"] == wanted["spec"]

    asked = patches(plane, ml)
    image = {"spec": {"template": {"spec": {"containers": [{"name": "server", "image": "evil:1"}]}}}}
    with pytest.raises(KubectlError, match="only Leeboard does"):
        ml.kubectl("patch", "deployment", name, "-p", json.dumps(image))
    for replicas in (5, 1, 7):
        ml.kubectl("scale", "deployment", name, f"--replicas={replicas}")
        eventually(is_right, "the size is right", operator.log)
    assert patches(plane, ml) - asked == 3


def patches(plane: ControlPlane, tenant: Tenant) -> int:
    """How often the operator has applied a Deployment in a namespace."""
    asked = plane.requests_of("system:serviceaccount:leeboard-system:leeboard-operator")
    mine = ("patch", "deployments", tenant.kubectl.namespace)
    return len([one for one in asked if (one.verb, one.resource, one.namespace) == mine])
