"""Model: one Deployment a served version, the Services in front of them, and the way from one champion to the next.

Children follow the state that is recorded in status; the state moves by one step at most, in the status write of this
plan, and the next plan sees it. A crash between any two calls therefore repeats a step and skips none.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from leeboard.api import names
from leeboard.api.base import API_VERSION
from leeboard.api.model_status import Candidate, ModelStatus, ServedVersion
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import set_conditions
from leeboard.planning.plan import Event, ObjectRef, Plan, Raw
from leeboard.planning.pod_problems import next_look, not_set_up
from leeboard.planning.rollout import staging
from leeboard.planning.rollout.advance import next_move
from leeboard.planning.rollout.canary.verdicts import analysis_ends, analysis_of, step_ends
from leeboard.planning.rollout.challengers.comparison import comparison_moments
from leeboard.planning.rollout.challengers.report import described_challengers
from leeboard.planning.rollout.guards.counts import counts_of
from leeboard.planning.rollout.health import conditions
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.reaching import budgets, services, services_to_go
from leeboard.planning.rollout.readiness import failure, ready_deadline
from leeboard.planning.rollout.selection import beyond_retention
from leeboard.planning.rollout.sizes import autoscalers, autoscalers_to_go, deployments, scale_of
from leeboard.planning.rollout.view import View
from leeboard.planning.rollout.weights import share
from leeboard.planning.serving.challenger_service import challenger_services, stale_services
from leeboard.planning.serving.deployment import unavailable_since, version_label
from leeboard.planning.snapshot import ModelSnapshot
from leeboard.planning.traffic.taken_over import counted

AT_ONCE = timedelta(milliseconds=100)
"""After a move: the next plan carries it out."""
SOON = timedelta(seconds=1)
MISSING_KINDS = timedelta(seconds=30)
"""How often it is tried to make a route whose kind the API server does not know."""
MOST_EXPLAINED = 3


def plan_model(snapshot: ModelSnapshot, now: datetime) -> Plan:
    """The next effects for a Model. Pure: the same snapshot and moment give the same plan."""
    view = View(snapshot, now.replace(microsecond=0))
    if snapshot.model.metadata.deletion_timestamp is not None:
        return Plan()  # the children go with their owner
    move = next_move(view)
    described, events = _described(view, move.status if move else view.status)
    status = _with_conditions(view, described)
    hand_over, applied = deployments(view)
    return Plan(
        hand_over=tuple(hand_over),
        apply=(
            *applied,
            *services(view),
            *challenger_services(view),
            *budgets(view),
            *autoscalers(view),
            *view.routing.wanted,
        ),
        delete=(
            *_leaving(view),
            *services_to_go(view),
            *stale_services(view),
            *autoscalers_to_go(view),
            *view.routing.leaving,
            *_forgotten(view),
        ),
        status=None if status == snapshot.model.status.dump() else status,
        decides=move is not None,
        requeue_after=AT_ONCE if move else _next_look(view),
        explain=_unexplained(view),
        events=(*(move.events if move else ()), *events),
    )


def _leaving(view: View) -> list[ObjectRef]:
    """Deployments whose time is over: traffic has left them in the cluster itself, and their drain has passed."""
    status = view.status
    leaving: list[ServedVersion] = []
    places = (status.champion, status.candidate, status.draining, *status.challengers)
    served = {one.name for one in places if one is not None}
    leaving += (one for one in status.challengers if not one.stays)
    candidate, draining = status.candidate, status.draining
    if candidate is not None and candidate.phase == "RollingBack" and view.now >= view.roll_back_ends(candidate):
        leaving.append(candidate)
    if draining is not None and view.now >= view.drain_ends(draining):
        leaving.append(draining)
    labels = {names.label_value(one.name) for one in leaving if view.traffic_left(one)}
    known = {names.label_value(name) for name in served}
    orphans_may_go = status.champion is not None and view.apex is not None and not view.shares_traffic()
    selected = (view.apex or {}).get("spec", {}).get("selector", {}).get(names.VERSION)
    return [
        ObjectRef.of({"apiVersion": "apps/v1", "kind": "Deployment"} | live)
        for live in view.snapshot.deployments
        if (label := version_label(live)) in labels
        or (orphans_may_go and label not in known and selected not in (None, label) and not view.routing.reaches(label))
    ]


def _forgotten(view: View) -> list[ObjectRef]:
    forgotten: list[ModelVersion] = beyond_retention(view.model, view.snapshot.versions)
    return [
        ObjectRef(API_VERSION, ModelVersion.KIND, one.metadata.namespace, one.metadata.name, one.metadata.uid)
        for one in forgotten
    ]


def _unexplained(view: View) -> tuple[ObjectRef, ...]:
    """Pods that no node sets up: only their Events tell why. A few stand for all."""
    stuck = [pod for pod in view.snapshot.pods if not_set_up(pod, view.now)]
    return tuple(ObjectRef.of({"apiVersion": "v1", "kind": "Pod"} | pod) for pod in stuck[:MOST_EXPLAINED])


def _described(view: View, status: ModelStatus) -> tuple[ModelStatus, tuple[Event, ...]]:
    """The status with what candidate and challengers have and wait for, and an Event where what keeps one changed."""
    status, told = described_challengers(view, status)
    described, events = _described_candidate(view, status)
    return described, (*told, *events)


def _described_candidate(view: View, status: ModelStatus) -> tuple[ModelStatus, tuple[Event, ...]]:
    candidate = status.candidate
    if candidate is None or candidate.phase == "RollingBack":
        return status, ()
    before, champion = view.status.candidate, status.champion
    counts = [counts_of(status.evaluation, one.name) for one in (candidate, champion) if one is not None]
    observed = share(counts[0].requests, counts[1].requests) if len(counts) == 2 and counts[0] and counts[1] else None
    shared = candidate.requested_weight > 0 and (view.shares_traffic() or view.routing.asked_for)
    reason, message = _waits_for(view, candidate)
    described = candidate.model_copy(
        update={
            "replica_weight": share(view.serving(candidate), view.serving(champion)) if shared else 0,
            "observed_weight": observed if candidate.requested_weight else None,
            "reason": reason.value,
            "message": message[:1024],
        }
    )
    news = failure(view, candidate) is not None and (before is None or before.reason != reason.value)
    events = (Event("Warning", reason.value, message[:1024]),) if news else ()
    return status.model_copy(update={"candidate": described}), events


def _waits_for(view: View, candidate: Candidate) -> tuple[Reason, str]:
    broken = failure(view, candidate)
    if broken is not None:
        return broken
    if paused(view) and not view.returning:
        return Reason.PAUSED, f"held by the annotation {names.PAUSE}"
    wanted = view.candidate_pods(candidate)
    ready = view.available(candidate, wanted)
    routed = ready and candidate.phase == "Starting" and view.routing.asked_for and not view.direct
    if not routed and (candidate.phase not in ("Canary", "Staged") or not ready):
        problems = view.problems(candidate.name)
        if problems:
            return problems[0].reason, view.troubles(candidate.name)
        return Reason.PROGRESSING, f"{view.serving(candidate)} of {wanted} pods ready"
    if candidate.phase == "Staged":
        return staging.told(view, candidate)
    return _judged(view, candidate)


def _judged(view: View, candidate: Candidate) -> tuple[Reason, str]:
    if view.routing.asked_for and not view.direct and not view.routing.believed:
        told = view.routing.acceptance
        reason = Reason.ROUTE_PENDING if told.accepted else told.reason
        heard = f"{told.message}{counted(view.status.evaluation, candidate)}"
        return reason, explain(reason, f"{heard}; the candidate waits, and is not judged")
    result = analysis_of(view, candidate)
    return result.reason, explain(result.reason, result.message)


def _with_conditions(view: View, status: ModelStatus) -> Raw:
    generation = view.model.metadata.generation
    found = set_conditions(view.status.conditions, conditions(view, status), generation, view.now)
    raw: Raw = status.model_copy(update={"observed_generation": generation, **scale_of(view, status)}).dump()
    raw["conditions"] = found
    if status.evaluation is not None:
        raw["evaluation"] = status.evaluation
    return raw


def _next_look(view: View) -> timedelta | None:
    """When time alone may change the plan; everything else is an event."""
    champion, candidate, draining = view.status.champion, view.status.candidate, view.status.draining
    lost = unavailable_since(view.live(champion.name)) if champion is not None else None
    moments: list[datetime] = []
    if lost is not None and view.now < lost + view.ready_within:
        moments.append(lost + view.ready_within)  # from then on it counts as stuck
    if candidate is not None:
        moments += _candidate_moments(view, candidate)
    if draining is not None:
        moments.append(view.drain_ends(draining))
    moments += comparison_moments(view)
    if view.snapshot.missing_kinds and view.routing.wanted:
        moments.append(view.now + MISSING_KINDS)  # nothing tells when they are installed
    if _unexplained(view):
        moments.append(view.now + timedelta(minutes=1))
    if (changes := next_look(view.snapshot.pods, view.now)) is not None:
        moments.append(changes)
    ahead = [moment - view.now for moment in moments if moment > view.now]
    if len(ahead) < len(moments):
        ahead.append(10 * SOON)  # overdue: what it waits for may come without an event
    return max(SOON, min(ahead)) if ahead else None


def _candidate_moments(view: View, candidate: Candidate) -> Iterator[datetime]:
    """When time alone may change what becomes of a candidate; moments that are over say that it waits for something."""
    if candidate.phase == "RollingBack":
        yield view.roll_back_ends(candidate)
        return
    if candidate.phase != "Staged" or not view.available(candidate, view.candidate_pods(candidate)):
        yield ready_deadline(view, candidate)  # one that has its pods may be staged for days
    known = view.routing.known_by(candidate)
    if candidate.phase == "Starting" and known is not None:
        yield known
    if staging.holds(view, candidate) and not staging.is_held(view):
        yield staging.staging_ends(view, candidate)
    if candidate.phase == "Canary" and not view.direct:
        yield step_ends(view, candidate)
        ends = analysis_ends(view, candidate)
        if ends is not None:
            yield ends
