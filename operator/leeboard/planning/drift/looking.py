"""One look of a monitor at the newest figures: the verdict as the operator tells it, and as the report draws it."""

from datetime import datetime

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Look
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.planning.drift.persistence import looks_after, persistent
from leeboard.planning.drift.verdict import Verdict, judge


def verdict_of(
    monitor: DriftMonitor, model: Model | None, champion: str, now: datetime
) -> tuple[Verdict, tuple[Look, ...]]:
    """What the figures in the monitor's status say about the champion, and the looks that count with this one."""
    found = judge(monitor, champion, now, labels_due(monitor, model))
    looks = looks_after(monitor, champion, found)
    return persistent(monitor, found, looks), looks


def labels_due(monitor: DriftMonitor, model: Model | None) -> datetime | None:
    """From when on the predictions of a whole window of the champion have had time to get their labels.

    None: nobody knows when.
    """
    if model is None or model.status.champion is None:
        return None
    delay, window = model.spec.prediction.label_delay, monitor.spec.window.length
    return model.status.champion.since + parse_duration(delay) + parse_duration(window)
