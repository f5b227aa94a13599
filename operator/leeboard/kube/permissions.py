"""Who may do what, and nothing else: the chart's roles and docs/reference/permissions.md are made of these tables.

No wildcard, no list or watch of Secrets, no exec, nothing cluster-scoped. A test holds the requests that the two
processes make against their tables, in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass

from leeboard.kube.resources import (
    AUTOSCALER,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    DRIFT_MONITOR,
    EVENT,
    GRPC_ROUTE,
    HTTP_ROUTE,
    JOB,
    LEASE,
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
_HEAR = ("list", "watch")

APPROVE, RESTORE, SERVE_UNREGISTERED = "approve", "restore", "serve-unregistered"
"""Verbs of our own on modelversions: no request carries them, the admission policies ask whether they are granted."""


@dataclass(frozen=True)
class Permission:
    """Verbs on resources of one kind or on one of their subresources, and what they are needed for.

    With `object_name` on the one object of that name only, which RBAC can say of every verb but create and list.
    """

    resource: Resource
    verbs: tuple[str, ...]
    purpose: str
    subresource: str = ""
    object_name: str = ""

    @property
    def name(self) -> str:
        """The resource as RBAC writes it."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural


@dataclass(frozen=True)
class Role:
    """A role of the chart: `about` says who has it; an aggregated one extends the cluster's own of the same name."""

    name: str
    permissions: tuple[Permission, ...]
    about: str
    aggregated: bool = False


OPERATOR: tuple[Permission, ...] = (
    *(Permission(resource, _SEE, "reads what is asked for") for resource in PRIMARIES),
    *(Permission(resource, ("update",), "writes what was found and decided", "status") for resource in PRIMARIES),
    *(
        Permission(
            resource, ("update",), "lets what it makes hold up its owner's deletion (where that is asked)", "finalizers"
        )
        for resource in (MODEL, TRAINING_JOB)
    ),
    Permission(MODEL_VERSION, ("create", "delete"), "registers what a run made, forgets beyond versions.retain"),
    Permission(JOB, (*_SEE, "create", "delete"), "trains and evaluates, removes Jobs of runs long past"),
    Permission(POD, _HEAR, "says why something does not run"),
    Permission(DEPLOYMENT, (*_HEAR, "create", "patch", "delete"), "serves each version by one"),
    Permission(
        SERVICE,
        (*_HEAR, "create", "patch", "delete"),
        "gives callers, exporters, and whoever tries a candidate, an address",
    ),
    Permission(DISRUPTION_BUDGET, (*_HEAR, "create", "patch"), "keeps a drain from taking the last ready pod"),
    Permission(AUTOSCALER, (*_HEAR, "create", "patch", "delete"), "scales a champion (serving.autoscaling)"),
    Permission(EVENT, ("create", "get", "list", "patch"), "tells what happened; why a Job gets no pod"),
)

GATEWAY: tuple[Permission, ...] = (
    *(
        Permission(
            resource, (*_HEAR, "create", "patch", "delete"), "gives each version its share of a Gateway's requests"
        )
        for resource in (HTTP_ROUTE, GRPC_ROUTE)
    ),
)

LEASE_NAME = "leeboard-operator"
"""The Lease of a release named leeboard."""

LEADER_ELECTION: tuple[Permission, ...] = (
    Permission(LEASE, ("get", "update"), "holds the lease, or waits for it", object_name=LEASE_NAME),
    Permission(LEASE, ("create",), "makes the lease where there is none"),
)

EVALUATOR: tuple[Permission, ...] = (
    *(
        Permission(resource, ("list",), "finds whose figures are computed")
        for resource in (MODEL, MODEL_VERSION, DRIFT_MONITOR)
    ),
    Permission(MODEL, ("patch",), "writes figures about served versions", "status"),
    Permission(DRIFT_MONITOR, ("patch",), "writes figures about a window, and what webhooks were told", "status"),
    Permission(
        SECRET,
        ("get",),
        "reads keys for the object storage and addresses of webhooks, by the name in storage.secretRef and "
        "actions[].webhook.secretRef",
    ),
)

_WRITE = ("create", "update", "patch", "delete")
_IN_GIT = (MODEL, TRAINING_JOB, DRIFT_MONITOR)

VIEW: tuple[Permission, ...] = tuple(Permission(resource, _SEE, "looks at the four kinds") for resource in PRIMARIES)

EDIT: tuple[Permission, ...] = (
    *VIEW,
    *(Permission(resource, _WRITE, "works with what lies in Git") for resource in _IN_GIT),
    Permission(MODEL, ("get", "update", "patch"), "scales a Model, as kubectl scale does", "scale"),
    Permission(MODEL_VERSION, ("patch",), "annotates versions"),
)

ADMIN: tuple[Permission, ...] = (
    *EDIT,
    Permission(MODEL_VERSION, ("create",), "imports models that were made elsewhere, shown as unverified"),
    Permission(MODEL_VERSION, ("delete",), "takes versions that nobody uses out of the registry"),
    Permission(MODEL_VERSION, (APPROVE,), "approves versions, in the own name"),
)

APPROVER: tuple[Permission, ...] = (
    *(Permission(resource, _SEE, "sees what there is to approve") for resource in (MODEL, MODEL_VERSION)),
    Permission(MODEL_VERSION, ("patch",), "sets the annotation leeboard.dev/approved-by"),
    Permission(MODEL_VERSION, (APPROVE,), "approves versions, in the own name"),
)

REGISTRAR: tuple[Permission, ...] = (
    Permission(MODEL_VERSION, (*_SEE, "create", "patch", "delete"), "keeps the registry"),
    Permission(SERVICE, ("list",), "sees which versions serve: a restore brings those first"),
    Permission(MODEL_VERSION, (RESTORE,), "registers trained versions from a backup, with the lineage that it states"),
    Permission(
        MODEL_VERSION, (SERVE_UNREGISTERED,), "runs pods that pass for servers, by leeboard.dev/serve-unregistered"
    ),
)

ROLES: tuple[Role, ...] = (
    Role(
        "operator",
        OPERATOR,
        "The operator's ServiceAccount. Where `namespaces` is set: in each of them, else cluster-wide.",
    ),
    Role(
        "gateway",
        GATEWAY,
        "The operator's ServiceAccount, in the same places, only with `gateway.enabled`: for `traffic.mode` Gateway.",
    ),
    Role(
        "leader-election",
        LEADER_ELECTION,
        "The operator's ServiceAccount, in the release's own namespace, wherever else it works.",
    ),
    Role("evaluator", EVALUATOR, "The evaluator's ServiceAccount, in the same places."),
    Role("view", VIEW, "Added to the cluster's own `view`, `edit` and `admin`.", aggregated=True),
    Role("edit", EDIT, "Added to the cluster's own `edit` and `admin`.", aggregated=True),
    Role("admin", ADMIN, "Added to the cluster's own `admin`.", aggregated=True),
    Role("approver", APPROVER, "Bound to nobody: give it to those who approve and are no administrators."),
    Role("registrar", REGISTRAR, "Bound to nobody: give it to those who restore a registry, for as long as they do."),
)


def rules(permissions: tuple[Permission, ...]) -> list[dict[str, list[str]]]:
    """The rules of a Role, those with the same group, verbs and name of an object in one."""
    grouped: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for permission in permissions:
        key = (permission.resource.group, permission.verbs, permission.object_name)
        grouped.setdefault(key, []).append(permission.name)
    return [
        {"apiGroups": [group], "resources": names, "verbs": list(verbs)}
        | ({"resourceNames": [object_name]} if object_name else {})
        for (group, verbs, object_name), names in grouped.items()
    ]
