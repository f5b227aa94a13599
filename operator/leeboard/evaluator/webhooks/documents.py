"""What is sent: a document of our own, or an alert for Alertmanager."""

import json
from datetime import datetime
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.notifications import Notification, holds_until

CONTRACT = 1
ALERT_NAME = "LeeboardDriftEpisode"
MOST_FINDINGS = 20


def document(monitor: DriftMonitor, notification: Notification, now: datetime) -> bytes:
    """The body for the format Webhook, JSON."""
    delivery = notification.delivery
    told: dict[str, Any] = {
        "contract": CONTRACT,
        "type": notification.type,
        "timestamp": timestamp(now),
        **_names(monitor, notification),
        "episode": delivery.episode,
        "startedAt": timestamp(delivery.started_at),
        **({"endedAt": timestamp(delivery.ended_at)} if delivery.ended_at else {}),
        "reason": delivery.cause,
        "findings": _findings(monitor, notification),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def alerts(monitor: DriftMonitor, notification: Notification, now: datetime) -> bytes:
    """The body for `/api/v2/alerts`: one alert, which ends when the episode did.

    While that is open it ends by itself some evaluations later, unless it is sent again.
    """
    delivery, names = notification.delivery, _names(monitor, notification)
    until = delivery.ended_at or holds_until(monitor, now)
    alert = {
        "labels": {"alertname": ALERT_NAME, "severity": "warning", **names},
        "annotations": {
            "summary": f"{names['version']} of the Model {names['namespace']}/{names['model']} drifts",
            "description": delivery.cause,
        },
        "startsAt": timestamp(delivery.started_at),
        "endsAt": timestamp(until),
    }
    return json.dumps([alert], ensure_ascii=False).encode()


def _names(monitor: DriftMonitor, notification: Notification) -> dict[str, str]:
    return {
        "namespace": monitor.metadata.namespace,
        "monitor": monitor.metadata.name,
        "model": monitor.spec.model_ref.name,
        "version": notification.delivery.version,
    }


def _findings(monitor: DriftMonitor, notification: Notification) -> list[dict[str, Any]]:
    """What drifts now, where the episode is open and the one that the findings are about."""
    episode, delivery = monitor.status.episode, notification.delivery
    if delivery.ended_at is not None or episode is None or episode.id != delivery.episode:
        return []
    drifted = [one for one in monitor.status.findings if one.verdict == "Drift"]
    return [{key: value for key, value in one.dump().items() if value} for one in drifted[:MOST_FINDINGS]]
