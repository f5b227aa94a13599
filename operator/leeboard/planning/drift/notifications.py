"""What the webhooks of a monitor have to be told of its episodes, from its spec, its status and the record of before.

Of each episode a webhook is told that it began, once its action Alert was carried out, and that it ended. A webhook is
told in the order of the episodes. Pure: the evaluator sends, and keeps the record in status.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Episode
from leeboard.api.durations import parse_duration
from leeboard.api.fields import LONGEST_TEXT
from leeboard.api.notifications import MOST_DELIVERIES, Delivery, Webhook, WebhookKey
from leeboard.api.reasons import Reason, explain

NotificationType = Literal["firing", "resolved"]
EPISODES_KEPT = MOST_DELIVERIES // 8
"""Of each webhook; a monitor has eight actions at most."""
TOLD_FOR = timedelta(days=1)
"""How long after its end an episode is still told of: later it would alarm people about what is long over."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
"""After an attempt that failed; the pause doubles with each."""
SHORTEST_RENEWAL = timedelta(minutes=1)
RENEWALS_AHEAD = 4
"""For how many renewals an open alert holds in Alertmanager without another one."""


@dataclass(frozen=True)
class Notification:
    """What is to be sent now, and the record of it so far."""

    type: NotificationType
    delivery: Delivery

    @property
    def id(self) -> str:
        """The same whenever the same thing is told: receivers drop a repetition by it."""
        return f"{self.delivery.episode}.{self.type}"


def recorded(monitor: DriftMonitor, before: tuple[Delivery, ...], now: datetime) -> tuple[Delivery, ...]:
    """The record as it has to be before anything is sent: with the episode of the status, and the end of those before.

    A webhook that the spec names no more is told that what it heard of has ended, and is forgotten then.
    """
    kept: list[Delivery] = []
    episode = monitor.status.episode
    for webhook in _webhooks(monitor):
        known = [_ended(monitor, one, now) for one in before if one.webhook == webhook.key]
        if episode is not None and episode.id not in {one.episode for one in known}:
            known += [_begun(webhook, episode)] if _is_told(episode, webhook, now) else []
        waiting = [one for one in known[:-1] if one.resolved_at is None and not _is_past(one.ended_at, now)]
        kept += [*_most_needed(waiting), *known[-1:]]
    named = {webhook.key for webhook in _webhooks(monitor)}
    kept += parting([one for one in before if one.webhook not in named], now)
    return tuple(kept[:MOST_DELIVERIES])


def parting(record: Iterable[Delivery], now: datetime) -> tuple[Delivery, ...]:
    """What is left to tell webhooks that belong to nothing any more, because the monitor is gone or names them no
    more: that what they heard of has ended. What they were not told stays untold."""
    heard = (one for one in record if one.resolved_at is None and (one.fired_at or one.sent_at) is not None)
    ended = (one.model_copy(update={"ended_at": one.ended_at or _end(one.started_at, now)}) for one in heard)
    return tuple(one for one in ended if not _is_past(one.ended_at, now))


def due(monitor: DriftMonitor, record: tuple[Delivery, ...], now: datetime) -> tuple[Notification, ...]:
    """What is to be sent now: one notification a webhook at most, that of the oldest episode first."""
    found: dict[WebhookKey, Notification | None] = {}
    for delivery in record:
        waits = delivery.resolved_at is None and not _is_past(delivery.ended_at, now)
        if waits and delivery.webhook not in found:
            found[delivery.webhook] = _due(monitor, delivery, now)
    return tuple(one for one in found.values() if one is not None)


def taken(notification: Notification, http_status: int, now: datetime) -> Delivery:
    """The record after the webhook took a notification."""
    delivery = notification.delivery
    first = delivery.fired_at or now
    about = {"fired_at": first} if notification.type == "firing" else {"resolved_at": now}
    nothing = {"attempts": 0, "attempted_at": None, "reason": "", "message": ""}
    return delivery.model_copy(update={**about, **nothing, "sent_at": now, "http_status": http_status})


def failed(notification: Notification, reason: Reason, message: str, http_status: int, now: datetime) -> Delivery:
    """The record after an attempt that failed; `http_status` is 0 where no answer came."""
    delivery = notification.delivery
    update = {
        "attempts": delivery.attempts + 1,
        "attempted_at": now,
        "http_status": http_status,
        "reason": str(reason),
        "message": explain(reason, message)[:LONGEST_TEXT],
    }
    return delivery.model_copy(update=update)


def holds_until(monitor: DriftMonitor, now: datetime) -> datetime:
    """Until when an open alert that is sent to Alertmanager now stays one without another."""
    return now + RENEWALS_AHEAD * _renewal(monitor)


def pause_after(attempts: int) -> timedelta:
    """How long nothing is sent after so many attempts in a row that failed."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 16)) if attempts else timedelta(0)


def _due(monitor: DriftMonitor, delivery: Delivery, now: datetime) -> Notification | None:
    pause, is_renewed = pause_after(delivery.attempts), delivery.format == "Alertmanager"
    if is_renewed and delivery.sent_at is not None:
        pause = min(pause, _renewal(monitor))  # else an alert could end by itself before the next attempt
    if delivery.attempted_at is not None and now < delivery.attempted_at + pause:
        return None
    if delivery.ended_at is not None and (delivery.fired_at is not None or is_renewed):
        return Notification("resolved", delivery)
    if delivery.fired_at is None or (
        is_renewed and delivery.sent_at is not None and now >= delivery.sent_at + _renewal(monitor)
    ):
        return Notification("firing", delivery)
    return None


def _renewal(monitor: DriftMonitor) -> timedelta:
    return max(SHORTEST_RENEWAL, parse_duration(monitor.spec.window.every))


def _most_needed(waiting: list[Delivery]) -> list[Delivery]:
    """As many as are kept beside the newest: whose beginning was told needs an end, of others the newest count."""
    room = EPISODES_KEPT - 1
    begun = [one for one in waiting if one.fired_at is not None][:room]
    untold = [one for one in waiting if one.fired_at is None]
    return [*begun, *untold[max(0, len(untold) - (room - len(begun))) :]]


def _webhooks(monitor: DriftMonitor) -> list[Webhook]:
    """Those of the spec, each once."""
    return list({one.webhook.key: one.webhook for one in monitor.spec.actions if one.webhook is not None}.values())


def _is_told(episode: Episode, webhook: Webhook, now: datetime) -> bool:
    return webhook.key in episode.webhooks and not _is_past(episode.ended_at, now)


def _is_past(ended_at: datetime | None, now: datetime) -> bool:
    return ended_at is not None and now - ended_at > TOLD_FOR


def _begun(webhook: Webhook, episode: Episode) -> Delivery:
    return Delivery(
        secret=webhook.secret_ref.name,
        format=webhook.format,
        episode=episode.id,
        version=episode.version,
        started_at=episode.started_at,
        ended_at=_end(episode.started_at, episode.ended_at),
        cause=episode.reason,
    )


def _ended(monitor: DriftMonitor, delivery: Delivery, now: datetime) -> Delivery:
    """With the end of its episode: what the episode says or, where another took its place, when that began."""
    episode = monitor.status.episode
    if delivery.ended_at is not None:
        return delivery
    if episode is None:
        ended_at: datetime | None = now
    else:
        ended_at = episode.ended_at if episode.id == delivery.episode else episode.started_at
    return delivery.model_copy(update={"ended_at": _end(delivery.started_at, ended_at)})


def _end(started_at: datetime, ended_at: datetime | None) -> datetime | None:
    """No episode ends before it began, whatever clocks say."""
    return None if ended_at is None else max(started_at, ended_at)
