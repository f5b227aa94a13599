"""Episodes of drift: from the first verdict Drift to the next Stable, and what is asked in each, once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from leeboard.api.drift_action import Action
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Acted, Episode, Request
from leeboard.api.fields import LONGEST_TEXT
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.limits import is_free, remembered
from leeboard.planning.drift.requests import event_of, wanted_requests
from leeboard.planning.drift.verdict import Verdict
from leeboard.planning.plan import Event


@dataclass(frozen=True)
class Course:
    """The newest episode, what is asked of others, what is told, how many runs in a row did not help, and when actions
    that are limited were carried out."""

    episode: Episode | None
    requests: tuple[Request, ...]
    events: tuple[Event, ...] = ()
    unhelpful: int = 0
    acted: tuple[Acted, ...] = ()


@dataclass(frozen=True)
class Around:
    """When drift began, where the figures tell, and what else changed about that time."""

    drifting_since: datetime | None = None
    circumstances: tuple[str, ...] = ()


def episode_id(monitor_uid: str, champion: str, started_at: datetime) -> str:
    """The same for the same monitor, champion and beginning."""
    whole = "\0".join((monitor_uid, champion, timestamp(started_at)))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def is_open(episode: Episode | None) -> bool:
    """Whether an episode is under way."""
    return episode is not None and episode.ended_at is None


def follow(
    monitor: DriftMonitor, champion: str, verdict: Verdict, now: datetime, around: Callable[[], Around] = Around
) -> Course:
    """The course after a verdict. Inconclusive changes nothing: neither an episode nor what was asked in it.

    `around` tells of the time when drift began, and is asked where an episode begins.
    """
    status = monitor.status
    if verdict.verdict == "Inconclusive":
        return Course(status.episode, status.requests, unhelpful=status.unhelpful, acted=status.acted)
    if verdict.verdict == "Stable":
        return _calm(monitor, champion, now)
    before = status.episode
    if before is not None and is_open(before) and before.version == champion:
        return _act(monitor, Course(before, status.requests, (), status.unhelpful, status.acted), verdict, now)
    # drift of another champion is another episode: what was asked for the one before did not help
    unhelpful = status.unhelpful + int(is_open(before) and bool(status.requests))
    events: tuple[Event, ...] = ()
    if not any(action.type == "Alert" for action in monitor.spec.actions):
        events = (Event("Normal", Reason.DRIFT, f"{champion}: {verdict.message}"[:LONGEST_TEXT]),)
    begun = Course(_begin(monitor, champion, verdict, now, around()), (), events, unhelpful, status.acted)
    return _act(monitor, begun, verdict, now, begins=True)


def _calm(monitor: DriftMonitor, champion: str, now: datetime) -> Course:
    episode, acted = monitor.status.episode, monitor.status.acted
    if episode is None or episode.ended_at is not None:
        return Course(episode, (), acted=acted)
    ended = episode.model_copy(update={"ended_at": now})
    return Course(ended, (), (Event("Normal", Reason.STABLE, f"{champion} does not drift any more"),), acted=acted)


def _act(monitor: DriftMonitor, course: Course, verdict: Verdict, now: datetime, *, begins: bool = False) -> Course:
    """What an open episode sets going: each action once, where its cooldown and limit allow it."""
    return _asked(monitor, _alerted(monitor, course, verdict, now), verdict, now, begins=begins)


def _alerted(monitor: DriftMonitor, course: Course, verdict: Verdict, now: datetime) -> Course:
    episode = course.episode
    if episode is None:
        return course
    due = [
        one
        for one in monitor.spec.actions
        if one.type == "Alert" and _applies(one, verdict) and not _is_carried_out(one, episode)
    ]
    free = [one for one in due if is_free(one, course.acted, now)]
    if not free:
        return course
    told = Event("Warning", Reason.DRIFT, f"{episode.version}: {verdict.message}"[:LONGEST_TEXT])
    told_of = {*episode.webhooks, *(one.webhook.key for one in free if one.webhook is not None)}
    webhooks = [one.webhook.key for one in monitor.spec.actions if one.webhook is not None]
    return replace(
        course,
        episode=episode.model_copy(
            update={"alerted": True, "webhooks": tuple(one for one in dict.fromkeys(webhooks) if one in told_of)}
        ),
        events=course.events if episode.alerted else (*course.events, told),
        acted=remembered(course.acted, free, now),
    )


def _asked(monitor: DriftMonitor, course: Course, verdict: Verdict, now: datetime, *, begins: bool) -> Course:
    episode = course.episode
    if episode is None:
        return course
    wanted = wanted_requests(monitor, episode, course.requests, verdict)
    free = [(action, request) for action, request in wanted if is_free(action, course.acted, now)]
    if wanted and course.unhelpful >= monitor.spec.give_up_after:
        told = f"drift went on after each of the last {course.unhelpful} runs; no other is asked for until it has ended"
        news = Event("Warning", Reason.RETRAINING_DOES_NOT_HELP, explain(Reason.RETRAINING_DOES_NOT_HELP, told))
        return replace(course, events=(*course.events, *((news,) if begins else ())))
    return replace(
        course,
        requests=(*course.requests, *(request for _, request in free)),
        events=(*course.events, *(event_of(monitor, request) for _, request in free)),
        acted=remembered(course.acted, [action for action, _ in free], now),
    )


def _begin(monitor: DriftMonitor, champion: str, verdict: Verdict, now: datetime, around: Around) -> Episode:
    started = (verdict.observed_at or now).replace(microsecond=0)
    return Episode(
        id=episode_id(monitor.metadata.uid, champion, started),
        version=champion,
        started_at=started,
        drifting_since=around.drifting_since,
        circumstances=around.circumstances,
        reason=verdict.message[:LONGEST_TEXT],
    )


def _is_carried_out(action: Action, episode: Episode) -> bool:
    return episode.alerted if action.webhook is None else action.webhook.key in episode.webhooks


def _applies(action: Action, verdict: Verdict) -> bool:
    return any(not action.when or one.check in action.when for one in verdict.drifted)
