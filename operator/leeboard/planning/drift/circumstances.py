"""What else changed about the time when drift began: versions, their data and code, and rollouts."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.figures import Figures
from leeboard.planning.lineage_changes import changed_parts

MOST = 5
_TEXT_LIMIT = 512


def circumstances(
    monitor: DriftMonitor, model: Model, champion: ModelVersion | None, before: ModelVersion | None, figures: Figures
) -> tuple[str, ...]:
    """In words, the newest first. `before` is the champion before this one.

    Looked at is from a window before drift began (where that is known; else before the window that found it) until the
    figures were taken.
    """
    length = parse_duration(monitor.spec.window.length)
    began = began_at(figures)
    since = (began if began is not None else figures.observed_at - length) - length
    found = [(at, text) for at, text in _changes(model, champion, before) if since <= at <= figures.observed_at]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(f"{timestamp(at)} {text}"[:_TEXT_LIMIT] for at, text in found[:MOST])


def began_at(figures: Figures) -> datetime | None:
    """When the first of the inputs that drifted began to, where that is known."""
    return min((one.since for one in figures.features if one.since is not None), default=None)


def _changes(
    model: Model, champion: ModelVersion | None, before: ModelVersion | None
) -> Iterator[tuple[datetime, str]]:
    status = model.status
    for record in status.history:
        text = f"{record.name} became champion ({record.reason})"
        if champion is not None and record.name == champion.metadata.name:
            text += _unlike(champion, before)
        yield record.since, text
    candidate = status.candidate
    if candidate is not None and candidate.canary_started_at is not None:
        yield candidate.canary_started_at, f"{candidate.name} was given a part of the requests"
    for one in status.quarantined:
        yield one.at, f"{one.name} was rolled back ({one.reason})"
    if champion is not None and champion.metadata.creation_timestamp is not None and not status.history:
        yield champion.metadata.creation_timestamp, f"{champion.metadata.name} was registered"


def _unlike(champion: ModelVersion, before: ModelVersion | None) -> str:
    if before is None:
        return ""
    changed = changed_parts(champion, before)
    name = before.metadata.name
    return f"; it differs from {name} in {', '.join(changed)}" if changed else f"; it was made like {name}"
