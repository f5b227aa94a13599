"""The registry: lineage is not forged, approvals are personal, and a version in use stays."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from tests.support.examples import model_version, put
from tests.support.installation import eventually
from tests.support.people import ADMINISTRATOR, NAMESPACES, OPERATOR, TENANT
from tests.support.requests import Requests
from tests.support.served import imported_version

pytestmark = pytest.mark.apiserver

Document = dict[str, Any]
APPROVED_BY = "leeboard.dev/approved-by"
OWN_NAME = "an approval is given in the own name"
NO_RIGHT = "needs the verb approve"
RESTORED = "leeboard.dev/restored"
STATES_A_PAST = "states the past of a version"
ONLY_LEEBOARD = "only Leeboard registers trained versions"
_numbers = itertools.count(1)


def named(version: Document, namespace: str = TENANT, **annotations: str) -> Document:
    """A new name in the tenant's namespace."""
    metadata = {"name": f"v{next(_numbers)}", "namespace": namespace, "annotations": annotations}
    return version | {"metadata": metadata}


def trained() -> Document:
    return named(model_version())


def imported(**annotations: str) -> Document:
    return named(imported_version(), **annotations)


def labelled(version: Document, name: str) -> Document:
    return put(version, "metadata.labels", {name: "x"})


@pytest.mark.parametrize(
    ("user", "version", "refusal"),
    [
        (OPERATOR, trained(), ""),
        ("editor", trained(), "cannot create resource"),
        ("editor", imported(), "cannot create resource"),
        ("admin", trained(), ONLY_LEEBOARD),
        ("admin", imported(), ""),
        ("admin", labelled(imported(), "leeboard.dev/model"), ""),
        ("admin", labelled(imported(), "leeboard.dev/run"), "which run made a version"),
        ("admin", labelled(imported(), "leeboard.dev/training-job"), "which run made a version"),
        ("registrar", trained(), ""),
        ("registrar", labelled(trained(), "leeboard.dev/run"), ""),
        ("registrar", put(trained(), "metadata.annotations", {RESTORED: "{}"}), ""),
        ("admin", imported(**{RESTORED: "{}"}), STATES_A_PAST),
        ("admin", imported(**{RESTORED: ""}), STATES_A_PAST),
        ("registrar", put(trained(), "metadata.annotations", {RESTORED: "{}", APPROVED_BY: "registrar"}), NO_RIGHT),
        ("registrar", put(trained(), "metadata.annotations", {RESTORED: "{}", APPROVED_BY: "ann"}), OWN_NAME),
        ("restorer", put(trained(), "metadata.annotations", {RESTORED: "{}", APPROVED_BY: "restorer"}), ""),
        ("restorer", put(trained(), "metadata.annotations", {RESTORED: "{}", APPROVED_BY: "ann"}), OWN_NAME),
        (ADMINISTRATOR, trained(), ""),
        ("admin", imported(**{APPROVED_BY: "admin"}), ""),
        ("admin", imported(**{APPROVED_BY: "ann"}), OWN_NAME),
        ("registrar", imported(**{APPROVED_BY: "registrar"}), NO_RIGHT),
        (OPERATOR, put(trained(), "metadata.annotations", {APPROVED_BY: OPERATOR}), NO_RIGHT),
    ],
)
def test_who_may_register_what(requests: Requests, user: str, version: Document, refusal: str) -> None:
    answer = requests.create(user, version)
    assert (answer.status, refusal in answer.message) == (403 if refusal else 201, True), answer


def test_a_past_is_stated_by_nobody_without_the_right_and_not_taken_away(requests: Requests) -> None:
    made = put(trained(), "metadata.annotations", {RESTORED: "{}"})
    assert requests.create("registrar", made, dry_run=False).status == 201
    for value in ("other", None):
        patch = {"metadata": {"annotations": {RESTORED: value}}}
        for user, status in (("editor", 403), ("admin", 403), ("approver", 403), ("registrar", 200)):
            assert requests.merge(user, made, patch).status == status, (user, value)
    assert requests.merge("editor", made, {"metadata": {"annotations": {"note": "seen"}}}).status == 200


def test_an_import_never_claims_that_its_code_was_observed(requests: Requests) -> None:
    code = {"verified": True, "commit": "0123456789" * 4}
    answer = requests.create("admin", put(imported(), "spec.code", code))
    assert (answer.status, "no run observed it" in answer.message) == (422, True)
    assert requests.create("admin", put(imported(), "spec.code", code | {"verified": False})).status == 201


@pytest.fixture
def version(requests: Requests) -> Document:
    made = trained()
    assert requests.create(OPERATOR, made, dry_run=False).status == 201
    return made


def approval(name: str | None) -> Document:
    return {"metadata": {"annotations": {APPROVED_BY: name}}}


@pytest.mark.parametrize(
    ("user", "value", "refusal"),
    [
        ("approver", "approver", ""),
        ("admin", "admin", ""),
        (ADMINISTRATOR, "admin", ""),
        ("admin", "approver", OWN_NAME),
        ("approver", "Approver", OWN_NAME),
        ("approver", " approver", OWN_NAME),
        ("editor", "editor", NO_RIGHT),
        ("editor", "approver", OWN_NAME),
        ("registrar", "registrar", NO_RIGHT),
        ("viewer", "viewer", "cannot patch resource"),
    ],
)
def test_who_may_approve(requests: Requests, version: Document, user: str, value: str, refusal: str) -> None:
    answer = requests.merge(user, version, approval(value))
    assert (answer.status, refusal in answer.message) == (403 if refusal else 200, True), answer


def test_the_right_to_approve_may_be_for_one_version(
    policed: ControlPlane, requests: Requests, version: Document
) -> None:
    client, name = policed.client(TENANT), version["metadata"]["name"]
    rule = {"apiGroups": ["leeboard.dev"], "resources": ["modelversions"], "verbs": ["patch", "approve"]}
    metadata = {"name": "of-one", "namespace": TENANT}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata}
    client.apply(role | {"rules": [rule | {"resourceNames": [name]}, rule | {"verbs": ["patch"]}]})
    client("create", "rolebinding", "of-one", "--role=of-one", "--user=carol")
    other = trained()
    assert requests.create(OPERATOR, other, dry_run=False).status == 201
    eventually(lambda: requests.merge("carol", version, approval("carol")).status == 200, "carol's right")
    assert NO_RIGHT in requests.merge("carol", other, approval("carol")).message


def test_an_approval_may_be_taken_from_the_object_and_others_may_annotate_it(
    requests: Requests, version: Document
) -> None:
    assert requests.merge("approver", version, approval("approver"), dry_run=False).status == 200
    assert requests.merge("editor", version, {"metadata": {"annotations": {"note": "seen"}}}).status == 200
    assert OWN_NAME in requests.merge("editor", version, approval("admin")).message
    assert NO_RIGHT in requests.merge("editor", version, approval("editor")).message
    assert requests.merge("editor", version, approval(None), dry_run=False).status == 200


@pytest.mark.parametrize("place", ["Champion", "Candidate", "Draining", "Pinned"])
def test_a_version_in_use_is_not_deleted(
    policed: ControlPlane, requests: Requests, version: Document, place: str
) -> None:
    mark(policed, version, place)
    for user in ("admin", "registrar", OPERATOR, ADMINISTRATOR):
        for answer in (requests.delete(user, version), requests.delete_all(user, version)):
            if "cannot deletecollection" not in answer.message:
                assert (answer.status, f"it is {place} of the Model late-flights" in answer.message) == (403, True)
    assert requests.delete(NAMESPACES, version).status == 200
    mark(policed, version, "")
    assert requests.delete("admin", version).status == 200
    assert requests.delete(OPERATOR, version).status == 200
    assert "cannot delete resource" in requests.delete("editor", version).message


def test_a_namespace_goes_with_all_its_versions(policed: ControlPlane, requests: Requests) -> None:
    policed.kubectl("create", "namespace", "leaving")
    made = put(trained(), "metadata.namespace", "leaving")
    assert requests.create(OPERATOR, made, dry_run=False).status == 201
    mark(policed, made, "Champion")
    policed.kubectl("delete", "namespace", "leaving", "--wait=false")
    eventually(lambda: "leaving" not in policed.kubectl("get", "namespaces", "-o", "name"), "the namespace is gone")


def mark(plane: ControlPlane, version: Document, place: str) -> None:
    """What the operator writes into the status."""
    metadata = version["metadata"]
    patch = json.dumps({"status": {"servingAs": place}})
    client = plane.client(metadata["namespace"])
    client("patch", "modelversion", metadata["name"], "--subresource=status", "--type=merge", "-p", patch)
