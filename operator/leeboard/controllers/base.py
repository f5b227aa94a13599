"""What a controller is: how it sees, how it decides, and whose changes wake it.

A controller holds no state and does no I/O of its own. The engine gives it the live primary and a cache of
everything else, asks for a plan and carries that out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

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


@dataclass(frozen=True, eq=False)
class Index:
    """What objects of some kinds are found by; `values` are those an object is found by, empty ones count for none."""

    name: str
    kinds: frozenset[str]
    values: Callable[[Raw], Iterable[str]]


class Cache(Protocol):
    """The last known state of the objects that are watched."""

    def get(self, key: Key) -> Raw | None:
        """One object, or None."""

    def find(self, index: Index, kind: str, namespace: str, value: str) -> list[Raw]:
        """The objects of a kind in a namespace that the index finds by that value, sorted by name.

        Raises KeyError where the index does not cover the kind.
        """

    def list(self, kind: str, namespace: str) -> list[Raw]:
        """All objects of a kind in a namespace, sorted by name."""

    @property
    def missing_kinds(self) -> frozenset[str]:
        """Kinds of children that the API server does not know, as far as one was asked for."""

    def warnings(self, uid: str) -> tuple[Raw, ...]:
        """Events of type Warning about the object of that UID, where a plan wanted them."""


@dataclass(frozen=True)
class Look:
    """What is to be read live: the object of that name, or all objects that carry these labels."""

    kind: str
    namespace: str
    name: str = ""
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Controller:
    """One kind's functions.

    `observe(live primary, cache, settings)` gives the snapshot that `plan(snapshot, now)` decides on.
    `wakes(changed, cache)` gives the names of the objects of this kind, in the namespace of the changed object,
    that have to look again when that object of another kind changed.
    `rests_on(live primary, plan, cache)` gives what has to be read live before that plan is carried out, because the
    cache may be behind and what the plan does is not taken back: nothing for most plans.
    """

    kind: str
    observe: Callable[[Raw, Cache, Settings], Any]
    plan: Callable[[Any, datetime], Plan]
    wakes: Callable[[Raw, Cache], Iterable[str]]
    rests_on: Callable[[Raw, Plan, Cache], Iterable[Look]] = lambda live, plan, cache: ()


def namespace_of(raw: Raw) -> str:
    """The namespace of a raw object."""
    return str(raw["metadata"].get("namespace", ""))


def model_of(raw: Raw) -> str:
    """The name of the Model that a ModelVersion, TrainingJob or DriftMonitor refers to."""
    return str(raw.get("spec", {}).get("modelRef", {}).get("name", ""))


def label_of(raw: Raw, label: str) -> str:
    """A label's value, or the empty string."""
    return str((raw["metadata"].get("labels") or {}).get(label, ""))


def controlled_by(raw: Raw, uid: str) -> bool:
    """Whether an owner reference of the object carries that UID."""
    return any(owner.get("uid") == uid for owner in raw["metadata"].get("ownerReferences") or ())
