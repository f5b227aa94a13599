"""One state of one kind, and how a state is declared: as a function that walks a world into it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, Protocol, TypeVar

from leeboard.engine.executor import stalled
from leeboard.planning.plan import Event

Document = dict[str, Any]
KStatus = Literal["InProgress", "Failed", "Current", "Terminating"]
Argo = Literal["Healthy", "Suspended", "Progressing", "Degraded"]


class World(Protocol):
    """A small cluster with one object that it is about."""

    @property
    def primary(self) -> Document:
        """That object."""


S = TypeVar("S", bound="World | Document")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RESOURCE_VERSION = "1000"
UNSEEN = "the operator has not looked at this generation yet"
DELETED = "Pending deletion"


@dataclass(frozen=True)
class State:
    """`told` are the types of the conditions whose messages Argo CD shows, or the text itself where none decides."""

    kind: str
    name: str
    kstatus: KStatus
    argo: Argo
    told: tuple[str, ...] | str
    make: Callable[[], Any]
    """Gives the world in that state, or the object where it has none; a new one each time."""

    @cached_property
    def document(self) -> Document:
        """The object as the API server would give it."""
        return as_served(_primary(self.make()))

    @property
    def message(self) -> str:
        """The message that Argo CD has to show."""
        if isinstance(self.told, str):
            return self.told
        conditions = {one["type"]: one["message"] for one in self.document["status"]["conditions"]}
        return "; ".join(conditions[kind] for kind in self.told)


def as_served(document: Document) -> Document:
    """A copy with the metadata that the API server gives."""
    document = deepcopy(document)
    document["metadata"] |= {"resourceVersion": RESOURCE_VERSION}
    document["metadata"].setdefault("uid", "11111111-2222-3333-4444-555555555555")
    return document


class States:
    """The states of one kind, in the order in which they are declared."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.all: list[State] = []

    def state(
        self, kstatus: KStatus, argo: Argo, *told: str, text: str = ""
    ) -> Callable[[Callable[[], S]], Callable[[], S]]:
        """Declare a state; its name is that of the function."""

        def declare(make: Callable[[], S]) -> Callable[[], S]:
            name = make.__name__.replace("_", "-")
            self.all.append(State(self.kind, name, kstatus, argo, text or told or ("Ready",), make))
            return make

        return declare


def unseen(subject: S) -> S:
    """As the API server gives an object that nobody has looked at: with the status that the schema sets."""
    _primary(subject)["status"] = {"observedGeneration": -1}
    return subject


def changed(subject: S) -> S:
    """With a spec that the status is not about yet."""
    _primary(subject)["metadata"]["generation"] += 1
    return subject


def deleted(subject: S) -> S:
    """On its way out, held by somebody's finalizer."""
    _primary(subject)["metadata"] |= {"deletionTimestamp": "2026-03-02T12:00:00Z", "finalizers": ["example.com/held"]}
    return subject


def refused(subject: S) -> S:
    """With a child that the API server has refused, as the executor writes it."""
    primary = _primary(subject)
    event = Event("Warning", "ChildRejected", "Deployment late-flights-v1: spec.replicas: Invalid value")
    status, generation = primary["status"], primary["metadata"]["generation"]
    primary["status"] = stalled(status, status, event, generation, NOW)
    return subject


def _primary(subject: World | Document) -> Document:
    return subject if isinstance(subject, dict) else subject.primary
