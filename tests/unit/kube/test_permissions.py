"""The roles hold what is needed, and none of what must never be in them."""

from __future__ import annotations

import pytest

from charts.permissions_page import permissions_page
from leeboard.kube.permissions import (
    EDIT,
    EVALUATOR,
    GATEWAY,
    LEADER_ELECTION,
    OPERATOR,
    ROLES,
    Permission,
    Role,
    rules,
)

OF_USERS = ("models", "modelversions", "trainingjobs", "driftmonitors")
OF_PROCESSES = ("operator", "gateway", "leader-election", "evaluator")
OWN_VERBS = {"approve", "restore", "serve-unregistered"}
GRANTED = {role.name: role.permissions for role in ROLES}


def verbs(table: tuple[Permission, ...], name: str) -> set[str]:
    return {verb for permission in table if permission.name == name for verb in permission.verbs}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_wildcards_no_exec_no_cluster_scope(role: Role) -> None:
    for rule in rules(role.permissions):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not {"escalate", "bind", "impersonate", "deletecollection"} & set(rule["verbs"])
        assert not [resource for resource in rule["resources"] if resource.startswith("pods/")]
        assert not {"namespaces", "nodes", "customresourcedefinitions"} & set(rule["resources"])


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_nothing_is_granted_twice(role: Role) -> None:
    granted = [(one.name, verb) for one in role.permissions for verb in one.verbs]
    assert len(granted) == len(set(granted))


def test_the_operator_reads_no_secret_and_never_writes_what_users_keep_in_git() -> None:
    assert verbs(OPERATOR, "secrets") == set()
    for name in OF_USERS:
        assert not verbs(OPERATOR, name) & {"update", "patch"}
    for name in ("models", "trainingjobs", "driftmonitors"):
        assert not verbs(OPERATOR, name) & {"create", "delete"}


def test_with_gateways_the_operator_touches_routes_and_nothing_more() -> None:
    assert {one.name for one in GATEWAY} == {"httproutes", "grpcroutes"}
    assert not verbs(OPERATOR, "httproutes")


def test_the_evaluator_writes_figures_only_and_cannot_look_for_secrets() -> None:
    assert verbs(EVALUATOR, "secrets") == {"get"}
    written = {permission.name for permission in EVALUATOR if set(permission.verbs) - {"get", "list", "watch"}}
    assert written == {"models/status", "driftmonitors/status"}


@pytest.mark.parametrize("role", [role for role in ROLES if role.name not in OF_PROCESSES])
def test_people_write_no_status_and_touch_nothing_but_the_four_kinds(role: Role) -> None:
    # /scale writes a field of a spec that they may write anyway
    others = [one for one in role.permissions if one.name not in (*OF_USERS, "models/scale")]
    # who restores has to see which versions serve, to bring those first
    looks = [("services", ("list",))] if role.name == "registrar" else []
    assert [(one.name, one.verbs) for one in others] == looks


def test_editors_can_neither_forge_a_version_nor_lose_one_nor_approve() -> None:
    assert verbs(EDIT, "modelversions") == {"get", "list", "watch", "patch"}
    with_own_verbs = {
        name: verbs(table, "modelversions") & OWN_VERBS
        for name, table in GRANTED.items()
        if verbs(table, "modelversions") & OWN_VERBS
    }
    assert with_own_verbs == {
        "admin": {"approve"},
        "approver": {"approve"},
        "registrar": {"restore", "serve-unregistered"},
    }


def test_the_page_names_every_verb_of_every_role() -> None:
    page = permissions_page()
    for role in ROLES:
        section = page.split(f"## leeboard-{role.name}\n")[1].split("\n## ")[0]
        rows = {tuple(cell.strip() for cell in line.split("|")[1:3]) for line in section.splitlines() if "`" in line}
        for permission in role.permissions:
            plural = f"{permission.name}.{permission.resource.group}".rstrip(".")
            only = f" named `{permission.object_name}`" if permission.object_name else ""
            assert (f"`{plural}`{only}", ", ".join(permission.verbs)) in rows


def test_the_operator_touches_one_lease_and_no_other() -> None:
    assert rules(LEADER_ELECTION) == [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "update"],
            "resourceNames": ["leeboard-operator"],
        },
        # RBAC cannot name what does not exist yet
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
    ]
