"""Which children are already as they should be, so that a reconcile that changes nothing writes nothing.

Comparing a desired object with the live one field by field is wrong in both directions: the server defaults and
normalises ("1000m" becomes "1"), and a field that is not desired any more does not show. Instead it is remembered
what was applied and what the server made of it; while neither differs, another apply could only repeat itself.
After a restart every child is applied once more, which changes nothing on the server.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any

from leeboard.controllers.base import Key
from leeboard.planning.plan import Raw

REMEMBERED_OBJECTS = 20_000
_CHANGING = frozenset({"managedFields", "resourceVersion", "generation"})


class Applied:
    """What was applied last, by object, for the 20,000 that were applied most recently."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, tuple[str, str]] = OrderedDict()

    def is_current(self, desired: Raw, live: Raw | None) -> bool:
        """Whether this was applied already and nobody has changed the object since."""
        return live is not None and self._known.get(Key.of(desired)) == (_digest(desired), _digest(_settled(live)))

    def remember(self, desired: Raw, result: Raw) -> None:
        """`result` is what the server answered to the apply of `desired`."""
        self._known.pop(Key.of(desired), None)
        self._known[Key.of(desired)] = (_digest(desired), _digest(_settled(result)))
        while len(self._known) > REMEMBERED_OBJECTS:
            self._known.popitem(last=False)


def _settled(live: Raw) -> Raw:
    metadata = {name: value for name, value in live["metadata"].items() if name not in _CHANGING}
    return {**{name: value for name, value in live.items() if name != "status"}, "metadata": metadata}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
