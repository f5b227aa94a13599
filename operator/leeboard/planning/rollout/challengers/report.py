"""What is said of challengers in the status: what each has, and what it waits for."""

from datetime import timedelta

from leeboard.api.model_status import Challenger, ModelStatus
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import timestamp
from leeboard.planning.plan import Event
from leeboard.planning.rollout.challengers.comparison import challenger_failure
from leeboard.planning.rollout.challengers.judging import arms, compared_since, comparison_ends, result_of
from leeboard.planning.rollout.challengers.result import Result
from leeboard.planning.rollout.challengers.shadow_analysis import observed_weight
from leeboard.planning.rollout.challengers.shares import best_probabilities, leads, remembered
from leeboard.planning.rollout.challengers.terms import challenger_pods, terms_of
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.view import View
from leeboard.planning.traffic.taken_over import counted

PATIENCE = timedelta(minutes=10)
"""After which a comparison without a single copy is called what it is."""


def described_challengers(view: View, status: ModelStatus) -> tuple[ModelStatus, tuple[Event, ...]]:
    """The status with what each challenger has and waits for, and an Event where its pods came into trouble."""
    before = {one.name: one for one in view.status.challengers}
    best = best_probabilities(view)
    described: list[Challenger] = []
    events: list[Event] = []
    for one in status.challengers:
        if not one.stays or one.name not in before:
            described.append(one)
            continue
        reason, message = _waits_for(view, one)
        observed = _observed(view, status, one)
        update = {"reason": reason.value, "message": message[:1024], "observed_weight": observed}
        chance = round(100 * best[one.name]) if one.name in best else None
        described.append(one.model_copy(update=update | {"best_probability": chance}))
        if challenger_failure(view, one) is not None and before[one.name].reason != reason.value:
            events.append(Event("Warning", reason.value, message[:1024]))
    return remembered(view, status.model_copy(update={"challengers": tuple(described)})), tuple(events)


def _waits_for(view: View, one: Challenger) -> tuple[Reason, str]:
    """As a reason and for a person."""
    broken = challenger_failure(view, one)
    if broken is not None:
        return broken
    wanted = challenger_pods(view, one)
    if one.phase == "Starting" or not view.available(one, wanted):
        problems = view.problems(one.name)
        if problems:
            return problems[0].reason, view.troubles(one.name)
        return Reason.PROGRESSING, f"{view.serving(one)} of {wanted} pods ready"
    if terms_of(view.model).routed and one.compared_since is None:
        told = view.routing.acceptance
        reason = Reason.ROUTE_PENDING if told.accepted else told.reason
        heard = f"{told.message}{counted(view.status.evaluation, one)}"
        return reason, explain(reason, f"{heard}; it is not judged yet")
    return _compared(view, one, result_of(view, one))


def _observed(view: View, status: ModelStatus, one: Challenger) -> int | None:
    """The share that was counted, in percent."""
    if not terms_of(view.model).routed:
        return observed_weight(status.evaluation, one.name)
    figures = arms(view).get(one.name)
    return None if figures is None or figures.share is None else round(100 * figures.share)


def _compared(view: View, one: Challenger, result: Result) -> tuple[Reason, str]:
    if result.verdict == "Inconclusive":
        return result.reason, explain(result.reason, result.message)
    if result.verdict == "Continue":
        missing = _without_copies(view, one, result)
        return missing or (result.reason, explain(result.reason, result.message))
    waits = _not_over(view, one, result)
    if waits:
        return Reason.COMPARING, f"{result.message}; {waits}"
    if paused(view):
        return Reason.PAUSED, f"held by an annotation; {result.message}"
    if terms_of(view.model).then == "Hold":
        return Reason.COMPARISON_PASSED, explain(Reason.COMPARISON_PASSED, result.message)
    return Reason.COMPARING, result.message


def _not_over(view: View, one: Challenger, result: Result) -> str:
    """Why nothing follows yet from a verdict; empty where something does."""
    ends, led = comparison_ends(view, one), leads(view, one)
    if ends is None:
        return "no version has all requests yet that the least shares leave"
    if led is not None and led != (result.verdict == "Pass"):
        return "the newest rewards say otherwise, and the shares follow them"
    # the moment, and not what is left: a text that changed with every look would never come to rest
    return f"compared until {timestamp(ends)} at least" if view.now < ends else ""


def _without_copies(view: View, one: Challenger, result: Result) -> tuple[Reason, str] | None:
    began = None if terms_of(view.model).routed else compared_since(view.status, one)
    if result.samples or result.reason != Reason.NOT_ENOUGH_SAMPLES or began is None or view.now < began + PATIENCE:
        return None
    return Reason.COPIES_MISSING, explain(Reason.COPIES_MISSING, f"no copy since {timestamp(began)}")
