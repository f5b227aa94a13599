"""How often an object's status may be written that decides nothing: what is only told may wait, what moves may not.

Two operators that both believe to lead, one of which hears late, otherwise answer each other's words as fast as the API
server takes them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from leeboard.controllers.base import Key

BURST = 10
EVERY = timedelta(seconds=3)
"""So many writes may follow each other at once; a further one comes each time this has passed."""


class StatusRate:
    """A token bucket for each object."""

    def __init__(self) -> None:
        self._full_at: dict[Key, datetime] = {}

    def wait(self, key: Key, now: datetime) -> timedelta | None:
        """None where a write is left, which is taken by that; else how long it is until there is one."""
        full_at = max(self._full_at.get(key, now), now)
        missing = full_at - now
        if missing > (BURST - 1) * EVERY:
            return missing - (BURST - 1) * EVERY
        self._full_at[key] = full_at + EVERY
        return None

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self._full_at.pop(key, None)
