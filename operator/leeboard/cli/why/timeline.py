"""The entries of a timeline, and their order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Step = Literal["cause", "command", "run", "evaluation", "registered", "gate", "approval", "rollout", "champion", "end"]

_ORDER: dict[Step, int] = {
    "cause": 0,
    "command": 1,
    "run": 2,
    "evaluation": 3,
    "registered": 4,
    "gate": 5,
    "approval": 6,
    "rollout": 7,
    "champion": 8,
    "end": 9,
}
_UNKNOWN_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reference:
    """What an entry can be followed back to: an object with its UID, a digest, or an id within a status."""

    kind: str
    name: str
    id: str = ""


@dataclass(frozen=True)
class Entry:
    """Something that happened. `at` is None where no object remembers when.

    `source` says what told of it, `about` which version it concerns where a story is of several.
    """

    step: Step
    at: datetime | None
    title: str
    message: str = ""
    reason: str = ""
    source: str = ""
    references: tuple[Reference, ...] = field(default=())
    about: str = ""


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """By time; within one second, and where no time is known, in the order in which things happen.

    An entry without a time stands before the first later step whose time is known.
    """
    listed = list(entries)
    known = [one for one in listed if one.at is not None]

    def place(entry: Entry) -> tuple[datetime, int]:
        if entry.at is not None:
            return (entry.at.replace(microsecond=0), _ORDER[entry.step])
        later = [
            one.at
            for one in known
            if one.at is not None and one.about == entry.about and _ORDER[one.step] > _ORDER[entry.step]
        ]
        return (min(later).replace(microsecond=0) if later else _UNKNOWN_TIME, _ORDER[entry.step])

    return sorted(listed, key=place)
