"""The next move of a rollout: at most one a reconcile, decided from the recorded state and what is live."""

from leeboard.api.model_status import Candidate, Images
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.asked_rollback import asked_rollback
from leeboard.planning.rollout.canary.forecast import Forecast, forecast
from leeboard.planning.rollout.canary.stages import canary_move, entered
from leeboard.planning.rollout.challengers.comparison import challenger_move
from leeboard.planning.rollout.challengers.contenders import is_contender
from leeboard.planning.rollout.challengers.terms import compares
from leeboard.planning.rollout.commands import command_move
from leeboard.planning.rollout.memory import forgotten, rolled_back_elsewhere
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.readiness import failure
from leeboard.planning.rollout.returning import left_behind, overtaken
from leeboard.planning.rollout.staging import holds, is_asked_for
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.deployment import adopted_with, is_settled
from leeboard.planning.serving.service import champion_of


def next_move(view: View) -> Move | None:
    """The move that is due now, or None."""
    first = (command_move, _cleared, _recalled, _champion_move, asked_rollback)
    for due in (*first, _pin_move, _candidate_move, challenger_move):
        move = due(view)
        if move is not None:
            return move
    return None


def images_for(view: View, version: str) -> Images:
    """The image that a version is recorded with: that of its live pods, else the one of today's settings."""
    return Images(server=adopted_with(view.live(version), None, view.snapshot.settings).server_image)


def _cleared(view: View) -> Move | None:
    candidate, draining = view.status.candidate, view.status.draining
    if candidate is not None and candidate.phase == "RollingBack" and view.gone(candidate):
        return moves.forget_candidate(view.status)
    if draining is not None and view.gone(draining):
        return moves.forget_draining(view.status)
    return overtaken(view)


def _recalled(view: View) -> Move | None:
    """What the versions tell of those that were rolled back, before any of them is started: to an empty status what
    it has forgotten, and to every one what is restored."""
    known = forgotten(view.status, view.versions.values()) or view.status.quarantined
    restored = rolled_back_elsewhere(view.versions.values(), known, moves.QUARANTINE_LIMIT)
    found = (*known, *restored)
    return moves.recall(view.status, found) if found != view.status.quarantined else None


def _champion_move(view: View) -> Move | None:
    """Re-adopt the champion of an empty status from the Service that callers use."""
    told = champion_of(view.apex)
    if view.status.champion is not None or view.status.candidate is not None or told is None:
        return None
    if told not in view.versions or view.live(told) is None:
        return None
    return moves.adopt(view.status, told, images_for(view, told), view.now)


def _pin_move(view: View) -> Move | None:
    """A tag may name another image tomorrow: before a version gets traffic, it is recorded by digest."""
    candidate = view.status.candidate
    if candidate is None or candidate.phase != "Starting":
        return None
    pinned = view.pinned_image(candidate)
    return None if pinned is None else moves.pin(view.status, candidate, pinned)


def _candidate_move(view: View) -> Move | None:
    candidate, wanted = view.status.candidate, view.wanted
    if candidate is None:
        if wanted is None or (compares(view) and not view.returning):
            return None
        name = wanted.metadata.name
        started = moves.start(view.status, name, images_for(view, name), view.now)
        return started if view.direct else moves.foresee(started, _foreseen(view))
    if candidate.phase == "RollingBack":
        return None
    dropped = _dropped(view, candidate)
    if dropped is not None:
        return dropped
    if candidate.phase == "Canary" and not view.direct:
        return canary_move(view, candidate)
    return None if paused(view) and not view.returning else _ready_move(view, candidate)


def _foreseen(view: View) -> Forecast | None:
    champion = view.status.champion
    return forecast(view.model, champion.name) if champion is not None else None


def _dropped(view: View, candidate: Candidate) -> Move | None:
    """The end of a candidate that another version overtook, or whose pods will not do."""
    wanted = view.wanted
    won = candidate.phase in ("Starting", "Promoting") and is_contender(view, candidate.name)
    if not won and (wanted is None or wanted.metadata.name != candidate.name):
        instead = f"{wanted.metadata.name} comes instead" if wanted else "it is not eligible any more"
        return moves.supersede(view.status, candidate, instead, view.now)
    if view.pinned or view.status.champion is None:
        return None  # there is nothing better to fall back on: its reasons stand in the conditions
    broken = failure(view, candidate)
    return moves.roll_back(view.status, candidate, *broken, view.now) if broken else None


def _ready_move(view: View, candidate: Candidate) -> Move | None:
    """What follows on Starting, Staged and Promoting, once the pods are there."""
    status = view.status
    if candidate.phase == "Canary":
        return moves.scale_for_promotion(status, candidate, "no canary is asked for any more", view.now)
    # pods from before its image was pinned may be ready first: they must not be the ones that get the traffic
    prepared = view.available(candidate, view.candidate_pods(candidate)) and is_settled(view.live(candidate.name))
    if not (prepared and view.marked(candidate)):
        return None
    if candidate.phase == "Starting" and is_asked_for(view):
        return moves.stage(status, candidate, view.now)
    waits = status.draining is not None or holds(view, candidate)
    return None if waits else _traffic_move(view, candidate)


def _traffic_move(view: View, candidate: Candidate) -> Move | None:
    """What gives a candidate with all its pods its first requests, or all of them."""
    status = view.status
    if candidate.phase != "Promoting" and _is_new_to_gateways(view, candidate):
        return None
    if view.returning and view.wanted is not None:
        return moves.arrive(status, candidate, left_behind(view, view.wanted), view.now)
    if candidate.phase == "Promoting" or view.direct:
        return moves.promote(status, candidate, view.now)
    if not view.serving(status.champion) or not (view.routing.asked_for or view.only_two_serve()):
        return None
    return entered(view, candidate, 0)


def _is_new_to_gateways(view: View, candidate: Candidate) -> bool:
    """Whether the candidate waits for Gateways to learn of it before its first request.

    A canary waits for what they say. A switch waits for those that take the route, and for no other: callers within the
    cluster need none.
    """
    routing = view.routing
    if not routing.asked_for or view.status.champion is None or routing.knows(candidate, view.now):
        return False
    return not view.direct or routing.acceptance.accepted
