"""What a rule is told, and how it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, Self

from tests.support.simulation.kube import Raw, SimulatedKube


@dataclass(frozen=True)
class Change:
    """An object was added, modified or deleted by an actor; `kube` shows the cluster after it."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    before: Raw | None
    raw: Raw
    actor: str
    kube: SimulatedKube
    now: datetime

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.raw["kind"])

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.raw["metadata"]["name"])

    @property
    def uid(self) -> str:
        """The object's UID."""
        return str(self.raw["metadata"]["uid"])

    @property
    def by_operator(self) -> bool:
        """Whether an operator made it."""
        return self.actor.startswith("operator")

    def status_before(self) -> Raw:
        """The status before, or nothing."""
        return (self.before or {}).get("status") or {}

    def status(self) -> Raw:
        """The status after, or nothing."""
        return self.raw.get("status") or {}


class Rule(Protocol):
    """Tells what a change breaks; may remember what it needs for that."""

    def breaches(self, change: Change) -> Iterator[str]:
        """One text for everything that is broken."""

    def copy(self) -> Self:
        """The same with its memory."""
