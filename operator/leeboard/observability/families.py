"""Metric families as data, so that the code that counts and the reference page say the same of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.samples import NativeHistogram

from leeboard import __version__

# A timestamp beside every counter would double the series, and Prometheus finds resets without it.
disable_created_metrics()  # type: ignore[no-untyped-call]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bucket bounds of what usually takes milliseconds, in seconds."""


class Distribution(HistogramMetricFamily):
    """A histogram for a collector, with the native one of the same observations where there is one.

    `native` holds these by the values of their labels, in the family's order.
    """

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        super().__init__(name, documentation, labels=labels)
        self.native: dict[tuple[str, ...], NativeHistogram] = {}

    def add_native(self, labels: Sequence[str], histogram: NativeHistogram) -> None:
        """Show it beside the classic one of the same labels."""
        self.native[tuple(labels)] = histogram


@dataclass(frozen=True)
class Family:
    """A metric family: the name as it is scraped, its type, its meaning with the unit, its labels in order.

    `buckets` belong to histograms: upper bounds in the family's unit. A `native` one is shown on the buckets of
    `leeboard.observability.native` too, to whom scrapes by protobuf.
    """

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS
    native: bool = False

    def counter(self, registry: CollectorRegistry) -> Counter:
        """A counter that is counted where things happen."""
        return Counter(self.name, self.help, self.labels, registry=registry)

    def gauge(self, registry: CollectorRegistry) -> Gauge:
        """A gauge that is set where things happen."""
        return Gauge(self.name, self.help, self.labels, registry=registry)

    def histogram(self, registry: CollectorRegistry) -> Histogram:
        """A histogram that is fed where things happen."""
        return Histogram(self.name, self.help, self.labels, buckets=self.buckets, registry=registry)

    def counts(self) -> CounterMetricFamily:
        """An empty family for a collector that reads counts kept elsewhere."""
        return CounterMetricFamily(self.name, self.help, labels=self.labels)

    def values(self) -> GaugeMetricFamily:
        """An empty family for a collector that reads the present state."""
        return GaugeMetricFamily(self.name, self.help, labels=self.labels)

    def distribution(self) -> Distribution:
        """An empty family for a collector that reads bins kept elsewhere."""
        return Distribution(self.name, self.help, self.labels)


BUILD = Family(
    "leeboard_build_info",
    "gauge",
    "1, with the process (operator, evaluator, server, exporter) and its release.",
    ("component", "version"),
)
PROCESS = (
    Family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds."),
    Family("process_max_fds", "gauge", "Maximum number of open file descriptors."),
    Family("process_open_fds", "gauge", "Number of open file descriptors."),
    Family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes."),
    Family("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds."),
    Family("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes."),
)
"""What prometheus_client's own collector shows on Linux, in its words."""
SHARED = (BUILD, *PROCESS)


def process_registry(component: str) -> CollectorRegistry:
    """A registry that says which process it is of, and what that uses."""
    registry = CollectorRegistry()
    BUILD.gauge(registry).labels(component, __version__).set(1)
    ProcessCollector(registry=registry)
    return registry


def described(families: Iterable[Family]) -> dict[str, Family]:
    """Families by name. Raises ValueError where two have the same."""
    table: dict[str, Family] = {}
    for family in families:
        if family.name in table:
            raise ValueError(f"{family.name} is described twice")
        table[family.name] = family
    return table
