"""What Events tell of an object, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from leeboard.cli.objects import Raw

MOST = 12
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Happening:
    """One Event: when it was seen last, and how often."""

    at: datetime
    type: str
    reason: str
    message: str
    count: int
    regarding: str


def happenings(events: Iterable[Raw], uids: Iterable[str], most: int = MOST) -> tuple[Happening, ...]:
    """The Events about objects of these UIDs, the newest first, at most `most`."""
    wanted = set(uids)
    found = [_read(event) for event in events if (event.get("regarding") or {}).get("uid") in wanted]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:most])


def _read(event: Raw) -> Happening:
    series, regarding = event.get("series") or {}, event["regarding"]
    moments = (
        series.get("lastObservedTime"),
        event.get("eventTime"),
        event.get("deprecatedLastTimestamp"),
        event["metadata"].get("creationTimestamp"),
    )
    told = next((moment for moment in moments if moment), None)
    return Happening(
        datetime.fromisoformat(told) if told else _LONG_AGO,
        str(event.get("type", "")),
        str(event.get("reason", "")),
        str(event.get("note", "")),
        int(series.get("count") or event.get("deprecatedCount") or 1),
        f"{regarding.get('kind', '')}/{regarding.get('name', '')}",
    )
