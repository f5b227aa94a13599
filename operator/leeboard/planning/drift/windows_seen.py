"""What figures say of the window files that they were made of, and of the pods that left them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeboard.planning.drift.raw_values import read_count, read_moment, read_number


@dataclass(frozen=True)
class Heard:
    """The pods that left a window which ended at `since` or later: none of their windows is late by five."""

    since: datetime
    pods: frozenset[str]


@dataclass(frozen=True)
class Windows:
    """Files of windows that were looked at; when the newest one that the champion left ended, and its length in
    seconds, None where it has left none yet; `heard` None where that is not told."""

    count: int
    newest: datetime | None
    seconds: float | None
    heard: Heard | None = None


def read_windows(raw: Any) -> Windows | None:
    """`windows` of the figures; None where there are none."""
    if not isinstance(raw, Mapping):
        return None
    newest, seconds = read_moment(raw.get("newest")), read_number(raw.get("seconds"))
    return Windows(read_count(raw.get("count")) or 0, newest, seconds, _heard(raw.get("heard")))


def _heard(raw: Any) -> Heard | None:
    since, pods = (read_moment(raw.get("since")), raw.get("pods")) if isinstance(raw, Mapping) else (None, None)
    if since is None or not isinstance(pods, list):
        return None
    return Heard(since, frozenset(str(one) for one in pods))
