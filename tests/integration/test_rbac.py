"""What the two ServiceAccounts of the chart may do on a real API server, and what they may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl, KubectlError
from leeboard.kube.permissions import EVALUATOR, OPERATOR, Permission
from tests.support.installation import SYSTEM, install

pytestmark = pytest.mark.apiserver

NOBODY = [
    *(("list", "secrets"), ("watch", "secrets"), ("create", "secrets"), ("create", "pods"), ("create", "pods/exec")),
    *(
        ("get", "pods/log"),
        ("delete", "pods"),
        ("create", "roles"),
        ("create", "rolebindings"),
        ("patch", "services/status"),
    ),
    *(("get", "configmaps"), ("update", "models"), ("patch", "trainingjobs"), ("delete", "models"), ("*", "*")),
    *(("create", "serviceaccounts/token"), ("list", "namespaces"), ("get", "nodes")),
]


@pytest.fixture(scope="module")
def plane(kubernetes: str) -> Iterator[ControlPlane]:
    with ControlPlane(kubernetes) as running:
        running.kubectl("create", "namespace", "tenant")
        running.kubectl("create", "namespace", "other")
        install(running, "--set", "namespaces={tenant}")
        yield running


def may(plane: ControlPlane, account: str, verb: str, resource: str, namespace: str = "tenant") -> bool:
    name, _, subresource = resource.partition("/")
    options = [f"--subresource={subresource}"] if subresource else []
    return granted(plane.client(namespace), verb, name, f"system:serviceaccount:{SYSTEM}:leeboard-{account}", *options)


def granted(client: Kubectl, verb: str, resource: str, user: str, *options: str) -> bool:
    try:
        return client("auth", "can-i", verb, resource, *options, f"--as={user}").strip().endswith("yes")
    except KubectlError:
        return False  # kubectl ends with status 1 on "no"


@pytest.mark.parametrize(("account", "table"), [("operator", OPERATOR), ("evaluator", EVALUATOR)])
def test_all_that_is_needed_is_allowed_in_the_tenants_namespace_only(
    plane: ControlPlane, account: str, table: tuple[Permission, ...]
) -> None:
    asked = [
        (verb, f"{one.resource.plural}.{one.resource.group}".rstrip("."), one) for one in table for verb in one.verbs
    ]
    for verb, plural, one in asked:
        resource = f"{plural}/{one.subresource}" if one.subresource else plural
        assert may(plane, account, verb, resource), (verb, resource)
    assert not may(plane, account, "list", "models.leeboard.dev", namespace="other")


@pytest.mark.parametrize("account", ["operator", "evaluator"])
@pytest.mark.parametrize(("verb", "resource"), NOBODY)
def test_nothing_else_is(plane: ControlPlane, account: str, verb: str, resource: str) -> None:
    assert not may(plane, account, verb, resource)


def test_the_operator_reads_no_secret(plane: ControlPlane) -> None:
    assert not may(plane, "operator", "get", "secrets")
    assert may(plane, "evaluator", "get", "secrets")


def test_the_operator_holds_one_lease_in_the_releases_namespace_and_touches_no_other(plane: ControlPlane) -> None:
    lease, kind = "leases.coordination.k8s.io/leeboard-operator", "leases.coordination.k8s.io"
    user = f"system:serviceaccount:{SYSTEM}:leeboard-operator"
    system, tenant = plane.client(SYSTEM), plane.client("tenant")
    assert [verb for verb in ("get", "update", "patch", "delete", "watch") if granted(system, verb, lease, user)] == [
        *("get", "update")
    ]
    assert granted(system, "create", kind, user)
    for verb in ("get", "list", "update"):
        assert not granted(system, verb, kind, user), verb
        assert not granted(tenant, verb, lease, user), verb
    assert not granted(tenant, "create", kind, user)
    assert not granted(system, "get", lease, f"system:serviceaccount:{SYSTEM}:leeboard-evaluator")


@pytest.mark.parametrize("name", ["view", "edit", "admin"])
def test_people_get_their_rights_with_the_clusters_own_roles(plane: ControlPlane, name: str) -> None:
    # The controller that aggregates runs elsewhere; what it selects by is looked at here.
    labels = f"rbac.authorization.k8s.io/aggregate-to-{name}=true"
    assert f"clusterrole.rbac.authorization.k8s.io/leeboard-{name}" in plane.kubectl(
        "get", "clusterrole", "-l", labels, "-o", "name"
    )


PEOPLE = {
    "view": [("get", True), ("patch", False), ("create", False), ("delete", False), ("approve", False)],
    "edit": [("get", True), ("patch", True), ("create", False), ("delete", False), ("approve", False)],
    "admin": [("get", True), ("create", True), ("delete", True), ("approve", True), ("restore", False)],
    "approver": [("get", True), ("patch", True), ("create", False), ("approve", True), ("serve-unregistered", False)],
    "registrar": [("create", True), ("restore", True), ("serve-unregistered", True), ("approve", False)],
}


@pytest.mark.parametrize("role", PEOPLE)
def test_what_people_may_do_with_versions(plane: ControlPlane, role: str) -> None:
    client = plane.client("tenant")
    client("create", "rolebinding", role, f"--clusterrole=leeboard-{role}", f"--user={role}")
    for verb, allowed in PEOPLE[role]:
        assert granted(client, verb, "modelversions.leeboard.dev", role) is allowed, verb
    assert granted(client, "update", "models.leeboard.dev", role) is (role in ("edit", "admin"))
    for kind in ("models", "modelversions", "trainingjobs", "driftmonitors"):
        assert not granted(client, "update", f"{kind}.leeboard.dev", role, "--subresource=status")
