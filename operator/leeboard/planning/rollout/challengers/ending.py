"""What becomes of comparisons that passed and are over: a new champion, or none."""

from leeboard.api.model_status import Challenger
from leeboard.planning.rollout.challengers import moves
from leeboard.planning.rollout.challengers.contenders import contenders
from leeboard.planning.rollout.challengers.judging import comparison_ends, result_of
from leeboard.planning.rollout.challengers.shares import leads
from leeboard.planning.rollout.challengers.terms import challenger_pods, compares, terms_of
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.view import View


def concluded(view: View) -> Move | None:
    """What becomes of comparisons that passed and are over, where nothing else is on its way."""
    status = view.status
    free = status.candidate is None and status.draining is None and not view.returning
    terms = terms_of(view.model)
    if not compares(view) or not free or paused(view) or terms.then != "Promote":
        return None
    return _tested(view) if terms.routed else _winner(view)


def _tested(view: View) -> Move | None:
    """The end of a test: the winner becomes champion, who lost is shut out."""
    status = view.status
    compared = [one for one in status.challengers if one.phase == "Comparing" and one.compared_since is not None]
    over = [one for one in compared if _is_over(view, one)]
    if not over:
        return None
    results = {one.name: result_of(view, one) for one in over}
    lost = [one for one in over if results[one.name].verdict == "Lost" and not leads(view, one)]
    won = next((one for one in over if results[one.name].verdict == "Pass" and leads(view, one) is not False), None)
    if won is not None and not view.available(won, challenger_pods(view, won)):
        return None
    move = moves.shut_out_all(status, [(one, results[one.name].message) for one in lost], view.now)
    if won is None:
        return move if lost else None
    crowned = moves.crown(move.status, won, results[won.name].message, view.now)
    return Move(crowned.status, (*crowned.events, *move.events))


def _is_over(view: View, one: Challenger) -> bool:
    ends = comparison_ends(view, one)
    return ends is not None and view.now >= ends


def _winner(view: View) -> Move | None:
    """The newest challenger whose comparison on copies passed and is over."""
    status = view.status
    order = {name: place for place, name in enumerate(contenders(view.model, view.snapshot.versions))}
    for one in sorted(status.challengers, key=lambda one: order.get(one.name, len(order))):
        if one.phase != "Comparing" or one.name not in order or not _is_over(view, one):
            continue
        result = result_of(view, one)
        if result.verdict == "Pass" and view.available(one, challenger_pods(view, one)):
            return moves.crown(status, one, result.message, view.now)
    return None
