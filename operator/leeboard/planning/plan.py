"""What a planner answers: the effects that bring the cluster nearer to what was asked for.

A plan is a value. The controllers carry it out in this order: `hand_over`, `apply`, `create`, `delete`, then one
status write, then the events. Every step is safe to repeat, so that a crash between any two of them converges.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

Raw: TypeAlias = dict[str, Any]
"""A Kubernetes object as the API server speaks it."""


@dataclass(frozen=True)
class Event:
    """A Kubernetes Event on the primary object; emitted only after the status write succeeded."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True)
class ObjectRef:
    """An object to be deleted; `uid` is the precondition, so that a successor of the same name is spared."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str | None = None

    @classmethod
    def of(cls, raw: Raw) -> "ObjectRef":
        """The reference to a live object."""
        metadata = raw["metadata"]
        return cls(raw["apiVersion"], raw["kind"], metadata.get("namespace", ""), metadata["name"], metadata.get("uid"))


@dataclass(frozen=True)
class Plan:
    """The effects of one reconcile.

    `hand_over`: fields that `apply` leaves out from then on, and that stay as they are. `apply`: for server-side
    apply. `create`: objects that are created and never applied (Jobs, ModelVersions); "already exists" is success.
    `delete`: orphans. `status`: the whole status of the primary, None for "unchanged".
    `decides`: whether the status moves a state on, which is not taken back when it turns out to rest on old news.
    `requeue_after`: when to look again although nothing changed. `explain`: children of which only Events tell why
    they do not go on; the next snapshot has their warnings.
    """

    hand_over: tuple[Raw, ...] = ()
    apply: tuple[Raw, ...] = ()
    create: tuple[Raw, ...] = ()
    delete: tuple[ObjectRef, ...] = ()
    status: Raw | None = None
    decides: bool = False
    requeue_after: timedelta | None = None
    events: tuple[Event, ...] = ()
    explain: tuple[ObjectRef, ...] = ()
