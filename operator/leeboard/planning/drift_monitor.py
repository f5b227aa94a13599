"""DriftMonitor: from the evaluator's figures to a verdict, and from a verdict to what is asked of others.

The monitor decides and asks, in its status; it moves no traffic and starts no run.
"""

from datetime import datetime, timedelta

from leeboard.api.drift_monitor import DriftMonitor, DriftMonitorStatus
from leeboard.api.reasons import Reason, explain, hint
from leeboard.planning.conditions import Status, Wanted, set_conditions
from leeboard.planning.drift.circumstances import began_at, circumstances
from leeboard.planning.drift.episode import Around, Course, follow, is_open
from leeboard.planning.drift.figures import read_figures
from leeboard.planning.drift.labelling import with_labelling
from leeboard.planning.drift.looking import verdict_of
from leeboard.planning.drift.verdict import Verdict, patience
from leeboard.planning.plan import Event, Plan, Raw
from leeboard.planning.snapshot import DriftMonitorSnapshot

_A_MOMENT = timedelta(seconds=1)


def plan_drift_monitor(snapshot: DriftMonitorSnapshot, now: datetime) -> Plan:
    """The next status of a monitor. Pure: the same snapshot and moment give the same plan."""
    monitor = snapshot.monitor
    if monitor.metadata.deletion_timestamp is not None:
        return Plan()
    champion = _champion(snapshot)
    if isinstance(champion, Wanted):
        status = monitor.status.model_copy(update={"verdict": "Inconclusive", "findings": (), "rows_needed": 0})
        return Plan(status=_changed(monitor, status, [champion], now))
    verdict, looks = verdict_of(monitor, snapshot.model, champion, now)
    course = follow(monitor, champion, verdict, now, lambda: _around(snapshot))
    course = with_labelling(monitor, course, verdict, now, has_request_log=_has_request_log(snapshot))
    status = monitor.status.model_copy(
        update={
            "verdict": verdict.verdict,
            "version": champion,
            "rows": verdict.rows,
            "rows_needed": verdict.rows_needed,
            "findings": verdict.findings,
            "looks": looks,
            "episode": course.episode,
            "requests": course.requests,
            "unhelpful": course.unhelpful,
            "acted": course.acted,
        }
    )
    return Plan(
        status=_changed(monitor, status, _conditions(verdict, course), now),
        decides=(course.episode, course.requests) != (monitor.status.episode, monitor.status.requests),
        requeue_after=_turns_stale(monitor, now),
        events=(*course.events, *_withheld_event(monitor, verdict)),
    )


def _champion(snapshot: DriftMonitorSnapshot) -> str | Wanted:
    """The name of the version to watch, or the condition that says why there is none."""
    name = snapshot.monitor.spec.model_ref.name
    if snapshot.model is None:
        text = explain(Reason.MODEL_NOT_FOUND, f"there is no Model {name}")
        return Wanted("Ready", "False", Reason.MODEL_NOT_FOUND, text)
    if snapshot.model.status.champion is None:
        return Wanted("Ready", "False", Reason.NO_VERSION, explain(Reason.NO_VERSION, f"{name} has no champion"))
    return snapshot.model.status.champion.name


def _has_request_log(snapshot: DriftMonitorSnapshot) -> bool:
    return snapshot.model is not None and snapshot.model.spec.serving.logging is not None


def _around(snapshot: DriftMonitorSnapshot) -> Around:
    """Of the time when drift began."""
    figures = read_figures(snapshot.monitor.status.evaluation)
    if figures is None or snapshot.model is None:
        return Around()
    told = circumstances(snapshot.monitor, snapshot.model, snapshot.champion, snapshot.before, figures)
    return Around(began_at(figures), told)


def _withheld_event(monitor: DriftMonitor, verdict: Verdict) -> tuple[Event, ...]:
    """Told once for as long as the same thing keeps a verdict back that only a person can mend."""
    before = monitor.condition("DriftDetected")
    news = before is None or before.reason != verdict.reason
    if verdict.verdict != "Inconclusive" or verdict.reason == Reason.NOT_ENOUGH_SAMPLES or not hint(verdict.reason):
        return ()
    return (Event("Warning", verdict.reason, verdict.message[:1024]),) if news else ()


def _conditions(verdict: Verdict, course: Course) -> list[Wanted]:
    """Drift is no fault of the monitor: it stays Ready. An open episode stays detected while nothing can be told."""
    known: dict[str, Status] = {"Drift": "True", "Stable": "False", "Inconclusive": "Unknown"}
    detected: Status = "True" if is_open(course.episode) else known[verdict.verdict]
    return [
        Wanted("Ready", "True", verdict.reason, verdict.message),
        Wanted("DriftDetected", detected, verdict.reason, verdict.message),
    ]


def _changed(monitor: DriftMonitor, status: DriftMonitorStatus, wanted: list[Wanted], now: datetime) -> Raw | None:
    generation = monitor.metadata.generation
    raw: Raw = status.model_copy(update={"observed_generation": generation}).dump()
    raw["conditions"] = set_conditions(monitor.status.conditions, wanted, generation, now)
    if status.evaluation is not None:
        raw["evaluation"] = status.evaluation
    return None if raw == monitor.status.dump() else raw


def _turns_stale(monitor: DriftMonitor, now: datetime) -> timedelta | None:
    """When the present figures are too old, unless newer ones come before."""
    figures = read_figures(monitor.status.evaluation)
    if figures is None:
        return None
    left = figures.observed_at + patience(monitor) - now
    return left + _A_MOMENT if left >= timedelta(0) else None
