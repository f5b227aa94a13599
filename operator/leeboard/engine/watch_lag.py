"""How far the watches are behind, measured by our own writes.

An idle cluster sends no events, so the age of the last event says nothing. But every write of ours has to come back
over a watch: the oldest that has not is how long a watch has been silent that should have spoken.
"""

from __future__ import annotations

from collections.abc import Callable

from leeboard.controllers.base import Key
from leeboard.engine.store import newer, version_of
from leeboard.planning.plan import Raw


class WatchLag:
    """What was written and has not been seen; `seconds` is a monotonic clock."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._expected: dict[Key, tuple[str, float]] = {}
        self._seen: dict[Key, str] = {}

    def expect(self, written: Raw) -> None:
        """The API server answered a write, or a list, with this object."""
        key, version = Key.of(written), version_of(written)
        if newer(version, self._seen.get(key, "")):
            since = self._expected.get(key, ("", self._seconds()))[1]
            self._expected[key] = (version, since)

    def seen(self, watched: Raw) -> None:
        """A watch delivered this object."""
        key, version = Key.of(watched), version_of(watched)
        if newer(version, self._seen.get(key, "")):
            self._seen[key] = version
        expected = self._expected.get(key)
        if expected is not None and not newer(expected[0], self._seen[key]):
            del self._expected[key]

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self._expected.pop(key, None)
        self._seen.pop(key, None)

    def lag(self) -> float:
        """Seconds since the oldest write that no watch has delivered yet; 0 when all were."""
        oldest = min((since for _, since in self._expected.values()), default=None)
        return 0.0 if oldest is None else self._seconds() - oldest
