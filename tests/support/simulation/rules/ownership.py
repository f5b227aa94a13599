"""Ownership: an operator writes no spec and no metadata that a user keeps in Git, and creates only what it should."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.simulation.kube import Raw
from tests.support.simulation.rules.change import Change

OF_USERS = ("Model", "TrainingJob", "DriftMonitor", "ModelVersion")
MOVING = ("resourceVersion", "generation")


class OwnershipRule:
    """Has no memory."""

    def copy(self) -> OwnershipRule:
        return OwnershipRule()

    def breaches(self, change: Change) -> Iterator[str]:
        if change.kind not in OF_USERS or not change.by_operator:
            return
        if change.type != "MODIFIED":
            if change.kind != "ModelVersion":
                yield f"{change.kind} {change.name} was {change.type} by an operator"
            return
        if change.before is not None and _of_user(change.before) != _of_user(change.raw):
            yield f"more than the status of {change.kind} {change.name} was written"


def _of_user(raw: Raw) -> tuple[Raw, Raw]:
    return raw["spec"], {name: value for name, value in raw["metadata"].items() if name not in MOVING}
