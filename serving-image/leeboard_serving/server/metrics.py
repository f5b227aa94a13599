"""What the server itself tells Prometheus: requests by route, its queue and the model's own time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from leeboard.observability.families import Distribution, Family, process_registry
from leeboard.observability.native import native_histogram
from leeboard_serving.server.counts import LAYOUT, ROUTES, ROWS, STATUSES, SharedCounts
from leeboard_serving.server.latencies import CLASSIC, SECONDS

_ADDRESS = ("model", "version")
_ROUTED = (*_ADDRESS, "route")

REQUESTS = Family(
    "leeboard_server_requests_total",
    "counter",
    "Requests by what they asked for (infer, grpc, shadow, metadata, health, repository, other) and class of the"
    " status.",
    (*_ROUTED, "status"),
)
DURATION = Family(
    "leeboard_server_request_seconds",
    "histogram",
    "How long inference requests took, from their first byte to their answer, in seconds.",
    _ROUTED,
    SECONDS,
    native=True,
)
COMPUTING = Family(
    "leeboard_server_predict_seconds",
    "histogram",
    "How long the model computed for one batch, in seconds; leeboard_server_request_seconds has the waiting too.",
    _ADDRESS,
    SECONDS,
    native=True,
)
BATCH = Family("leeboard_server_batch_rows", "histogram", "Rows that were predicted together.", _ADDRESS, ROWS)
LOAD = Family(
    "leeboard_server_model_load_seconds",
    "gauge",
    "How long the model took to load and to answer its golden samples, in seconds.",
    _ADDRESS,
)
WORKERS = Family("leeboard_server_workers", "gauge", "Processes that answer requests, a count.", _ADDRESS)
WAITING = Family(
    "leeboard_server_requests_waiting", "gauge", "Requests that wait for the model or are computed, a count.", _ADDRESS
)
CONNECTIONS = Family("leeboard_server_connections", "gauge", "Open HTTP connections, a count.", _ADDRESS)
REFUSED = Family(
    "leeboard_server_requests_refused_total", "counter", "Requests refused because too many waited.", _ADDRESS
)
LATE = Family(
    "leeboard_server_requests_late_total", "counter", "Requests given up because they waited for too long.", _ADDRESS
)
UNREADY = Family(
    "leeboard_server_failed_checks_total",
    "counter",
    "Readiness probes in which the model gave a wrong answer to the golden samples, or none in time.",
    _ADDRESS,
)
UNTOLD = Family(
    "leeboard_server_observations_waiting", "gauge", "Requests that the exporter has not been told of yet.", _ADDRESS
)
LOST = Family(
    "leeboard_server_observations_dropped_total",
    "counter",
    "Requests that the exporter is never told of, because too many waited.",
    _ADDRESS,
)
_GAUGES = ((WAITING, "waiting"), (CONNECTIONS, "connections"), (UNTOLD, "untold"))
_COUNTERS = ((REFUSED, "refused"), (LATE, "late"), (UNREADY, "failed_checks"), (LOST, "dropped"))
FAMILIES = (
    *(REQUESTS, DURATION, COMPUTING, BATCH, LOAD, WORKERS),
    *(WAITING, CONNECTIONS, REFUSED, LATE, UNREADY, UNTOLD, LOST),
)


def server_registry(
    address: tuple[str, str], counts: SharedCounts, workers: int, load_seconds: float
) -> CollectorRegistry:
    """The registry of one server, which reads what all its workers counted."""
    registry = process_registry("server")
    registry.register(_OfWorkers(address, counts))
    LOAD.gauge(registry).labels(*address).set(load_seconds)
    WORKERS.gauge(registry).labels(*address).set(workers)
    return registry


class _OfWorkers(Collector):
    def __init__(self, address: tuple[str, str], counts: SharedCounts) -> None:
        self._address, self._counts = address, counts

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are all in `collect`."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it is now."""
        total = self._counts.total()
        requests = REQUESTS.counts()
        for position, count in enumerate(total[LAYOUT.requests]):
            route, status = divmod(position, len(STATUSES))
            requests.add_metric((*self._address, ROUTES[route], STATUSES[status]), count)
        yield requests
        durations = DURATION.distribution()
        for name, place in LAYOUT.seconds.items():
            _add_latencies(durations, (*self._address, name), total[place])
        yield durations
        computing, batches = COMPUTING.distribution(), BATCH.distribution()
        _add_latencies(computing, self._address, total[LAYOUT.predict])
        *counts, rows = total[LAYOUT.batch].tolist()
        _add(batches, self._address, ROWS, counts, rows)
        yield from (computing, batches)
        for family, name in _GAUGES:
            gauge = family.values()
            gauge.add_metric(self._address, float(total[LAYOUT.singles[name]][0]))
            yield gauge
        for family, name in _COUNTERS:
            counter = family.counts()
            counter.add_metric(self._address, float(total[LAYOUT.singles[name]][0]))
            yield counter


def _add_latencies(family: Distribution, labels: Sequence[str], figures: NDArray[np.float64]) -> None:
    """The classic and the native histogram of the figures of `Latencies`."""
    *counts, total = figures.tolist()
    _add(family, labels, SECONDS, counts[:CLASSIC], total)
    family.add_native(labels, native_histogram([int(count) for count in counts[CLASSIC:]], total))


def _add(
    family: HistogramMetricFamily, labels: Sequence[str], bounds: Iterable[float], counts: list[float], total: float
) -> None:
    ends = [*map(floatToGoString, bounds), "+Inf"]
    family.add_metric(labels, [*zip(ends, accumulate(counts), strict=True)], total)
