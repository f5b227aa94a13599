"""What a controller is: how it sees, how it decides, and whose changes wake it.

A controller holds no state and does no I/O of its own. The engine gives it the live primary and a cache of
everything else, asks for a plan and carries that out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from leeboard.api import names
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.settings import Settings


class Key(NamedTuple):
    """The address of an object of one of the handled kinds."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, raw: Raw) -> Key:
        """The address of a raw object."""
        return cls(raw["kind"], raw["metadata"].get("namespace", ""), raw["metadata"]["name"])


class Cache(Protocol):
    """The last known state of the objects that are watched."""

    def get(self, key: Key) -> Raw | None:
        """One object, or None."""

    def list(self, kind: str, namespace: str) -> list[Raw]:
        """All objects of a kind in a namespace, sorted by name."""


@dataclass(frozen=True)
class Controller:
    """One kind's three functions.

    `observe(live primary, cache, settings)` gives the snapshot that `plan(snapshot, now)` decides on.
    `wakes(changed, cache)` gives the names of the objects of this kind, in the namespace of the changed object,
    that have to look again when that object of another kind changed.
    """

    kind: str
    observe: Callable[[Raw, Cache, Settings], Any]
    plan: Callable[[Any, datetime], Plan]
    wakes: Callable[[Raw, Cache], Iterable[str]]


def namespace_of(raw: Raw) -> str:
    """The namespace of a raw object."""
    return str(raw["metadata"].get("namespace", ""))


def model_of(raw: Raw) -> str:
    """The name of the Model that a ModelVersion, TrainingJob or DriftMonitor refers to."""
    return str(raw.get("spec", {}).get("modelRef", {}).get("name", ""))


def of_model(cache: Cache, kind: str, namespace: str, model: str) -> list[Raw]:
    """The objects of a kind that refer to that Model."""
    return [raw for raw in cache.list(kind, namespace) if model_of(raw) == model]


def labelled(cache: Cache, kind: str, namespace: str, label: str, owner: str) -> list[Raw]:
    """The children of a kind whose label names `owner`."""
    value = names.label_value(owner)
    return [raw for raw in cache.list(kind, namespace) if label_of(raw, label) == value]


def label_of(raw: Raw, label: str) -> str:
    """A label's value, or the empty string."""
    return str((raw["metadata"].get("labels") or {}).get(label, ""))


def named_by_label(cache: Cache, kind: str, child: Raw, label: str) -> Iterator[str]:
    """Names of the objects of a kind that a child's label stands for: a long name is shortened in a label."""
    value = label_of(child, label)
    if not value:
        return
    for raw in cache.list(kind, namespace_of(child)):
        name = str(raw["metadata"]["name"])
        if names.label_value(name) == value:
            yield name


def controlled_by(raw: Raw, uid: str) -> bool:
    """Whether an owner reference of the object carries that UID."""
    return any(owner.get("uid") == uid for owner in raw["metadata"].get("ownerReferences") or ())
