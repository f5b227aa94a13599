"""What the figures say about a canary's stage, and how long the stage and its analysis last."""

from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.model_status import Candidate
from leeboard.api.reasons import Reason, explain
from leeboard.api.rollout import Analysis
from leeboard.planning.evaluation_error import evaluation_error
from leeboard.planning.rollout.guards.analysis import Result, analyse, is_about, out_of_time
from leeboard.planning.rollout.guards.counts import counts_of
from leeboard.planning.rollout.guards.figures import guard_figures
from leeboard.planning.rollout.view import View


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
    if result.verdict != "Abort" and is_blind(view, candidate):
        return Result("Continue", Reason.EVALUATION_STALE, "the figures are older than this stage")
    return result


def _asked_for(analysis: Analysis) -> bool:
    return bool(analysis.guards) or analysis.min_samples > 0


def is_blind(view: View, candidate: Candidate) -> bool:
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
