"""Bounds: a status is one that the API server would take, and no object is written in a hot loop."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import ValidationError

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from tests.support.simulation.rules.change import Change

KINDS = {kind.KIND: kind for kind in (Model, ModelVersion, TrainingJob, DriftMonitor)}
LARGEST_STATUS = 150_000
"""Bytes; etcd takes objects of 1.5 MB."""
WINDOW = timedelta(minutes=1)
MOST_WRITES = 30
"""Changes that one operator may make of one object within a minute; two that both believe to lead answer each other."""


class BoundsRule:
    """Remembers the operators' writes of the last minute, by object and operator."""

    def __init__(self) -> None:
        self._writes: dict[tuple[str, str, str], deque[datetime]] = defaultdict(deque)

    def copy(self) -> BoundsRule:
        other = BoundsRule()
        other._writes.update({key: deque(moments) for key, moments in self._writes.items()})
        return other

    def breaches(self, change: Change) -> Iterator[str]:
        if not change.by_operator:
            return
        moments = self._writes[(change.kind, change.name, change.actor)]
        moments.append(change.now)
        while moments[0] < change.now - WINDOW:
            moments.popleft()
        if len(moments) == MOST_WRITES + 1:
            yield f"{change.kind} {change.name} was written {len(moments)} times within a minute"
        if change.kind in KINDS and change.type == "MODIFIED":
            yield from _fits(change)


def _fits(change: Change) -> Iterator[str]:
    size = len(json.dumps(change.status()))
    if size > LARGEST_STATUS:
        yield f"the status of {change.kind} {change.name} has {size} bytes"
    try:
        KINDS[change.kind].parse(change.raw)
    except ValidationError as error:
        yield f"the API server would refuse the status of {change.kind} {change.name}: {error}"
