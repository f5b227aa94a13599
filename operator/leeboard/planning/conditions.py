"""Conditions as Kubernetes keeps them: a transition time moves only when the status of a condition does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Status = Literal["True", "False", "Unknown"]

MESSAGE_LIMIT = 1024
"""Characters of a message that are kept: enough to act on, too few to flood etcd."""

EXCLUSIVE = ("Reconciling", "Stalled")


@dataclass(frozen=True)
class Wanted:
    """A condition as a planner wants it; abnormal conditions are left out where they do not hold."""

    type: str
    status: Status
    reason: str
    message: str = ""


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with seconds, as metav1.Time is written."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def set_conditions(
    previous: Iterable[Any], wanted: Iterable[Wanted], generation: int, now: datetime
) -> list[dict[str, Any]]:
    """The conditions of a status, sorted by type; those of `previous` not wanted any more are dropped.

    `previous` holds raw dicts or parsed conditions. Raises ValueError where both Reconciling and Stalled are wanted:
    tools that read kstatus take an object for either moving or stuck.
    """
    wanted = tuple(wanted)
    types = [condition.type for condition in wanted if condition.status == "True"]
    if all(exclusive in types for exclusive in EXCLUSIVE):
        raise ValueError("Reconciling and Stalled exclude each other")
    known = {raw["type"]: raw for raw in map(as_raw, previous)}
    return sorted((_renewed(known.get(one.type), one, generation, now) for one in wanted), key=lambda c: str(c["type"]))


def as_raw(condition: Any) -> Mapping[str, Any]:
    """A condition as the API server writes it, from a dict or from a parsed model."""
    if isinstance(condition, Mapping):
        return condition
    dumped: Mapping[str, Any] = condition.model_dump(by_alias=True, mode="json", exclude_none=True)
    return dumped


def _renewed(before: Mapping[str, Any] | None, wanted: Wanted, generation: int, now: datetime) -> dict[str, Any]:
    kept = before is not None and before.get("status") == wanted.status and before.get("lastTransitionTime")
    return {
        "type": wanted.type,
        "status": wanted.status,
        "reason": str(wanted.reason),
        "message": wanted.message[:MESSAGE_LIMIT],
        "observedGeneration": generation,
        "lastTransitionTime": str(before["lastTransitionTime"]) if kept and before is not None else timestamp(now),
    }
