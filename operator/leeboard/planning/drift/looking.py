"""One look of a monitor at the newest figures: the verdict as the operator tells it, and as the report draws it."""

from dataclasses import replace
from datetime import datetime

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Look
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.reasons import Reason
from leeboard.planning.drift.persistence import looks_after, persistent
from leeboard.planning.drift.verdict import Verdict, judge
from leeboard.planning.serving.silent_exporters import told_silent


def verdict_of(
    monitor: DriftMonitor, model: Model | None, champion: str, now: datetime
) -> tuple[Verdict, tuple[Look, ...]]:
    """What the figures in the monitor's status say about the champion, and the looks that count with this one."""
    found = _counted(judge(monitor, champion, now, labels_due(monitor, model)), told_silent(model))
    looks = looks_after(monitor, champion, found)
    return persistent(monitor, found, looks), looks


def _counted(found: Verdict, silent: str | None) -> Verdict:
    """What uncounted pods answered may be what drifted: nothing is Stable then, and drift of the others is drift."""
    if silent is None or found.verdict != "Stable":
        return found
    return replace(found, verdict="Inconclusive", reason=Reason.OBSERVATIONS_MISSING, message=silent)


def labels_due(monitor: DriftMonitor, model: Model | None) -> datetime | None:
    """From when on the predictions of a whole window of the champion have had time to get their labels.

    None: nobody knows when.
    """
    if model is None or model.status.champion is None:
        return None
    delay, window = model.spec.prediction.label_delay, monitor.spec.window.length
    return model.status.champion.since + parse_duration(delay) + parse_duration(window)
