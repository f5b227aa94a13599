"""The next move of a rollout: at most one a reconcile, decided from the recorded state and what is live."""

from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.model_status import Candidate, Images
from leeboard.api.reasons import Reason, explain
from leeboard.api.rollout import Analysis
from leeboard.planning.evaluation_error import evaluation_error
from leeboard.planning.plan import Event
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.analysis import Result, analyse, is_about, out_of_time
from leeboard.planning.rollout.asked_rollback import asked_rollback
from leeboard.planning.rollout.challengers import challenger_move, compares, is_contender
from leeboard.planning.rollout.commands import command_move
from leeboard.planning.rollout.counts import counts_of
from leeboard.planning.rollout.forecast import Forecast, forecast
from leeboard.planning.rollout.guard_figures import guard_figures
from leeboard.planning.rollout.memory import forgotten
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.returning import left_behind, overtaken
from leeboard.planning.rollout.staging import holds, is_asked_for
from leeboard.planning.rollout.view import View
from leeboard.planning.rollout.weights import unreachable
from leeboard.planning.serving.deployment import adopted_with, is_settled, replacing_since, unavailable_since
from leeboard.planning.serving.problems import is_fatal
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


def analysis_of(view: View, candidate: Candidate) -> Result:
    """What the figures say about the candidate's stage; no verdict any more once the analysis is out of time."""
    result = _looked_at(view, candidate)
    ends = analysis_ends(view, candidate)
    if ends is None or view.now < ends:
        return result
    if candidate.inconclusive_since is not None and result.verdict == "Pass":
        # it is held, and somebody may be looking at it: figures that came late promote nothing by themselves
        return Result("Inconclusive", Reason.ANALYSIS_INCONCLUSIVE, f"held; by now it passes: {result.message}")
    return out_of_time(result, view.model.spec.rollout.analysis.max_duration or "")


def analysis_ends(view: View, candidate: Candidate) -> datetime | None:
    """When the analysis of a canary has to be conclusive; None where it may take as long as it takes."""
    longest = view.model.spec.rollout.analysis.max_duration
    if longest is None or candidate.canary_started_at is None:
        return None
    return candidate.canary_started_at + parse_duration(longest)


def _looked_at(view: View, candidate: Candidate) -> Result:
    champion, evaluation = view.status.champion, view.status.evaluation
    analysis = view.model.spec.rollout.analysis
    if not _asked_for(analysis):
        return Result("Pass", Reason.ANALYSIS_PASSED, "no analysis was asked for")
    if champion is None or not is_about(evaluation, candidate.name, champion.name, candidate.compared_since):
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no figures of this rollout yet")
    if (error := evaluation_error(evaluation)) is not None:
        reason, message = error
        return Result("Continue", reason, explain(reason, f"no figures: {message}"))
    result = analyse(
        analysis, counts_of(evaluation, candidate.name), counts_of(evaluation, champion.name), guard_figures(evaluation)
    )
    if result.verdict != "Abort" and _blind(view, candidate):
        return Result("Continue", Reason.EVALUATION_STALE, "the figures are older than this stage")
    return result


def _asked_for(analysis: Analysis) -> bool:
    return bool(analysis.guards) or analysis.min_samples > 0


def _blind(view: View, candidate: Candidate) -> bool:
    """Whether an analysis is asked for and has no figures of this stage: no candidate is given more traffic then."""
    champion, evaluation = view.status.champion, view.status.evaluation
    if champion is None or not _asked_for(view.model.spec.rollout.analysis):
        return False
    seen = is_about(evaluation, candidate.name, champion.name, stage_began(candidate))
    return not seen or evaluation_error(evaluation) is not None


def stage_began(candidate: Candidate) -> datetime:
    """From when on the candidate has had the share of its stage."""
    return candidate.routed_at or candidate.step_started_at or candidate.since


def step_ends(view: View, candidate: Candidate) -> datetime:
    """When the candidate's stage may end at the earliest."""
    steps = view.model.spec.rollout.steps
    duration = parse_duration(steps[min(candidate.step, len(steps) - 1)].duration)
    return stage_began(candidate) + duration


def ready_deadline(view: View, candidate: Candidate) -> datetime:
    """When the candidate's pods have to be ready; those of a canary, that were, may as late as this be ready again."""
    if candidate.phase == "Canary" and not view.direct:
        # a stage that waits for figures outlasts its duration: neither a node that is drained then condemns it, nor a
        # user who changes how pods serve
        return _ready_again(view, candidate, step_ends(view, candidate)) + view.ready_within
    began = candidate.step_started_at or candidate.since
    if candidate.phase == "Staged":
        # its pods were ready: those that are lost or replaced in a long staging get as long again
        began = _ready_again(view, candidate, began)
    return began + view.ready_within


def _ready_again(view: View, candidate: Candidate, since: datetime) -> datetime:
    """From when on pods that were ready have to be so again: that moment, or later where some went or are replaced."""
    live = view.live(candidate.name)
    return max(since, unavailable_since(live) or since, replacing_since(live) or since)


def failure(view: View, candidate: Candidate) -> tuple[Reason, str] | None:
    """Why the candidate's pods will not do, or None: they cannot work, or took too long."""
    problems = view.problems(candidate.name)
    if problems and is_fatal(problems[0]):
        return problems[0].reason, view.troubles(candidate.name)
    pods = view.candidate_pods(candidate)
    if view.available(candidate, pods) or view.now < ready_deadline(view, candidate):
        return None
    if candidate.phase in ("Canary", "Staged") and not view.asked(candidate, pods):
        return None  # its pods served, and those that are missing now have not been asked for yet
    if problems:
        return problems[0].reason, view.troubles(candidate.name)
    return Reason.NOT_READY_IN_TIME, explain(Reason.NOT_READY_IN_TIME, f"not ready within {view.ready_within}")


def _cleared(view: View) -> Move | None:
    candidate, draining = view.status.candidate, view.status.draining
    if candidate is not None and candidate.phase == "RollingBack" and view.gone(candidate):
        return moves.forget_candidate(view.status)
    if draining is not None and view.gone(draining):
        return moves.forget_draining(view.status)
    return overtaken(view)


def _recalled(view: View) -> Move | None:
    """An empty status learns from the versions which of them were rolled back, before any of them is started."""
    found = forgotten(view.status, view.versions.values())
    return moves.recall(view.status, found) if found else None


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
        return _canary_move(view, candidate)
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
    if view.returning and view.wanted is not None:
        return moves.arrive(status, candidate, left_behind(view, view.wanted), view.now)
    if candidate.phase == "Promoting" or view.direct:
        return moves.promote(status, candidate, view.now)
    undisturbed = view.routing.believed if view.routing.asked_for else view.only_two_serve()
    if not undisturbed or not view.serving(status.champion):
        return None
    return _entered(view, candidate, 0)


def _entered(view: View, candidate: Candidate, step: int) -> Move:
    """The candidate's next stage, and a warning where the share that is asked for cannot be had."""
    weight = view.model.spec.rollout.steps[step].weight
    held = view.replicas if step == 0 and view.autoscaling is not None and view.pods_are_the_weight else None
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


def _canary_move(view: View, candidate: Candidate) -> Move | None:
    if view.routing.asked_for and not (view.routing.believed and candidate.routed_at):
        # what has no share of the requests is not judged
        return moves.route(view.status, candidate, view.now) if view.routing.believed else None
    result = analysis_of(view, candidate)
    if result.verdict == "Abort":
        return moves.roll_back(view.status, candidate, result.reason, explain(result.reason, result.message), view.now)
    if result.verdict == "Inconclusive":
        if candidate.inconclusive_since is not None:
            return None
        return moves.hold(view.status, candidate, result.reason, explain(result.reason, result.message), view.now)
    if candidate.inconclusive_since is not None:
        return moves.go_on(view.status, candidate)
    ready = view.available(candidate, view.candidate_pods(candidate))
    if paused(view) or not ready or view.now < step_ends(view, candidate):
        return None
    return _next_stage(view, candidate, result)


def _next_stage(view: View, candidate: Candidate, result: Result) -> Move | None:
    steps = view.model.spec.rollout.steps
    if candidate.step + 1 < len(steps) and not _blind(view, candidate):
        return _entered(view, candidate, candidate.step + 1)
    if result.verdict == "Pass":
        return moves.scale_for_promotion(view.status, candidate, result.message, view.now)
    return None
