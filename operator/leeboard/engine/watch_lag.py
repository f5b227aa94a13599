"""How far the watches are behind, measured by what is known to have changed.

An idle cluster sends no events, so the age of the last event says nothing. But whatever a write, a read or a list
showed has to come over a watch too: how long the oldest version that none has delivered is known is how long a watch
has been silent that should have spoken. It may be dead: kopf's watches can end while everything around them goes on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from leeboard.controllers.base import Key
from leeboard.engine.store import REMEMBERED_DELETIONS, newer, version_of
from leeboard.planning.plan import Raw


class WatchLag:
    """What is known otherwise and has not been seen; `seconds` is a monotonic clock."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._expected: dict[Key, tuple[str, float]] = {}
        self._seen: dict[Key, str] = {}
        self._deleted: OrderedDict[str, None] = OrderedDict()

    def expect(self, known: Raw) -> None:
        """The API server answered a write, a read or a list with this object, whose kind is watched."""
        if known["metadata"].get("uid") in self._deleted:
            return  # the answer was on its way while the watch told of the deletion
        key, version = Key.of(known), version_of(known)
        expected, since = self._expected.get(key, ("", self._seconds()))
        if newer(version, self._seen.get(key, "")) and newer(version, expected):
            self._expected[key] = (version, since)

    def seen(self, watched: Raw) -> None:
        """A watch delivered this object: it is alive, and may be behind by what was expected all the same."""
        key, version = Key.of(watched), version_of(watched)
        if not newer(version, self._seen.get(key, "")):
            return
        self._seen[key] = version
        expected, _ = self._expected.pop(key, ("", 0.0))
        if newer(expected, version):
            self._expected[key] = (expected, self._seconds())

    def forget(self, key: Key, uid: str | None = None) -> None:
        """The object is gone; with a UID nothing is expected of it any more, whatever answer is still on its way."""
        self._expected.pop(key, None)
        self._seen.pop(key, None)
        if uid:
            self._deleted[uid] = None
            while len(self._deleted) > REMEMBERED_DELETIONS:
                self._deleted.popitem(last=False)

    def lag(self, kind: str) -> float:
        """Seconds since when the watch of a kind is known to be behind; 0 when it is not."""
        return self._age(since for key, (_, since) in self._expected.items() if key.kind == kind)

    def worst(self) -> tuple[float, str]:
        """The longest lag, and the kind it is of; 0 and an empty text when no watch is behind."""
        kinds = {key.kind for key in self._expected}
        return max(((self.lag(kind), kind) for kind in sorted(kinds)), default=(0.0, ""))

    def _age(self, moments: Iterable[float]) -> float:
        oldest = min(moments, default=None)
        return 0.0 if oldest is None else self._seconds() - oldest
