"""What is kept of an object: nothing that no planner reads, and what is equal once.

Objects as `json.loads` gives them take some 22 kB each: every key is a string of its own, more than half of
a pod is a specification that only the kubelet reads, and of a Deployment's template hardly anything is its own.
"""

from __future__ import annotations

from collections import OrderedDict
from sys import intern
from typing import Any

from leeboard.planning.plan import Raw

_SHARED_LENGTH = 64
"""Longer strings hardly ever occur twice."""
_UNREAD_SPECS = frozenset({"Pod"})
"""Kinds of which only metadata and status are read: what their specification says stands in their owner's."""
_UNREAD_TEMPLATES = frozenset({"Job"})
"""Kinds whose pod template is never compared: it cannot be changed."""


UNREAD_STATUSES = frozenset({"PodDisruptionBudget", "HorizontalPodAutoscaler"})
"""Kinds whose status no planner reads, and which changes with every pod or every few seconds."""

_SHARED_VALUES = 20_000
"""So many numbers, lists and dictionaries are remembered, the most recent ones."""


class Trimmer:
    """Makes the copies that are kept. They share their parts with one another, and must not be changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def trimmed(self, raw: Raw) -> Raw:
        """A copy without managedFields and what no planner reads; equal parts of all copies are one."""
        kept = dict(raw)
        kept["metadata"] = {name: value for name, value in raw["metadata"].items() if name != "managedFields"}
        kind = raw["kind"]
        if kind in _UNREAD_SPECS:
            kept.pop("spec", None)
        elif kind in UNREAD_STATUSES:
            kept.pop("status", None)
        elif kind in _UNREAD_TEMPLATES and "spec" in kept:
            kept["spec"] = {name: value for name, value in raw["spec"].items() if name != "template"}
        # metadata and status are hardly ever equal to another object's: what they consist of is
        return {intern(name): self._shared(value) for name, value in kept.items()}

    def _shared(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return intern(value) if len(value) <= _SHARED_LENGTH else value
        if kind is dict:
            copied: Any = {intern(name): self._shared(inner) for name, inner in value.items()}
            return self._once((dict, *copied, *map(id, copied.values())), copied)
        if kind is list:
            copied = [self._shared(inner) for inner in value]
            return self._once((list, *map(id, copied)), copied)
        return self._once((int, value), value) if kind is int else value

    def _once(self, parts: tuple[Any, ...], copied: Any) -> Any:
        """The first value of these parts. What is remembered keeps its parts alive, and so their ids."""
        known = self._known.get(parts)
        if known is not None:
            self._known.move_to_end(parts)
            return known
        self._known[parts] = copied
        if len(self._known) > _SHARED_VALUES:
            self._known.popitem(last=False)
        return copied
