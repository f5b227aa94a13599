"""The moves of a comparison. Each is one status write, and so happens once or not at all."""

from datetime import datetime

from leeboard.api.model_status import Candidate, Challenger, Images, ModelStatus
from leeboard.api.reasons import Reason
from leeboard.planning.plan import Event
from leeboard.planning.rollout.moves import Move, quarantine

_TEXT_LIMIT = 1024


def begin(status: ModelStatus, version: str, images: Images, now: datetime) -> Move:
    """Make a version a challenger; it gets pods, and no copies yet."""
    one = Challenger(name=version, since=now, images=images, phase="Starting", phase_started_at=now)
    event = Event("Normal", Reason.PROGRESSING, f"{version} gets its pods, to be compared")
    return Move(status.model_copy(update={"challengers": (*status.challengers, one)}), (event,))


def pin(status: ModelStatus, one: Challenger, images: Images) -> Move:
    """Record the image by digest: the pods are replaced, before any copy."""
    return Move(_changed(status, one, images=images))


def compare(status: ModelStatus, one: Challenger, percent: int, now: datetime) -> Move:
    """Begin to compare."""
    changed = _changed(
        status, one, phase="Comparing", phase_started_at=now, compared_since=now, requested_weight=percent
    )
    event = Event(
        "Normal", Reason.COMPARISON_STARTED, f"{one.name} is to get copies of {percent} % of the champion's requests"
    )
    return Move(changed, (event,))


def ask_for(status: ModelStatus, one: Challenger, percent: int) -> Move:
    """Ask for another share of copies."""
    return Move(_changed(status, one, requested_weight=percent))


def drop(status: ModelStatus, one: Challenger, message: str, now: datetime) -> Move:
    """End a comparison without a verdict."""
    event = Event("Normal", Reason.SUPERSEDED, f"{one.name}: {message}"[:_TEXT_LIMIT])
    return Move(_leave(status, one, Reason.SUPERSEDED, message, now), (event,))


def shut_out(status: ModelStatus, one: Challenger, reason: Reason, message: str, now: datetime) -> Move:
    """End a comparison by a verdict: the version is not tried again, and the champion stays what it is."""
    event = Event("Warning", Reason.ROLLED_BACK, f"{one.name}: {reason}: {message}"[:_TEXT_LIMIT])
    return Move(quarantine(_leave(status, one, reason, message, now), one.name, reason, message, now), (event,))


def crown(status: ModelStatus, one: Challenger, message: str, now: datetime) -> Move:
    """The challenger becomes candidate, with the pods that it has; from there on it goes the way of every candidate."""
    candidate = Candidate(
        name=one.name,
        since=one.since,
        images=one.images,
        phase="Promoting" if one.phase == "Comparing" else "Starting",
        step_started_at=now,
        message=message[:_TEXT_LIMIT],
    )
    event = Event(
        "Normal", Reason.ANALYSIS_PASSED, f"{one.name} is to be promoted after its comparison: {message}"[:_TEXT_LIMIT]
    )
    return Move(forget(status, one).status.model_copy(update={"candidate": candidate}), (event,))


def forget(status: ModelStatus, one: Challenger) -> Move:
    """Nothing of it is left to be told."""
    others = tuple(other for other in status.challengers if other.name != one.name)
    return Move(status.model_copy(update={"challengers": others}))


def _leave(status: ModelStatus, one: Challenger, reason: Reason, message: str, now: datetime) -> ModelStatus:
    return _changed(
        status,
        one,
        phase="Leaving",
        phase_started_at=now,
        requested_weight=0,
        observed_weight=None,
        reason=reason.value,
        message=message[:_TEXT_LIMIT],
    )


def _changed(status: ModelStatus, one: Challenger, **update: object) -> ModelStatus:
    changed = one.model_copy(update=update)
    challengers = tuple(changed if other.name == one.name else other for other in status.challengers)
    return status.model_copy(update={"challengers": challengers})
