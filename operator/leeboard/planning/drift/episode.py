"""Episodes of drift: from the first verdict Drift to the next Stable, and what is asked in each, once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from leeboard.api.drift_monitor import HARM, Action, CheckType, DriftMonitor, Episode, Request
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.verdict import Verdict, summary
from leeboard.planning.plan import Event

_TEXT_LIMIT = 1024


@dataclass(frozen=True)
class Course:
    """The newest episode, what is asked of others, what is told, and how many runs in a row did not help."""

    episode: Episode | None
    requests: tuple[Request, ...]
    events: tuple[Event, ...] = ()
    unhelpful: int = 0


def episode_id(monitor_uid: str, champion: str, started_at: datetime) -> str:
    """The same for the same monitor, champion and beginning."""
    whole = "\0".join((monitor_uid, champion, timestamp(started_at)))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def is_open(episode: Episode | None) -> bool:
    """Whether an episode is under way."""
    return episode is not None and episode.ended_at is None


def follow(monitor: DriftMonitor, champion: str, verdict: Verdict, now: datetime) -> Course:
    """The course after a verdict. Inconclusive changes nothing: neither an episode nor what was asked in it."""
    episode, requests, unhelpful = monitor.status.episode, monitor.status.requests, monitor.status.unhelpful
    if verdict.verdict == "Inconclusive":
        return Course(episode, requests, unhelpful=unhelpful)
    if verdict.verdict == "Stable":
        if episode is None or episode.ended_at is not None:
            return Course(episode, ())
        ended = episode.model_copy(update={"ended_at": now})
        return Course(ended, (), (Event("Normal", Reason.STABLE, f"{champion} does not drift any more"),))
    events: list[Event] = []
    begins = False
    if episode is None or episode.ended_at is not None or episode.version != champion:
        # drift of another champion is another episode: what was asked for the one before did not help
        unhelpful += int(is_open(episode) and bool(requests))
        episode, requests, begins = _begin(monitor, champion, verdict, now), (), True
        if not any(action.type == "Alert" for action in monitor.spec.actions):
            events.append(Event("Normal", Reason.DRIFT, f"{champion}: {verdict.message}"[:_TEXT_LIMIT]))
    alerts = [action for action in monitor.spec.actions if action.type == "Alert" and _applies(action, verdict)]
    if alerts and not episode.alerted:
        episode = episode.model_copy(update={"alerted": True})
        events.append(Event("Warning", Reason.DRIFT, f"{champion}: {verdict.message}"[:_TEXT_LIMIT]))
    asked = _retrainings(monitor, episode, requests, verdict)
    if asked and unhelpful >= monitor.spec.give_up_after:
        told = f"drift went on after each of the last {unhelpful} runs; no other is asked for until it has ended"
        news = [Event("Warning", Reason.RETRAINING_DOES_NOT_HELP, explain(Reason.RETRAINING_DOES_NOT_HELP, told))]
        return Course(episode, requests, (*events, *(news if begins else ())), unhelpful)
    events += [
        Event(
            "Normal", Reason.RETRAIN_REQUESTED, f"TrainingJob {one.training_job_ref.name}: {one.reason}"[:_TEXT_LIMIT]
        )
        for one in asked
    ]
    return Course(episode, (*requests, *asked), tuple(events), unhelpful)


def _begin(monitor: DriftMonitor, champion: str, verdict: Verdict, now: datetime) -> Episode:
    started = (verdict.observed_at or now).replace(microsecond=0)
    identity = episode_id(monitor.metadata.uid, champion, started)
    return Episode(id=identity, version=champion, started_at=started, reason=verdict.message[:_TEXT_LIMIT])


def _retrainings(
    monitor: DriftMonitor, episode: Episode, requests: tuple[Request, ...], verdict: Verdict
) -> list[Request]:
    known, asked = {one.training_job_ref.name for one in requests}, []
    for action in monitor.spec.actions:
        reference = action.training_job_ref
        if action.type != "Retrain" or reference is None or reference.name in known:
            continue
        wanted = _retrain_when(monitor, action)
        if not any(one.check in wanted for one in verdict.drifted):
            continue
        known.add(reference.name)
        # what does the harm first; then what else drifted, which may be why
        matching = [one for one in verdict.drifted if one.check in wanted]
        matching += [one for one in verdict.drifted if one.check not in wanted and not action.when]
        reason = summary(matching)[:_TEXT_LIMIT]
        asked.append(Request(type="Retrain", training_job_ref=reference, episode=episode.id, reason=reason))
    return asked


def _retrain_when(monitor: DriftMonitor, action: Action) -> set[CheckType]:
    """The checks whose drift makes a run worth its while: those that the user names, else those that tell of harm, else
    all, where the monitor has none that could tell.
    """
    if action.when:
        return set(action.when)
    checks = {check.type for check in monitor.spec.checks}
    return checks & set(HARM) or checks


def _applies(action: Action, verdict: Verdict) -> bool:
    return any(not action.when or one.check in action.when for one in verdict.drifted)
