"""What the two processes may do, and nothing else: the chart's roles are generated from these tables.

No wildcard, no list or watch of Secrets, no exec, nothing cluster-scoped.
"""

from __future__ import annotations

from dataclasses import dataclass

from leeboard.kube.resources import (
    DEPLOYMENT,
    DRIFT_MONITOR,
    EVENT,
    JOB,
    MODEL,
    MODEL_VERSION,
    POD,
    PRIMARIES,
    SECRET,
    SERVICE,
    TRAINING_JOB,
    Resource,
)

_SEE = ("get", "list", "watch")


@dataclass(frozen=True)
class Permission:
    """Verbs on resources of one kind or on one of their subresources, and what they are needed for."""

    resource: Resource
    verbs: tuple[str, ...]
    purpose: str
    subresource: str = ""

    @property
    def name(self) -> str:
        """The resource as RBAC writes it."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural


OPERATOR: tuple[Permission, ...] = (
    *(Permission(resource, _SEE, "what is asked for") for resource in PRIMARIES),
    *(Permission(resource, ("update",), "what was found and decided", "status") for resource in PRIMARIES),
    Permission(MODEL_VERSION, ("create", "delete"), "registers what a run made, prunes beyond versions.retain"),
    Permission(JOB, (*_SEE, "create", "delete"), "training and evaluation"),
    Permission(POD, _SEE, "why something does not run"),
    Permission(DEPLOYMENT, (*_SEE, "create", "patch", "delete"), "one for each served version"),
    Permission(SERVICE, (*_SEE, "create", "patch", "delete"), "where a Model is called"),
    Permission(EVENT, ("create", "get", "patch"), "tells what happened"),
)

EVALUATOR: tuple[Permission, ...] = (
    *(Permission(resource, _SEE, "whose figures are computed") for resource in PRIMARIES),
    Permission(MODEL, ("patch",), "figures about served versions", "status"),
    Permission(DRIFT_MONITOR, ("patch",), "figures about a window", "status"),
    Permission(SECRET, ("get",), "keys for the object storage, by the name in storage.secretRef"),
)

EDITOR: tuple[Permission, ...] = tuple(
    Permission(resource, (*_SEE, "create", "update", "patch", "delete"), "works with the four kinds")
    for resource in PRIMARIES
)

VIEWER: tuple[Permission, ...] = tuple(
    Permission(resource, _SEE, "looks at the four kinds")
    for resource in (MODEL, MODEL_VERSION, TRAINING_JOB, DRIFT_MONITOR)
)


def rules(permissions: tuple[Permission, ...]) -> list[dict[str, list[str]]]:
    """The rules of a Role, those with the same group and verbs in one."""
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for permission in permissions:
        grouped.setdefault((permission.resource.group, permission.verbs), []).append(permission.name)
    return [
        {"apiGroups": [group], "resources": names, "verbs": list(verbs)} for (group, verbs), names in grouped.items()
    ]
