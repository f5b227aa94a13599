"""The moves of a comparison. Each is one status write, and so happens once or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from leeboard.api.model_status import MOST_SHARES, Candidate, Challenger, Images, ModelStatus, Shares
from leeboard.api.reasons import Reason
from leeboard.planning.plan import Event
from leeboard.planning.rollout.moves import Move, quarantine

_TEXT_LIMIT = 1024


def begin(status: ModelStatus, version: str, images: Images, now: datetime, *, place: int | None) -> Move:
    """Make a version a challenger; it gets pods, and neither copies nor callers yet. `place` is that of its callers."""
    one = Challenger(name=version, since=now, images=images, phase="Starting", phase_started_at=now, place=place)
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


def begin_anew(status: ModelStatus, one: Challenger, place: int | None, now: datetime) -> Move:
    """It is to be compared in another way, with the pods that it has."""
    changed = {"phase": "Starting", "phase_started_at": now, "compared_since": None, "inconclusive_since": None}
    return Move(_changed(status, one, requested_weight=0, place=place, **changed))


def share(status: ModelStatus, one: Challenger, percent: int, now: datetime) -> Move:
    """Ask for callers of its own; its time begins when a Gateway has given it them."""
    changed = _changed(status, one, phase="Comparing", phase_started_at=now, requested_weight=percent)
    event = Event("Normal", Reason.COMPARISON_STARTED, f"{one.name} is asked to take {percent} % of the callers")
    return Move(changed, (event,))


def begin_time(status: ModelStatus, one: Challenger, now: datetime) -> Move:
    """A Gateway has given it its callers."""
    return Move(_changed(status, one, compared_since=now))


def hold(status: ModelStatus, one: Challenger, reason: Reason, message: str, now: datetime) -> Move:
    """The test came to no verdict in time: it keeps its callers until somebody decides."""
    event = Event("Warning", reason, f"{one.name} is held: {message}"[:_TEXT_LIMIT])
    return Move(_changed(status, one, inconclusive_since=now), (event,))


def go_on(status: ModelStatus, one: Challenger) -> Move:
    """The test may take longer than it could before."""
    event = Event("Normal", Reason.PROGRESSING, f"the test of {one.name} goes on: it may take longer now")
    return Move(_changed(status, one, inconclusive_since=None), (event,))


def shut_out_all(status: ModelStatus, lost: Sequence[tuple[Challenger, str]], now: datetime) -> Move:
    """End the comparisons of versions that lost a test, each with what it is told: none of them is tried again."""
    events = []
    for one, message in lost:
        left = _leave(status, one, Reason.TEST_LOST, message, now)
        status = quarantine(left, one.name, Reason.TEST_LOST, message, now)
        events.append(Event("Normal", Reason.TEST_LOST, f"{one.name}: {message}"[:_TEXT_LIMIT]))
    return Move(status, tuple(events))


def ask_for(status: ModelStatus, percent: int) -> Move:
    """Ask for another share of copies or callers, for all that are compared at once."""
    return Move(_weighted(status, {one.name: percent for one in status.challengers if one.phase == "Comparing"}))


def share_out(status: ModelStatus, percent: Mapping[str, int], stretches: int | None, now: datetime) -> Move:
    """Ask for these shares of all versions, decided on the rewards of so many stretches of time, or on none."""
    told = ", ".join(f"{name} {share} %" for name, share in percent.items())
    changed = noted(_weighted(status, percent), Shares(at=now, percent=dict(percent), stretches=stretches))
    return Move(changed, (Event("Normal", Reason.PROGRESSING, f"the requests are shared out anew: {told}"),))


def noted(status: ModelStatus, shares: Shares) -> ModelStatus:
    """Remember how the requests are shared out from now on."""
    return status.model_copy(update={"shares": (*status.shares, shares)[-MOST_SHARES:]})


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
        requested_weight=one.requested_weight if one.place is not None else 0,
        place=one.place,
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


def _weighted(status: ModelStatus, percent: Mapping[str, int]) -> ModelStatus:
    for one in status.challengers:
        if one.name in percent:
            status = _changed(status, one, requested_weight=percent[one.name])
    return status


def _changed(status: ModelStatus, one: Challenger, **update: object) -> ModelStatus:
    changed = one.model_copy(update=update)
    challengers = tuple(changed if other.name == one.name else other for other in status.challengers)
    return status.model_copy(update={"challengers": challengers})
