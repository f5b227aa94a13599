"""Challengers: which versions are compared with the champion for long, and the moves of a comparison.

A comparison ends in one of three ways: the version is dropped without a verdict, is shut out because of what the
comparison or its pods showed, or becomes candidate with the pods that it has.
"""

from datetime import datetime

from leeboard.api.model_status import Challenger, Images
from leeboard.api.reasons import Reason, explain
from leeboard.planning.rollout.challengers import moves
from leeboard.planning.rollout.challengers.contenders import is_contender, wanted_names
from leeboard.planning.rollout.challengers.ending import concluded
from leeboard.planning.rollout.challengers.entering import entering
from leeboard.planning.rollout.challengers.judging import comparison_closes, comparison_ends, result_of
from leeboard.planning.rollout.challengers.result import Result
from leeboard.planning.rollout.challengers.shares import next_decision, reshared
from leeboard.planning.rollout.challengers.terms import challenger_pods, compares, free_place, limits_of, terms_of
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.deployment import adopted_with, unavailable_since
from leeboard.planning.serving.problems import is_fatal


def challenger_move(view: View) -> Move | None:
    """The next move of the comparisons that are under way, or the beginning of one; None where none is due."""
    # who goes makes room first: what the others are given has to fit in
    for due in (_gone, _dropped, _pinned, _judged):
        for one in view.status.challengers:
            move = due(view, one) if one.stays == (due is not _gone) else None
            if move is not None:
                return move
    return concluded(view) or _begun(view) or reshared(view)


def challenger_failure(view: View, one: Challenger) -> tuple[Reason, str] | None:
    """Why the challenger's pods will not do, or None: they cannot work, or took too long."""
    problems = view.problems(one.name)
    if problems and is_fatal(problems[0]):
        return problems[0].reason, view.troubles(one.name)
    if view.available(one, challenger_pods(view, one)) or view.now < ready_deadline(view, one):
        return None
    if problems:
        return problems[0].reason, view.troubles(one.name)
    return Reason.NOT_READY_IN_TIME, explain(Reason.NOT_READY_IN_TIME, f"not ready within {view.ready_within}")


def ready_deadline(view: View, one: Challenger) -> datetime:
    """When the pods have to be ready; those that were, may as late as this be ready again."""
    if one.phase == "Comparing":
        return (unavailable_since(view.live(one.name)) or view.now) + view.ready_within
    return (one.phase_started_at or one.since) + view.ready_within


def comparison_moments(view: View) -> list[datetime]:
    """When time alone may change what becomes of challengers."""
    staying = [one for one in view.status.challengers if one.stays]
    compared = [one for one in staying if one.phase == "Comparing"]
    ends = (comparison_ends(view, one) for one in compared)
    moments = [*(end for end in ends if end is not None), *(ready_deadline(view, one) for one in staying)]
    closes = comparison_closes(view)
    routed = [one for one in view.status.challengers if one.place is not None]
    known = (view.routing.known_by(one) for one in routed if one.phase == "Starting")
    moments += [moment for moment in known if moment is not None]
    leaving = (one for one in routed if not one.stays)
    decides = next_decision(view)
    moments += [decides] if decides is not None and decides > view.now else []  # figures wake it later
    return [*moments, *([closes] if closes is not None else []), *(view.challenger_leaves(one) for one in leaving)]


def _gone(view: View, one: Challenger) -> Move | None:
    return moves.forget(view.status, one) if view.gone(one) else None


def _dropped(view: View, one: Challenger) -> Move | None:
    """The end of a comparison that is not asked for any more, or that another version takes the place of."""
    wanted = view.wanted
    if not compares(view):
        if wanted is not None and wanted.metadata.name == one.name:
            return None  # it goes on as candidate, with the pods that it has
        why = "another version is pinned" if view.pinned else f"strategy is {view.model.spec.rollout.strategy} now"
        return moves.drop(view.status, one, why, view.now)
    chosen = wanted_names(view)
    if one.name in chosen:
        return None
    if not is_contender(view, one.name):
        why = "it is not eligible any more, or not newer than the champion"
        return None if view.returning else moves.drop(view.status, one, why, view.now)
    return moves.drop(view.status, one, f"{', '.join(chosen) or 'no version'} is compared instead", view.now)


def _pinned(view: View, one: Challenger) -> Move | None:
    """A tag may name another image tomorrow: before a version gets copies, it is recorded by digest."""
    pinned = view.pinned_image(one) if one.phase == "Starting" else None
    return None if pinned is None else moves.pin(view.status, one, Images(server=pinned))


def _judged(view: View, one: Challenger) -> Move | None:
    """What follows from its pods, and then from the pairs."""
    broken = challenger_failure(view, one)
    if broken is not None:
        return moves.shut_out(view.status, one, *broken, view.now)
    entered = entering(view, one)
    if entered is not None or one.phase == "Starting" or one.compared_since is None:
        return entered
    result = result_of(view, one)
    if result.verdict == "Abort":
        return moves.shut_out(view.status, one, result.reason, explain(result.reason, result.message), view.now)
    return _held(view, one, result) if one.place is not None else None


def _held(view: View, one: Challenger, result: Result) -> Move | None:
    """A test that came to no verdict in time is held, and goes on where it may take longer."""
    is_held = one.inconclusive_since is not None
    if result.verdict == "Inconclusive" and not is_held:
        return moves.hold(view.status, one, result.reason, explain(result.reason, result.message), view.now)
    closes = comparison_closes(view)
    if is_held and (closes is None or view.now < closes):
        return moves.go_on(view.status, one)
    return None


def _begun(view: View) -> Move | None:
    """The next version that is compared. A place is free once the pods of who had it are gone."""
    candidate = view.status.candidate
    if view.returning or (candidate is not None and candidate.phase != "RollingBack"):
        return None
    present = {one.name for one in view.status.challengers}
    if len(present) >= limits_of(view.model).most:
        return None
    draining = view.status.draining
    taken = present | ({draining.name} if draining is not None else set())
    name = next((name for name in wanted_names(view) if name not in taken), None)
    if name is None:
        return None
    image = adopted_with(view.live(name), None, view.snapshot.settings).server_image
    place = free_place(view.status) if terms_of(view.model).routed else None
    return moves.begin(view.status, name, Images(server=image), view.now, place=place)
