"""Only registered versions serve, and only recorded runs tell of results: who may make which pods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from tests.support.examples import put
from tests.support.installation import eventually
from tests.support.people import (
    ADMINISTRATOR,
    DEPLOYMENTS,
    JOBS,
    OPERATOR,
    REPLICA_SETS,
    STATEFUL_SETS,
    TENANT,
)
from tests.support.requests import Requests
from tests.support.served import (
    imported_version,
    pod,
    replica_set,
    serving_deployment,
    stateful_set,
    training_job,
    with_pod_annotation,
    with_pod_label,
)

pytestmark = pytest.mark.apiserver

Document = dict[str, Any]
EXEMPTION = "leeboard.dev/serve-unregistered"
NOT_LEEBOARD = "only Leeboard does, for registered versions and recorded runs"
OURS = "leeboard.dev/version=late-flights-v1"
NO_ARTEFACT = "the digest of its artefact"
NO_LINEAGE = "needs its commit and the digest of its data"


def deployment() -> Document:
    return serving_deployment()


def without(document: Document, name: str) -> Document:
    return with_pod_annotation(document, f"leeboard.dev/{name}", None)


def exempt(document: Document) -> Document:
    return with_pod_annotation(document, EXEMPTION, "the old scorer, until May")


def hidden(document: Document) -> Document:
    """Without the labels of the object itself: those of its pods are what counts."""
    return document | {"metadata": {**document["metadata"], "labels": {}}}


CASES: list[tuple[str, Callable[[], Document], str]] = [
    (OPERATOR, deployment, ""),
    (OPERATOR, training_job, ""),
    (OPERATOR, lambda: serving_deployment(imported_version()), ""),
    (OPERATOR, lambda: without(deployment(), "artifact"), NO_ARTEFACT),
    (OPERATOR, lambda: without(deployment(), "lineage"), NO_LINEAGE),
    (OPERATOR, lambda: without(deployment(), "code"), NO_LINEAGE),
    (OPERATOR, lambda: without(deployment(), "data"), NO_LINEAGE),
    (OPERATOR, lambda: with_pod_annotation(deployment(), "leeboard.dev/code", "main"), NO_LINEAGE),
    (OPERATOR, lambda: with_pod_label(deployment(), "leeboard.dev/version", None), NO_ARTEFACT),
    ("editor", deployment, NOT_LEEBOARD),
    ("admin", deployment, NOT_LEEBOARD),
    (ADMINISTRATOR, deployment, NOT_LEEBOARD),
    ("editor", lambda: hidden(deployment()), NOT_LEEBOARD),
    ("editor", training_job, NOT_LEEBOARD),
    ("editor", lambda: replica_set(deployment()), NOT_LEEBOARD),
    ("editor", lambda: hidden(replica_set(deployment())), NOT_LEEBOARD),
    ("editor", lambda: pod(deployment()), NOT_LEEBOARD),
    ("editor", lambda: pod(training_job()), NOT_LEEBOARD),
    (OPERATOR, lambda: replica_set(deployment()), "cannot create resource"),
    (DEPLOYMENTS, lambda: replica_set(deployment()), ""),
    (DEPLOYMENTS, lambda: replica_set(without(deployment(), "data")), NO_LINEAGE),
    (REPLICA_SETS, lambda: pod(deployment()), ""),
    (REPLICA_SETS, lambda: pod(without(deployment(), "artifact")), NO_ARTEFACT),
    (REPLICA_SETS, lambda: pod(training_job()), NOT_LEEBOARD),
    (JOBS, lambda: pod(training_job()), ""),
    (JOBS, lambda: pod(deployment()), NOT_LEEBOARD),
    # a StatefulSet may be made; the pods that would be called are refused to its controller
    ("editor", lambda: stateful_set(deployment()), ""),
    (STATEFUL_SETS, lambda: pod(deployment()), NOT_LEEBOARD),
    # the exemption: an annotation, and the right to it
    ("editor", lambda: exempt(deployment()), NOT_LEEBOARD),
    ("admin", lambda: exempt(pod(deployment())), NOT_LEEBOARD),
    ("registrar", lambda: exempt(deployment()), ""),
    ("registrar", lambda: exempt(without(deployment(), "data")), ""),
    ("registrar", lambda: exempt(pod(deployment())), ""),
    ("registrar", deployment, NOT_LEEBOARD),
    # whatever has none of our labels is none of our business
    ("editor", lambda: with_pod_label(deployment(), "leeboard.dev/part", None), ""),
]


@pytest.mark.parametrize(("user", "document", "refusal"), CASES)
def test_who_may_make_what(requests: Requests, user: str, document: Callable[[], Document], refusal: str) -> None:
    answer = requests.create(user, document())
    assert (answer.status, answer.message if answer.status == 201 else "") == (403 if refusal else 201, "")
    assert refusal in answer.message


def test_the_policies_expressions_fit_the_types(policed: ControlPlane) -> None:
    def checked() -> list[Document] | None:
        found = policed.client("").all("validatingadmissionpolicies")
        seen = [one for one in found if "typeChecking" in one.get("status", {})]
        return found if len(seen) == len(found) == 6 else None

    for policy in eventually(checked, "the types are checked"):
        assert policy["status"]["typeChecking"] == {}, policy["metadata"]["name"]


@pytest.fixture
def served(policed: ControlPlane, requests: Requests) -> Document:
    """A Deployment of the operator's with the pods that the real controllers made of it."""
    wanted = serving_deployment()
    del wanted["metadata"]["ownerReferences"]  # its Model is not there: the garbage collector would take it away
    made = requests.create(OPERATOR, wanted, dry_run=False)
    assert made.status in (201, 409), made
    eventually(lambda: len(policed.client(TENANT).all("pods", OURS)) == 2, "two pods")
    live = policed.client(TENANT).get("deployment", wanted["metadata"]["name"])
    assert live is not None
    return live


def image(document: Document, at: str, name: str) -> Document:
    return put(document, f"{at}containers.0.image", name)


def test_what_runs_may_be_scaled_and_restarted_and_not_replaced(
    policed: ControlPlane, requests: Requests, served: Document
) -> None:
    restarted = with_pod_annotation(served, "kubectl.kubernetes.io/restartedAt", "2026-03-02T10:00:00Z")
    for allowed in (
        put(served, "spec.replicas", 3),
        put(served, "metadata.annotations.team", "ops"),
        restarted,
        put(served, "spec.paused", True),
    ):
        assert requests.replace("editor", allowed).status == 200
    for refused in (
        image(served, "spec.template.spec.", "other:1"),
        with_pod_annotation(served, "leeboard.dev/data", "sha256:" + "00" * 32),
        with_pod_annotation(served, EXEMPTION, "because"),
        put(served, "spec.template.metadata.labels.more", "x"),
        put(served, "spec.template.spec.containers.0.env", [{"name": "A", "value": "b"}]),
    ):
        answer = requests.replace("editor", refused)
        assert (answer.status, NOT_LEEBOARD in answer.message) == (403, True), answer
    assert requests.replace(OPERATOR, image(served, "spec.template.spec.", "server:2")).status == 403  # no such right
    assert requests.merge(OPERATOR, served, {"spec": {"replicas": 1}}).status == 200


def test_a_running_pod_keeps_its_image_and_its_place(
    policed: ControlPlane, requests: Requests, served: Document
) -> None:
    running = policed.client(TENANT).all("pods", OURS)[0]
    label = {"metadata": {"labels": {"leeboard.dev/version": "other"}}}
    for refused in ({"spec": image(running, "spec.", "other:1")["spec"]}, label):
        answer = requests.merge("editor", running, refused)
        assert (answer.status, NOT_LEEBOARD in answer.message) == (403, True), answer
    for allowed in (
        {"metadata": {"labels": {"seen-by": "ops"}}},
        {"metadata": {"labels": {"leeboard.dev/part": None}}},
    ):
        assert requests.merge("editor", running, allowed).status == 200
    stray = {**running, "metadata": {"name": "stray", "namespace": TENANT}}
    stray["spec"] = {key: value for key, value in running["spec"].items() if key != "nodeName"}
    assert requests.create("editor", stray, dry_run=False).status == 201
    joined = {"metadata": {"labels": running["metadata"]["labels"]}}
    assert NOT_LEEBOARD in requests.merge("editor", stray, joined).message
    assert requests.delete("editor", stray, dry_run=False).status == 200


def test_garbage_goes_when_its_owner_goes(policed: ControlPlane, requests: Requests) -> None:
    wanted = serving_deployment()
    wanted["metadata"]["name"] = "passing"
    for labels in (wanted["spec"]["template"]["metadata"]["labels"], wanted["spec"]["selector"]["matchLabels"]):
        labels["leeboard.dev/version"] = "passing"
    del wanted["metadata"]["ownerReferences"]
    assert requests.create(OPERATOR, wanted, dry_run=False).status == 201
    mine = "leeboard.dev/version=passing"
    eventually(lambda: len(policed.client(TENANT).all("pods", mine)) == 2, "two pods")
    assert requests.delete(OPERATOR, wanted, dry_run=False).status == 200
    eventually(lambda: policed.client(TENANT).all("replicasets", mine) == [], "the ReplicaSet goes")
