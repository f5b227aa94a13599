"""The stages of a canary: a greater share, the promotion, or the way back."""

from leeboard.api.model_status import Candidate
from leeboard.api.reasons import Reason, explain
from leeboard.planning.plan import Event
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.canary.verdicts import analysis_of, is_blind, step_ends
from leeboard.planning.rollout.guards.analysis import Result
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.view import View
from leeboard.planning.rollout.weights import unreachable


def canary_move(view: View, candidate: Candidate) -> Move | None:
    """What a candidate's stage leads to now."""
    if view.routing.asked_for and not (view.routing.believed and candidate.routed_at):
        # what has no share of the requests is not judged
        return moves.route(view.status, candidate, view.now) if view.routing.believed else None
    result = analysis_of(view, candidate)
    told = explain(result.reason, result.message)
    if result.verdict == "Abort":
        return moves.roll_back(view.status, candidate, result.reason, told, view.now)
    if result.verdict == "Inconclusive":
        held = candidate.inconclusive_since is not None
        return None if held else moves.hold(view.status, candidate, result.reason, told, view.now)
    if candidate.inconclusive_since is not None:
        return moves.go_on(view.status, candidate)
    return _served_move(view, candidate, result)


def _served_move(view: View, candidate: Candidate, result: Result) -> Move | None:
    ready = view.available(candidate, view.candidate_pods(candidate))
    if paused(view) or not ready or view.now < step_ends(view, candidate):
        return None
    steps = view.model.spec.rollout.steps
    if candidate.step + 1 < len(steps) and not is_blind(view, candidate):
        return entered(view, candidate, candidate.step + 1)
    if result.verdict == "Pass":
        return moves.scale_for_promotion(view.status, candidate, result.message, view.now)
    return None


def entered(view: View, candidate: Candidate, step: int) -> Move:
    """The candidate's next stage, and a warning where the share that is asked for cannot be had."""
    weight = view.model.spec.rollout.steps[step].weight
    held = view.replicas if step == 0 and view.autoscaling is not None else None
    move = moves.enter_step(view.status, candidate, step, weight, view.now, held=held)
    warning = unreachable_weight(view, weight)
    if warning is None:
        return move
    return Move(move.status, (*move.events, Event("Warning", Reason.WEIGHT_UNREACHABLE, warning)))


def unreachable_weight(view: View, weight: int) -> str | None:
    """What is said where a Service gives another share than is asked for, by more than a factor of 2; else None."""
    given = None if view.routing.asked_for else unreachable(view.replicas, weight)
    if given is None:
        return None
    text = f"{weight} % of the requests are asked for; {view.replicas} replicas allow no nearer share than {given} %"
    return explain(Reason.WEIGHT_UNREACHABLE, text)
