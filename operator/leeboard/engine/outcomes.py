"""What one status write decided: runs that ended, rollouts that were decided, gates that refused, drift that began.

Compared are the status before and after a write that the API server took, whose resourceVersion lets every step be
written once. So each outcome is found once, whatever is repeated around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leeboard.planning.plan import Raw

ENDED = ("Succeeded", "Failed", "NoNewData")


@dataclass(frozen=True)
class RunEnded:
    """A run of a TrainingJob ended; `seconds` is how long it took, where that is known."""

    cause: str
    phase: str
    reason: str
    seconds: float | None


@dataclass(frozen=True)
class RolloutEnded:
    """A candidate was promoted, rolled back, or dropped for another."""

    outcome: Literal["Promoted", "RolledBack", "Superseded"]
    reason: str


@dataclass(frozen=True)
class GateRefused:
    """A gate did not let a version pass."""

    gate: str


@dataclass(frozen=True)
class DriftBegan:
    """An episode of drift was opened."""


Outcome = RunEnded | RolloutEnded | GateRefused | DriftBegan


def outcomes(kind: str, before: Raw, after: Raw) -> list[Outcome]:
    """What was decided between two statuses of an object of that kind, `before` and `after` a write."""
    found = {"TrainingJob": _runs, "Model": _rollout, "ModelVersion": _gates, "DriftMonitor": _drift}
    return list(found[kind](before, after)) if kind in found else []


def _runs(before: Raw, after: Raw) -> Iterator[Outcome]:
    ended = {run["id"] for run in before.get("runs", ()) if run.get("phase") in ENDED}
    for run in after.get("runs", ()):
        if run.get("phase") in ENDED and run["id"] not in ended:
            cause = str(run.get("cause", {}).get("kind", ""))
            yield RunEnded(cause, run["phase"], str(run.get("reason", "")), seconds_of(run))


def _rollout(before: Raw, after: Raw) -> Iterator[Outcome]:
    was, now = before.get("candidate") or {}, after.get("candidate") or {}
    champion = (after.get("champion") or {}).get("name")
    if champion and champion == was.get("name") != (before.get("champion") or {}).get("name"):
        yield RolloutEnded("Promoted", "Promoted")
    leaving = was.get("phase") == "RollingBack" and was.get("name") == now.get("name")
    if now.get("phase") == "RollingBack" and not leaving:
        reason = str(now.get("reason", ""))
        yield RolloutEnded("Superseded" if reason == "Superseded" else "RolledBack", reason)


def _gates(before: Raw, after: Raw) -> Iterator[Outcome]:
    if after.get("phase") == "Rejected" != before.get("phase"):
        for gate in after.get("gates", ()):
            if not gate.get("passed"):
                yield GateRefused(str(gate.get("gate", "")))


def _drift(before: Raw, after: Raw) -> Iterator[Outcome]:
    episode = (after.get("episode") or {}).get("id")
    if episode and episode != (before.get("episode") or {}).get("id"):
        yield DriftBegan()


def seconds_of(run: Raw) -> float | None:
    """How long a run took from its record to its end, or None."""
    started, finished = moment_of(run.get("startedAt")), moment_of(run.get("finishedAt"))
    return None if started is None or finished is None else max(0.0, (finished - started).total_seconds())


def moment_of(text: Any) -> datetime | None:
    """A time as a status has it; None where there is none, or none that can be read."""
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
