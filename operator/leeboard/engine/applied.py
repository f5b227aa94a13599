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
from dataclasses import dataclass
from typing import Any

from leeboard.controllers.base import Key
from leeboard.engine.store import version_of
from leeboard.planning.plan import Raw

REMEMBERED_OBJECTS = 100_000
_CHANGING = frozenset({"managedFields", "resourceVersion", "generation"})
_REVISION = "deployment.kubernetes.io/revision"
"""Counted up by the Deployment controller, and no change of what was asked for."""


@dataclass
class _Known:
    desired: bytes
    live: bytes
    version: str


class Applied:
    """What was applied last, by object, for the 100,000 that were applied most recently."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, _Known] = OrderedDict()

    def is_current(self, desired: Raw, live: Raw | None) -> bool:
        """Whether this was applied already and nobody has changed the object since."""
        known = self._known.get(Key.of(desired))
        if live is None or known is None or known.desired != _digest(desired):
            return False
        version = version_of(live)
        if version != known.version and known.live != _digest(_settled(live)):
            return False
        known.version = version  # the next look need not compare the same object again
        return True

    def remember(self, desired: Raw, result: Raw) -> None:
        """`result` is what the server answered to the apply of `desired`."""
        key = Key.of(desired)
        self._known.pop(key, None)
        self._known[key] = _Known(_digest(desired), _digest(_settled(result)), version_of(result))
        while len(self._known) > REMEMBERED_OBJECTS:
            self._known.popitem(last=False)


def _settled(live: Raw) -> Raw:
    metadata = {name: value for name, value in live["metadata"].items() if name not in _CHANGING}
    annotations = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != _REVISION}
    settled = {name: value for name, value in live.items() if name != "status"}
    return {**settled, "metadata": {**metadata, "annotations": annotations}}


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).digest()
