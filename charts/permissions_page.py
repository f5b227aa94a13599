"""The reference page of all roles, from the table that the roles themselves are made of."""

from collections.abc import Iterator

from leeboard.kube.permissions import ROLES, Permission, Role

_HEAD = """# Permissions

Generated from [one table](../../operator/leeboard/kube/permissions.py) by `make generate`; the chart's roles are made
of the same. No role has a wildcard, `list` or `watch` of Secrets, `pods/exec`, or anything that is cluster-scoped.
What the two processes really ask of the API server is recorded by
[a test](../../tests/integration/test_permissions_used.py) and held against their tables: a request that is not in them
fails it, and so does a verb that is never used, but for the few that it names with their reasons.

The names below are those of a release named `leeboard`. `approve`, `restore` and `serve-unregistered` are verbs of
Leeboard's own on `modelversions.leeboard.dev`: the [admission policies](policies.md) ask for them. How to hand the
roles out: [give teams rights](../how-to/give-teams-rights.md).
"""


def permissions_page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_HEAD, *(_section(role) for role in ROLES)])


def _section(role: Role) -> str:
    lines = [f"## leeboard-{role.name}\n", f"{role.about}\n", "| resource | verbs | what for |", "|---|---|---|"]
    return "\n".join([*lines, *_rows(role.permissions), ""])


def _rows(permissions: tuple[Permission, ...]) -> Iterator[str]:
    for permission in permissions:
        group = permission.resource.group
        name = f"{permission.name}.{group}" if group else permission.name
        only = f" named `{permission.object_name}`" if permission.object_name else ""
        yield f"| `{name}`{only} | {', '.join(permission.verbs)} | {permission.purpose} |"
