"""Whether a candidate's pods will do, and how long they may take."""

from datetime import datetime

from leeboard.api.model_status import Candidate
from leeboard.api.reasons import Reason, explain
from leeboard.planning.rollout.canary.verdicts import step_ends
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.deployment import replacing_since, unavailable_since
from leeboard.planning.serving.problems import is_fatal


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
