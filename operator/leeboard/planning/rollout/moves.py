"""The moves between the states of a rollout. Each is one status write, and so happens once or not at all."""

from dataclasses import dataclass
from datetime import datetime

from leeboard.api.model import Candidate, Images, ModelStatus, Quarantined, ServedVersion
from leeboard.api.reasons import Reason
from leeboard.planning.plan import Event

QUARANTINE_LIMIT = 50
"""Rolled-back versions that are remembered; the oldest is forgotten first."""
_TEXT_LIMIT = 1024


@dataclass(frozen=True)
class Move:
    """A new state, and what is said about it once it is written."""

    status: ModelStatus
    events: tuple[Event, ...] = ()


def adopt(status: ModelStatus, version: str, images: Images, now: datetime) -> Move:
    """Take over a champion that serves although the status does not know of it."""
    served = ServedVersion(name=version, since=now, images=images)
    event = Event("Normal", Reason.SERVING, f"{version} was found serving and is the champion")
    return Move(status.model_copy(update={"champion": served}), (event,))


def start(status: ModelStatus, version: str, images: Images, now: datetime) -> Move:
    """Make a version the candidate; it gets pods, and no traffic yet."""
    candidate = Candidate(name=version, since=now, images=images, phase="Starting", step_started_at=now)
    event = Event("Normal", Reason.PROGRESSING, f"{version} gets its pods")
    return Move(status.model_copy(update={"candidate": candidate}), (event,))


def enter_step(status: ModelStatus, candidate: Candidate, step: int, weight: int, now: datetime) -> Move:
    """Give the candidate the share of a stage."""
    changed = candidate.model_copy(
        update={
            "phase": "Canary",
            "step": step,
            "step_started_at": now,
            "canary_started_at": candidate.canary_started_at or now,
            "requested_weight": weight,
        }
    )
    reason = Reason.CANARY_STARTED if candidate.phase == "Starting" else Reason.STEP_STARTED
    event = Event("Normal", reason, f"{candidate.name} is asked to take {weight} % of the requests, stage {step + 1}")
    return Move(status.model_copy(update={"candidate": changed}), (event,))


def scale_for_promotion(status: ModelStatus, candidate: Candidate, message: str, now: datetime) -> Move:
    """Give the candidate as many pods as a champion has, before the champion's traffic comes."""
    changed = candidate.model_copy(
        update={"phase": "Promoting", "step_started_at": now, "message": message[:_TEXT_LIMIT]}
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
    event = Event(
        "Normal", Reason.PROMOTED, f"{candidate.name} serves" + (f" instead of {before.name}" if before else "")
    )
    return Move(status.model_copy(update={"champion": champion, "draining": draining, "candidate": None}), (event,))


def roll_back(status: ModelStatus, candidate: Candidate, reason: Reason, message: str, now: datetime) -> Move:
    """Take the traffic from the candidate; it is not tried again, save when it is pinned."""
    event = Event("Warning", Reason.ROLLED_BACK, f"{candidate.name}: {reason}: {message}"[:_TEXT_LIMIT])
    return Move(
        _quarantine(_leave(status, candidate, reason, message, now), candidate.name, reason, message, now), (event,)
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
    left_status = _leave(restored, left, Reason.ABORTED, message, now)
    return Move(_quarantine(left_status, champion.name, Reason.ABORTED, message, now), (event,))


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
            "message": message[:_TEXT_LIMIT],
        }
    )
    return status.model_copy(update={"candidate": changed})


def _quarantine(status: ModelStatus, version: str, reason: Reason, message: str, now: datetime) -> ModelStatus:
    others = tuple(one for one in status.quarantined if one.name != version)
    entry = Quarantined(name=version, reason=reason.value, message=message[:_TEXT_LIMIT], at=now)
    return status.model_copy(update={"quarantined": (*others, entry)[-QUARANTINE_LIMIT:]})
