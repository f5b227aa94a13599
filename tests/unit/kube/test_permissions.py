"""The roles hold what is needed, and none of what must never be in them."""

from __future__ import annotations

import pytest

from leeboard.kube.permissions import EDITOR, EVALUATOR, OPERATOR, VIEWER, Permission, rules

TABLES = {"operator": OPERATOR, "evaluator": EVALUATOR, "editor": EDITOR, "viewer": VIEWER}
OF_USERS = ("models", "modelversions", "trainingjobs", "driftmonitors")


def verbs(table: tuple[Permission, ...], name: str) -> set[str]:
    return {verb for permission in table if permission.name == name for verb in permission.verbs}


@pytest.mark.parametrize("name", TABLES)
def test_no_wildcards_no_exec_no_cluster_scope(name: str) -> None:
    for rule in rules(TABLES[name]):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not {"escalate", "bind", "impersonate", "deletecollection"} & set(rule["verbs"])
        assert not [resource for resource in rule["resources"] if resource.startswith("pods/")]
        assert not {"namespaces", "nodes", "customresourcedefinitions"} & set(rule["resources"])


def test_the_operator_reads_no_secret_and_never_writes_what_users_keep_in_git() -> None:
    assert verbs(OPERATOR, "secrets") == set()
    for name in OF_USERS:
        assert not verbs(OPERATOR, name) & {"update", "patch"}
    for name in ("models", "trainingjobs", "driftmonitors"):
        assert not verbs(OPERATOR, name) & {"create", "delete"}


def test_the_evaluator_writes_figures_only_and_cannot_look_for_secrets() -> None:
    assert verbs(EVALUATOR, "secrets") == {"get"}
    written = {permission.name for permission in EVALUATOR if set(permission.verbs) - {"get", "list", "watch"}}
    assert written == {"models/status", "driftmonitors/status"}
