"""What is kept of an object: nothing that no planner reads, and every string once.

Ten thousand objects as `json.loads` gives them take some 30 kB each: every key is a string of its own, and more than
half of a pod is a specification that only the kubelet reads.
"""

from __future__ import annotations

from sys import intern
from typing import Any

from leeboard.planning.plan import Raw

_SHARED_LENGTH = 64
"""Longer strings hardly ever occur twice."""
_UNREAD_SPECS = frozenset({"Pod"})
"""Kinds of which only metadata and status are read: what their specification says stands in their owner's."""
_UNREAD_TEMPLATES = frozenset({"Job"})
"""Kinds whose pod template is never compared: it cannot be changed."""


def trimmed(raw: Raw) -> Raw:
    """A copy without managedFields and what no planner reads, whose equal short strings are one."""
    kept = dict(raw)
    kept["metadata"] = {name: value for name, value in raw["metadata"].items() if name != "managedFields"}
    kind = raw["kind"]
    if kind in _UNREAD_SPECS:
        kept.pop("spec", None)
    elif kind in _UNREAD_TEMPLATES and "spec" in kept:
        kept["spec"] = {name: value for name, value in raw["spec"].items() if name != "template"}
    copied: Raw = _shared(kept)
    return copied


def _shared(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return intern(value) if len(value) <= _SHARED_LENGTH else value
    if kind is dict:
        return {intern(name): _shared(inner) for name, inner in value.items()}
    if kind is list:
        return [_shared(inner) for inner in value]
    return value
