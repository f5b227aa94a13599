"""How a comparison begins: with copies at once, with callers of its own when a Gateway has given it them."""

from leeboard.api.model_status import Challenger
from leeboard.api.reasons import Reason, explain
from leeboard.planning.rollout.challengers import moves
from leeboard.planning.rollout.challengers.shares import entered_with, shares_of
from leeboard.planning.rollout.challengers.terms import challenger_pods, free_place, terms_of
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.deployment import is_settled


def entering(view: View, one: Challenger) -> Move | None:
    """What a challenger still lacks to be compared on the terms of today; None where it waits, or lacks nothing."""
    terms = terms_of(view.model)
    if terms.routed != (one.place is not None):  # the strategy is another one than when it came
        return moves.begin_anew(view.status, one, free_place(view.status, one) if terms.routed else None, view.now)
    if one.phase == "Starting":
        return _entered(view, one)
    if view.model.spec.rollout.bandit is None and one.requested_weight != terms.percent:
        return moves.ask_for(view.status, terms.percent)
    return _routed(view, one) if one.compared_since is None else None


def _entered(view: View, one: Challenger) -> Move | None:
    """The beginning of a comparison, once its pods are there; callers are given to whom Gateways know."""
    prepared = view.available(one, challenger_pods(view, one)) and is_settled(view.live(one.name)) and view.marked(one)
    terms = terms_of(view.model)
    if not prepared or (terms.routed and not view.routing.knows(one, view.now)):
        return None
    if not terms.routed:
        return moves.compare(view.status, one, terms.percent, view.now)
    bandit = view.model.spec.rollout.bandit
    if bandit is None:
        return moves.share(view.status, one, terms.percent, view.now)
    if view.status.candidate is not None:
        return None  # a winner on its way keeps what it has
    percent = entered_with(bandit, shares_of(view.status), one.name)
    shared = moves.share(view.status, one, percent[one.name], view.now)
    return Move(moves.share_out(shared.status, percent, None, view.now).status, shared.events)


def _routed(view: View, one: Challenger) -> Move | None:
    """The beginning of its time, once a Gateway has taken over its callers; its end where none does.

    Such a Gateway would send nobody's requests on, so that the rules that tell callers apart have to go from the route.
    """
    if view.routing.gives_callers(one):
        return moves.begin_time(view.status, one, view.now)
    told = view.routing.acceptance
    if told.reason != Reason.ROUTE_REJECTED:
        return None
    message = explain(told.reason, f"{told.message}; the route was taken before it told callers apart")
    return moves.shut_out(view.status, one, told.reason, message, view.now)
