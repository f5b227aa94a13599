"""Staging: a ready candidate answers at a Service of its own, and no request of a user reaches it yet."""

from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.model_status import Candidate
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import timestamp
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.service import candidate_name


def is_asked_for(view: View) -> bool:
    """Whether the next candidate has to be staged: not without a champion, and not where a user named the version."""
    asked = view.model.spec.rollout.staging is not None
    return asked and view.status.champion is not None and not view.pinned and not view.returning


def staging_ends(view: View, candidate: Candidate) -> datetime:
    """When the staging of the candidate may end at the earliest."""
    staging = view.model.spec.rollout.staging
    began = candidate.step_started_at or candidate.since
    return began + parse_duration(staging.duration) if staging is not None else began


def is_held(view: View) -> bool:
    """Whether staging ends by command alone."""
    staging = view.model.spec.rollout.staging
    return staging is not None and staging.hold


def holds(view: View, candidate: Candidate) -> bool:
    """Whether the candidate is still to be without requests of users."""
    if candidate.phase != "Staged" or candidate.released or not is_asked_for(view):
        return False
    return is_held(view) or view.now < staging_ends(view, candidate)


def told(view: View, candidate: Candidate) -> tuple[Reason, str]:
    """What a staged candidate waits for."""
    if not holds(view, candidate):
        return Reason.PROGRESSING, "its rollout begins once no champion before has pods"
    reached = f"it answers at the Service {candidate_name(view.model.metadata.name)} alone"
    if is_held(view):
        return Reason.AWAITING_PROMOTION, explain(Reason.AWAITING_PROMOTION, reached)
    return Reason.STAGED, f"{reached}; its rollout begins at {timestamp(staging_ends(view, candidate))}"
