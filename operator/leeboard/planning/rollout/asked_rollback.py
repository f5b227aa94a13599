"""Rollbacks that DriftMonitors ask for. The Model decides, once for each episode, and says what became of it."""

from collections.abc import Iterator

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Request
from leeboard.api.fields import LONGEST_TEXT
from leeboard.api.model_status import MonitorAnswer
from leeboard.api.reasons import Reason, explain
from leeboard.planning.plan import Event
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.returning import Refused, target
from leeboard.planning.rollout.view import View


def asked_rollback(view: View) -> Move | None:
    """The answer to the first rollback that is asked for and was not answered; None without one.

    A rollout on its way may be the remedy, and one that is held shall not move: they come first.
    """
    if view.status.candidate is not None or view.status.rollback is not None or paused(view):
        return None
    for monitor, request in _unanswered(view):
        return _decided(view, monitor, request)
    return None


def _unanswered(view: View) -> Iterator[tuple[DriftMonitor, Request]]:
    """Of the champion that serves: an episode of another one is over for the Model."""
    champion = view.status.champion
    answered = {(one.monitor, one.episode) for one in view.status.monitor_answers}
    for monitor in sorted(view.snapshot.monitors, key=lambda one: one.metadata.name):
        episode = monitor.status.episode
        if monitor.metadata.deletion_timestamp is not None or episode is None or champion is None:
            continue
        if episode.version != champion.name or episode.started_at < champion.since:
            continue
        for request in monitor.status.requests:
            asks = request.type == "Rollback" and request.episode == episode.id
            if asks and (monitor.metadata.name, episode.id) not in answered:
                yield monitor, request


def _decided(view: View, monitor: DriftMonitor, request: Request) -> Move:
    name = monitor.metadata.name
    by = f"asked for by DriftMonitor {name}"
    try:
        returned = target(view, "").metadata.name
    except Refused as refused:
        text = explain(Reason.ROLLBACK_REFUSED, f"{by}: {refused}")[:LONGEST_TEXT]
        return _answered(view, monitor, request, Move(view.status, (_warning(text),)), text, accepted=False)
    text = f"{returned} is returned to, {by}: {request.reason}"[:LONGEST_TEXT]
    move = moves.ask_for_return(view.status, returned, view.now, asked_by=name)
    told = Event("Normal", Reason.ROLLBACK_REQUESTED, text)
    return _answered(view, monitor, request, Move(move.status, (*move.events, told)), text, accepted=True)


def _warning(text: str) -> Event:
    return Event("Warning", Reason.ROLLBACK_REFUSED, text)


def _answered(view: View, monitor: DriftMonitor, request: Request, move: Move, text: str, *, accepted: bool) -> Move:
    """The move with the answer recorded in the same write; answers to monitors that are gone are forgotten."""
    living = {one.metadata.name for one in view.snapshot.monitors} - {monitor.metadata.name}
    others = tuple(one for one in view.status.monitor_answers if one.monitor in living)
    answer = MonitorAnswer(
        monitor=monitor.metadata.name, episode=request.episode, accepted=accepted, message=text, at=view.now
    )
    return Move(move.status.model_copy(update={"monitor_answers": (*others, answer)[-32:]}), move.events)
