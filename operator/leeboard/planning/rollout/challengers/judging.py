"""What the figures say of each challenger now, and until when a comparison lasts."""

from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.model_status import Challenger, ModelStatus
from leeboard.api.reasons import Reason, explain
from leeboard.planning.evaluation_error import evaluation_error
from leeboard.planning.rollout.arms.ab_analysis import Terms, ab_results
from leeboard.planning.rollout.arms.bandit import leader_of
from leeboard.planning.rollout.arms.figures import ArmFigures, arm_figures
from leeboard.planning.rollout.challengers.result import Result
from leeboard.planning.rollout.challengers.shadow_analysis import STALE, is_old, shadow_result
from leeboard.planning.rollout.challengers.terms import limits_of, shadow_of, terms_of
from leeboard.planning.rollout.view import View


def compared_since(status: ModelStatus, one: Challenger) -> datetime | None:
    """From when on figures count: since there is this challenger and this champion."""
    if one.compared_since is None or status.champion is None:
        return None
    return max(one.compared_since, status.champion.since)


def comparison_ends(view: View, one: Challenger) -> datetime | None:
    """When the comparison may end at the earliest; a test of callers ends for all of them at once. None where a bandit
    has no version yet that has all requests which the least shares leave."""
    terms, bandit = terms_of(view.model), view.model.spec.rollout.bandit
    if bandit is not None:
        leader = leader_of(bandit, view.status.shares)
        return None if leader is None else leader[1].at + terms.duration
    began = compared_since(view.status, one) or view.now
    return (max([began, *_starts(view)]) if terms.routed else began) + terms.duration


def comparison_closes(view: View) -> datetime | None:
    """When a test has to be conclusive; None where it may take as long as it takes, or none is under way."""
    longest, starts = view.model.spec.rollout.analysis.max_duration, _starts(view)
    if longest is None or not starts or not terms_of(view.model).routed:
        return None
    return max(starts) + parse_duration(longest)


def _starts(view: View) -> list[datetime]:
    found = (compared_since(view.status, one) for one in _under_way(view))
    return [began for began in found if began is not None]


def result_of(view: View, one: Challenger) -> Result:
    """What the figures say."""
    if terms_of(view.model).routed:
        return _tested(view, one)
    since = compared_since(view.status, one)
    analysis = view.model.spec.rollout.analysis
    return shadow_result(analysis, shadow_of(view.model), view.status, one, since=since, now=view.now)


def _tested(view: View, one: Challenger) -> Result:
    """Of a test of callers. Guards may end it at any time; nothing else follows from old figures, nor while another
    challenger has none yet."""
    if (error := evaluation_error(view.status.evaluation)) is not None:
        return Result("Continue", error[0], explain(error[0], f"no figures: {error[1]}"))
    figures, closes = arms(view), comparison_closes(view)
    result = _results(view, figures, over=closes is not None and view.now >= closes).get(one.name)
    if result is None:
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no figures of this test yet")
    return result if result.verdict == "Abort" else _settled(view, one, result, figures)


def _settled(view: View, one: Challenger, result: Result, figures: dict[str, ArmFigures]) -> Result:
    """A result that is no abort, as far as anything may follow from it now."""
    if not all(other.name in figures for other in _under_way(view)):
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no figures of all versions yet", result.samples)
    if is_old(view.status.evaluation or {}, view.now):
        return Result("Continue", Reason.EVALUATION_STALE, f"the figures are older than {STALE}", result.samples)
    if one.inconclusive_since is not None and result.verdict in ("Pass", "Lost"):
        # it is held, and somebody may be looking at it: figures that came late decide nothing by themselves
        return Result("Inconclusive", Reason.ANALYSIS_INCONCLUSIVE, f"held; by now: {result.message}", result.samples)
    return result


def arms(view: View) -> dict[str, ArmFigures]:
    """Champion and challengers that are compared, as far as there are figures of this test."""
    status, test = view.status, view.model.spec.rollout.shared
    evaluation = status.evaluation or {}
    if test is None or status.champion is None or evaluation.get("champion") != status.champion.name:
        return {}
    found = arm_figures(evaluation, test)
    began = {one.name: compared_since(status, one) or view.now for one in _under_way(view)}
    names = (status.champion.name, *began)
    return {
        name: found[name] for name in names if name in found and (name not in began or found[name].since >= began[name])
    }


def _under_way(view: View) -> list[Challenger]:
    compared = (one for one in view.status.challengers if one.phase == "Comparing")
    return [one for one in compared if one.compared_since is not None]


def _results(view: View, figures: dict[str, ArmFigures], *, over: bool) -> dict[str, Result]:
    test, champion = view.model.spec.rollout.shared, view.status.champion
    if test is None or champion is None:
        return {}
    terms = Terms(view.model.spec.rollout.analysis, test, limits_of(view.model).most)
    return ab_results(terms, champion.name, figures, over=over)
