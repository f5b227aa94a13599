"""Metrics of the four kinds, read from their status at the moment of a scrape: nothing stale, nothing to clean up.

What stands for all objects together costs the same for ten and for ten thousand. Of each object there are some series
more, for `limit` objects of a kind at most: beyond it those come first that are not ready, drift or move traffic. The
figures behind a verdict make more series than all else together, and are shown for a part of the monitors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.engine import object_families as families
from leeboard.engine.object_series import (
    VERDICTS,
    awaits_approval,
    figures_of,
    needs_a_look,
    readiness,
    series,
    status_of,
)
from leeboard.engine.outcomes import ENDED
from leeboard.engine.store import Store
from leeboard.observability.families import Family
from leeboard.planning.plan import Raw

KINDS = (Model.KIND, ModelVersion.KIND, TrainingJob.KIND, DriftMonitor.KIND)
OBJECT_LIMIT = 1000
SHARE_WITH_FIGURES = 5
"""One in so many of the monitors that may have series."""
_ROLLOUT_PHASES = ("Starting", "Staged", "Canary", "Promoting", "RollingBack")
_RUN_PHASES = ("Pending", "Training", "Evaluating")


class DomainMetrics(Collector):
    """What the store's statuses say."""

    def __init__(self, store: Store, limit: int = OBJECT_LIMIT) -> None:
        self._store = store
        self._limit = limit

    def describe(self) -> Iterable[Metric]:
        """The families without samples."""
        return [family.values() for family in families.FAMILIES]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families; see prometheus_client's Collector."""
        objects = {kind: self._store.of_kind(kind) for kind in KINDS}
        yield from _together(objects)
        hidden = families.HIDDEN.values()
        shown = {family.name: family.values() for family in families.OF_EACH}
        for kind, raws in objects.items():
            # of versions only those that wait for a person have series
            telling = [raw for raw in raws if awaits_approval(raw)] if kind == ModelVersion.KIND else raws
            chosen = _first(telling, self._limit)
            hidden.add_metric([kind], len(telling) - len(chosen))
            for raw in chosen:
                for family, labels, value in series(raw, self._store):
                    shown[family.name].add_metric(labels, value)
            if kind == DriftMonitor.KIND:
                for raw in _first(chosen, self._limit // SHARE_WITH_FIGURES):
                    for family, labels, value in figures_of(raw):
                        shown[family.name].add_metric(labels, value)
        yield hidden
        yield from shown.values()


def _first(raws: list[Raw], limit: int) -> list[Raw]:
    if len(raws) <= limit:
        return raws
    return sorted(raws, key=lambda raw: not needs_a_look(raw))[:limit]


def _together(objects: dict[str, list[Raw]]) -> Iterator[GaugeMetricFamily]:
    ready = Counter((kind, readiness(raw)) for kind, raws in objects.items() for raw in raws)
    every = [(kind, status) for kind in KINDS for status in ("True", "False", "Unknown")]
    yield _counted(families.OBJECTS, {labels: ready[labels] for labels in every})
    candidates = Counter((status_of(raw).get("candidate") or {}).get("phase") for raw in objects[Model.KIND])
    yield _counted(families.ROLLOUTS, {(phase,): candidates[phase] for phase in _ROLLOUT_PHASES})
    runs = Counter(
        run.get("phase")
        for raw in objects[TrainingJob.KIND]
        for run in status_of(raw).get("runs", ())
        if run.get("phase") not in ENDED
    )
    yield _counted(families.ACTIVE_RUNS, {(phase,): runs[phase] for phase in _RUN_PHASES})
    verdicts = Counter(status_of(raw).get("verdict") for raw in objects[DriftMonitor.KIND])
    yield _counted(families.VERDICTS, {(verdict,): verdicts[verdict] for verdict in VERDICTS})


def _counted(family: Family, counts: dict[tuple[str, ...], int]) -> GaugeMetricFamily:
    shown = family.values()
    for labels, count in counts.items():
        shown.add_metric(list(labels), count)
    return shown
