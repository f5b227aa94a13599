"""What the two ServiceAccounts of the chart may do on a real API server, and what they may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import KubectlError
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
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        running.kubectl("create", "namespace", "tenant")
        running.kubectl("create", "namespace", "other")
        install(running, "--set", "namespaces={tenant}")
        yield running


def may(plane: ControlPlane, account: str, verb: str, resource: str, namespace: str = "tenant") -> bool:
    name, _, subresource = resource.partition("/")
    options = [f"--subresource={subresource}"] if subresource else []
    user = f"system:serviceaccount:{SYSTEM}:leeboard-{account}"
    try:
        return plane.client(namespace)("auth", "can-i", verb, name, *options, f"--as={user}").strip() == "yes"
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


def test_editors_of_a_namespace_may_work_with_the_four_kinds(plane: ControlPlane) -> None:
    # The controller that aggregates runs elsewhere; what it selects by and takes over is looked at here.
    labels = "rbac.authorization.k8s.io/aggregate-to-edit=true"
    assert "leeboard-edit" in plane.kubectl("get", "clusterrole", "-l", labels, "-o", "name")
    assert "leeboard-view" in plane.kubectl(
        "get", "clusterrole", "-l", "rbac.authorization.k8s.io/aggregate-to-view=true", "-o", "name"
    )
