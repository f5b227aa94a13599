"""The moves between the states of a rollout. Each is one status write, and so happens once or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leeboard.api.fields import LONGEST_TEXT
from leeboard.api.model_status import (
    Candidate,
    ChampionRecord,
    Images,
    ModelStatus,
    Quarantined,
    Rollback,
    ServedVersion,
)
from leeboard.api.reasons import Reason, explain
from leeboard.planning.plan import Event
from leeboard.planning.rollout.canary.forecast import Forecast

QUARANTINE_LIMIT = 50
"""Rolled-back versions that are remembered; the oldest is forgotten first."""
HISTORY_LIMIT = 20
"""Champions that are remembered."""


@dataclass(frozen=True)
class Move:
    """A new state, and what is said about it once it is written."""

    status: ModelStatus
    events: tuple[Event, ...] = ()


def adopt(status: ModelStatus, version: str, images: Images, now: datetime) -> Move:
    """Take over a champion that serves although the status does not know of it."""
    served = ServedVersion(name=version, since=now, images=images)
    message = f"{version} was found serving and is the champion"
    adopted = _remembered(status.model_copy(update={"champion": served}), Reason.SERVING, message)
    return Move(adopted, (Event("Normal", Reason.SERVING, message),))


def recall(status: ModelStatus, found: tuple[Quarantined, ...]) -> Move:
    """Know again which versions were rolled back."""
    return Move(status.model_copy(update={"quarantined": found[-QUARANTINE_LIMIT:]}))


def start(status: ModelStatus, version: str, images: Images, now: datetime) -> Move:
    """Make a version the candidate; it gets pods, and no traffic yet. One that is being drained keeps its pods."""
    candidate = Candidate(name=version, since=now, images=images, phase="Starting", step_started_at=now)
    draining = status.draining if status.draining is not None and status.draining.name != version else None
    challengers = tuple(one for one in status.challengers if one.name != version)  # its pods are the candidate's now
    event = Event("Normal", Reason.PROGRESSING, f"{version} gets its pods")
    changed = {"candidate": candidate, "draining": draining, "challengers": challengers}
    return Move(status.model_copy(update=changed), (event,))


def foresee(started: Move, foreseen: Forecast | None) -> Move:
    """A start, with what the guards of its canary will need."""
    candidate = started.status.candidate
    if foreseen is None or candidate is None:
        return started
    changed = candidate.model_copy(update={"forecast": foreseen.message[:LONGEST_TEXT]})
    if not foreseen.timed:
        return Move(started.status.model_copy(update={"candidate": changed}), started.events)
    kind: Literal["Normal", "Warning"] = "Warning" if foreseen.short else "Normal"
    reason = Reason.ANALYSIS_TOO_SHORT if foreseen.short else Reason.PROGRESSING
    event = Event(kind, reason, explain(reason, f"{candidate.name}: {foreseen.message}")[:LONGEST_TEXT])
    return Move(started.status.model_copy(update={"candidate": changed}), (*started.events, event))


def pin(status: ModelStatus, candidate: Candidate, image: str) -> Move:
    """Record the image by the digest that the candidate's first pod runs: its pods are replaced, before any traffic."""
    changed = candidate.model_copy(update={"images": Images(server=image)})
    return Move(status.model_copy(update={"candidate": changed}))


def stage(status: ModelStatus, candidate: Candidate, now: datetime) -> Move:
    """The candidate is ready, and stays without any request of a user for the time of its staging."""
    changed = candidate.model_copy(update={"phase": "Staged", "step_started_at": now})
    event = Event("Normal", Reason.STAGED, f"{candidate.name} is ready, and no request of a user reaches it yet")
    return Move(status.model_copy(update={"candidate": changed}), (event,))


def release(status: ModelStatus, candidate: Candidate) -> Move:
    """The staging of the candidate is over, whatever was asked of it."""
    changed = candidate.model_copy(update={"released": True})
    event = Event("Normal", Reason.PROGRESSING, f"the rollout of {candidate.name} begins, by command")
    return Move(status.model_copy(update={"candidate": changed}), (event,))


def enter_step(
    status: ModelStatus, candidate: Candidate, step: int, weight: int, now: datetime, *, held: int | None = None
) -> Move:
    """Give the candidate the share of a stage; `held` are the pods that an autoscaler gave the champion."""
    changed = candidate.model_copy(
        update={
            "phase": "Canary",
            "step": step,
            "step_started_at": now,
            "canary_started_at": candidate.canary_started_at or now,
            "routed_at": None,
            "requested_weight": weight,
            "champion_replicas": candidate.champion_replicas if candidate.champion_replicas is not None else held,
        }
    )
    reason = Reason.CANARY_STARTED if candidate.phase != "Canary" else Reason.STEP_STARTED
    event = Event("Normal", reason, f"{candidate.name} is asked to take {weight} % of the requests, stage {step + 1}")
    return Move(status.model_copy(update={"candidate": changed}), (event,))


def hold(status: ModelStatus, candidate: Candidate, reason: Reason, message: str, now: datetime) -> Move:
    """The analysis came to no verdict in time: the candidate keeps its share until somebody decides."""
    changed = candidate.model_copy(update={"inconclusive_since": now})
    event = Event("Warning", reason, f"{candidate.name} is held: {message}"[:LONGEST_TEXT])
    return Move(status.model_copy(update={"candidate": changed}), (event,))


def go_on(status: ModelStatus, candidate: Candidate) -> Move:
    """The analysis may take longer than it could before."""
    changed = candidate.model_copy(update={"inconclusive_since": None})
    event = Event("Normal", Reason.PROGRESSING, f"{candidate.name} goes on: analysis.maxDuration was raised")
    return Move(status.model_copy(update={"candidate": changed}), (event,))


def route(status: ModelStatus, candidate: Candidate, now: datetime) -> Move:
    """A Gateway has taken over the share of the stage: its time begins."""
    return Move(status.model_copy(update={"candidate": candidate.model_copy(update={"routed_at": now})}))


def scale_for_promotion(status: ModelStatus, candidate: Candidate, message: str, now: datetime) -> Move:
    """Give the candidate as many pods as a champion has, before the champion's traffic comes."""
    changed = candidate.model_copy(
        update={"phase": "Promoting", "step_started_at": now, "message": message[:LONGEST_TEXT]}
    )
    return Move(
        status.model_copy(update={"candidate": changed}),
        (Event("Normal", Reason.ANALYSIS_PASSED, f"{candidate.name} is to be promoted: {message}"),),
    )


def promote(status: ModelStatus, candidate: Candidate, now: datetime) -> Move:
    """The candidate becomes champion; the champion before drains."""
    champion = ServedVersion(name=candidate.name, since=now, images=candidate.images)
    before = status.champion
    draining = before.model_copy(update={"since": now}) if before else None
    message = f"{candidate.name} serves" + (f" instead of {before.name}" if before else "")
    changed = status.model_copy(update={"champion": champion, "draining": draining, "candidate": None})
    event = Event("Normal", Reason.PROMOTED, message)
    return Move(_remembered(changed, Reason.PROMOTED, message), (event,))


def ask_for_return(status: ModelStatus, version: str, now: datetime, *, asked_by: str = "") -> Move:
    """Go back to an earlier version: a candidate on its way gives place to it, without a verdict on it.

    `asked_by` is the DriftMonitor that asked; nobody: it was a command.
    """
    asked = status.model_copy(update={"rollback": Rollback(to=version, since=now, asked_by=asked_by)})
    candidate = status.candidate
    if candidate is None or candidate.phase == "RollingBack":
        return Move(asked)
    return supersede(asked, candidate, f"{version} is returned to", now)


def arrive(status: ModelStatus, candidate: Candidate, leaves: Iterable[str], now: datetime) -> Move:
    """The version that was returned to serves; those in `leaves`, newer ones, are shut out until they are retried."""
    before = status.champion
    monitor = status.rollback.asked_by if status.rollback else ""
    by = f"asked for by DriftMonitor {monitor}" if monitor else "by command"
    message = f"{candidate.name} serves again" + (f" instead of {before.name}" if before else "") + f", {by}"
    changed = promote(status, candidate, now).status.model_copy(update={"history": status.history, "rollback": None})
    changed = _remembered(changed, Reason.ROLLED_BACK, message)
    for version in leaves:
        changed = quarantine(changed, version, Reason.ROLLED_BACK, f"{candidate.name} was returned to", now)
    return Move(changed, (Event("Warning", Reason.ROLLED_BACK, message),))


def forget_return(status: ModelStatus, message: str) -> Move:
    """The return to an earlier version does not take place."""
    event = Event("Warning", Reason.SUPERSEDED, message)
    return Move(status.model_copy(update={"rollback": None}), (event,))


def readmit(status: ModelStatus, version: str) -> Move:
    """A version that was rolled back may be rolled out once more."""
    others = tuple(one for one in status.quarantined if one.name != version)
    event = Event("Normal", Reason.PROGRESSING, f"{version} gets another rollout, by command")
    return Move(status.model_copy(update={"quarantined": others}), (event,))


def roll_back(status: ModelStatus, candidate: Candidate, reason: Reason, message: str, now: datetime) -> Move:
    """Take the traffic from the candidate; it is not tried again, save when it is pinned."""
    event = Event("Warning", Reason.ROLLED_BACK, f"{candidate.name}: {reason}: {message}"[:LONGEST_TEXT])
    return Move(
        quarantine(_leave(status, candidate, reason, message, now), candidate.name, reason, message, now), (event,)
    )


def supersede(status: ModelStatus, candidate: Candidate, message: str, now: datetime) -> Move:
    """Drop the candidate without a verdict on it."""
    event = Event("Normal", Reason.SUPERSEDED, f"{candidate.name}: {message}")
    return Move(_leave(status, candidate, Reason.SUPERSEDED, message, now), (event,))


def revert(status: ModelStatus, champion: ServedVersion, draining: ServedVersion, now: datetime) -> Move:
    """Bring back the champion before, whose pods still run."""
    left = Candidate(name=champion.name, since=champion.since, images=champion.images)
    restored = status.model_copy(update={"champion": draining.model_copy(update={"since": now}), "draining": None})
    message = f"{draining.name} serves again, by command"
    event = Event("Warning", Reason.ROLLED_BACK, f"{champion.name}: {message}")
    restored = _remembered(restored, Reason.ROLLED_BACK, message)
    left_status = _leave(restored, left, Reason.ABORTED, message, now)
    return Move(quarantine(left_status, champion.name, Reason.ABORTED, message, now), (event,))


def forget_candidate(status: ModelStatus) -> Move:
    """The pods of a dropped candidate are gone."""
    return Move(status.model_copy(update={"candidate": None}))


def forget_draining(status: ModelStatus) -> Move:
    """The pods of the champion before are gone."""
    return Move(status.model_copy(update={"draining": None}))


def _leave(status: ModelStatus, candidate: Candidate, reason: Reason, message: str, now: datetime) -> ModelStatus:
    changed = candidate.model_copy(
        update={
            "phase": "RollingBack",
            "step_started_at": now,
            "requested_weight": 0,
            "reason": reason.value,
            "message": message[:LONGEST_TEXT],
        }
    )
    rollback = status.rollback if status.rollback is not None and status.rollback.to != candidate.name else None
    return status.model_copy(update={"candidate": changed, "rollback": rollback})


def _remembered(status: ModelStatus, reason: Reason, message: str) -> ModelStatus:
    """The status with its champion at the end of the history."""
    champion = status.champion
    assert champion is not None  # noqa: S101 - told by the callers, which have just set it
    record = ChampionRecord(name=champion.name, since=champion.since, reason=reason.value, message=message)
    return status.model_copy(update={"history": (*status.history, record)[-HISTORY_LIMIT:]})


def quarantine(status: ModelStatus, version: str, reason: Reason, message: str, now: datetime) -> ModelStatus:
    """The status in which a version is shut out."""
    others = tuple(one for one in status.quarantined if one.name != version)
    entry = Quarantined(name=version, reason=reason.value, message=message[:LONGEST_TEXT], at=now)
    return status.model_copy(update={"quarantined": (*others, entry)[-QUARANTINE_LIMIT:]})
