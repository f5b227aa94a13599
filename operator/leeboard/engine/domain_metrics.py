"""Metrics of the four kinds, read from their status at the moment of a scrape: nothing stale, nothing to clean up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.training_job import TrainingJob
from leeboard.engine.store import Store
from leeboard.planning.plan import Raw

VERDICTS = ("Drift", "Stable", "Inconclusive")
PLACES = ("champion", "candidate")


class DomainMetrics(Collector):
    """What the store's statuses say. One series per object and state: their number is bounded by the objects."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families; see prometheus_client's Collector."""
        yield self._ready()
        yield self._weights()
        yield self._verdicts()
        yield self._runs()

    def _ready(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "leeboard_ready", "1 where the condition Ready is True.", labels=["kind", "namespace", "name"]
        )
        for kind in (Model.KIND, TrainingJob.KIND, DriftMonitor.KIND):
            for raw in self._store.of_kind(kind):
                conditions = _status(raw).get("conditions", ())
                ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
                family.add_metric([kind, *_address(raw)], float(ready))
        return family

    def _weights(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "leeboard_model_traffic_weight_percent",
            "Share of a Model's requests by version: asked for, of the ready pods, and counted.",
            labels=["namespace", "model", "version", "role", "weight"],
        )
        for raw in self._store.of_kind(Model.KIND):
            champion, candidate = (_status(raw).get(place) or {} for place in PLACES)
            for weight in ("requested", "replica", "observed"):
                share = candidate.get(f"{weight}Weight")
                if candidate and share is not None:
                    family.add_metric([*_address(raw), candidate["name"], "candidate", weight], share)
                if champion and (share is not None or weight != "observed"):
                    family.add_metric([*_address(raw), champion["name"], "champion", weight], 100 - (share or 0))
        return family

    def _verdicts(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "leeboard_drift_verdict",
            "1 for the verdict of the newest window.",
            labels=["namespace", "monitor", "model", "verdict"],
        )
        for raw in self._store.of_kind(DriftMonitor.KIND):
            said = _status(raw).get("verdict", "")
            for verdict in VERDICTS:
                family.add_metric([*_address(raw), raw["spec"]["modelRef"]["name"], verdict], float(said == verdict))
        return family

    def _runs(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "leeboard_training_runs",
            "Runs that the status of a TrainingJob remembers, by outcome.",
            labels=["namespace", "training_job", "phase", "reason"],
        )
        for raw in self._store.of_kind(TrainingJob.KIND):
            runs = _status(raw).get("runs", ())
            counted = Counter((run.get("phase", ""), run.get("reason", "")) for run in runs)
            for outcome, count in sorted(counted.items()):
                family.add_metric([*_address(raw), *outcome], count)
        return family


def _status(raw: Raw) -> Raw:
    status: Raw = raw.get("status") or {}
    return status


def _address(raw: Raw) -> list[str]:
    return [raw["metadata"]["namespace"], raw["metadata"]["name"]]
