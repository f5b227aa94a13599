"""How far a rollout is: stage, weights, samples, and the time that its stage still takes."""

from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_status import Candidate
from leeboard.cli.show.moments import span
from leeboard.cli.show.quantities import count
from leeboard.planning.rollout.guards.analysis import is_about
from leeboard.planning.rollout.guards.counts import counts_of


def stage(model: Model, candidate: Candidate) -> str:
    """Where the rollout is: its phase, and which of the canary's stages; a return to an earlier version says so."""
    rollback = model.status.rollback
    if rollback is not None and rollback.to == candidate.name:
        return f"{candidate.phase}, returned to"
    stages = len(model.spec.rollout.steps)
    numbered = candidate.phase == "Canary" and stages > 0
    return f"{candidate.phase} {candidate.step + 1}/{stages}" if numbered else candidate.phase


def weights(candidate: Candidate) -> str:
    """The candidate's share in percent: as asked for, of the pods, and of the requests where that is known."""
    observed = "?" if candidate.observed_weight is None else str(candidate.observed_weight)
    return f"{candidate.requested_weight}/{candidate.replica_weight}/{observed} %"


def samples(model: Model, candidate: Candidate) -> str:
    """Requests to the candidate that were counted, of those that a promotion needs; empty outside a canary."""
    champion, needed = model.status.champion, model.spec.rollout.analysis.min_samples
    if champion is None or candidate.phase != "Canary":
        return ""
    evaluation = model.status.evaluation
    about = is_about(evaluation, candidate.name, champion.name, candidate.compared_since)
    counts = counts_of(evaluation, candidate.name) if about else None
    return f"{count(counts.requests) if counts is not None else '?'}/{count(needed)}"


def time_left(model: Model, candidate: Candidate, now: datetime) -> str:
    """How long the stage or staging still takes at least; what it waits for when its time is over; else empty."""
    rollout = model.spec.rollout
    if candidate.phase == "Staged" and rollout.staging is not None:
        duration = parse_duration(rollout.staging.duration)
    elif candidate.phase == "Canary" and rollout.steps:
        duration = parse_duration(rollout.steps[min(candidate.step, len(rollout.steps) - 1)].duration)
    else:
        return ""
    if model.status.commands.pause or (candidate.phase == "Staged" and candidate.reason == "AwaitingPromotion"):
        return "held"
    ends = (candidate.step_started_at or candidate.since) + duration
    return f"{span(ends - now)} left" if ends > now else "time is over"
