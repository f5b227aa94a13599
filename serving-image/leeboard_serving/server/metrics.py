"""What the server itself tells Prometheus: its queues and the model's own time. The exporter tells of answers."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from leeboard.observability.families import Family, process_registry
from leeboard_serving.server.service import Service

T = TypeVar("T")
_ADDRESS = ("model", "version")

COMPUTING = Family(
    "leeboard_server_predict_seconds",
    "histogram",
    "How long the model computed for one request; leeboard_request_seconds has the waiting too.",
    _ADDRESS,
    (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
WAITING = Family(
    "leeboard_server_requests_waiting", "gauge", "Requests that wait for the model or are computed, a count.", _ADDRESS
)
REFUSED = Family(
    "leeboard_server_requests_refused_total", "counter", "Requests refused because too many waited.", _ADDRESS
)
UNREADY = Family(
    "leeboard_server_failed_checks_total",
    "counter",
    "Readiness probes in which the model gave a wrong answer to the golden samples, or none in time.",
    _ADDRESS,
)
UNTOLD = Family(
    "leeboard_server_observations_waiting", "gauge", "Answers that the exporter has not been told of yet.", _ADDRESS
)
LOST = Family(
    "leeboard_server_observations_dropped_total",
    "counter",
    "Answers that the exporter is never told of, because too many waited.",
    _ADDRESS,
)
FAMILIES = (COMPUTING, WAITING, REFUSED, UNREADY, UNTOLD, LOST)


class ServerMetrics:
    """The registry of one server, which reads the counts of its service."""

    def __init__(self, service: Service) -> None:
        address = (service.model.served.model, service.model.served.version)
        self.registry: CollectorRegistry = process_registry("server")
        self.registry.register(_OfService(service, address))
        self._computing = COMPUTING.histogram(self.registry).labels(*address)

    def timed(self, work: Callable[[], T]) -> T:
        """Do work of the model, and add the time it takes, however it ends."""
        with self._computing.time():
            return work()


class _OfService(Collector):
    def __init__(self, service: Service, address: tuple[str, str]) -> None:
        self._service, self._address = service, address

    def describe(self) -> Iterable[Metric]:
        return [family.counts() if family.type == "counter" else family.values() for family in FAMILIES[1:]]

    def collect(self) -> Iterator[Metric]:
        service = self._service
        for family, number in ((WAITING, service.waiting), (UNTOLD, service.observer.waiting)):
            gauge = family.values()
            gauge.add_metric(self._address, number)
            yield gauge
        counts = ((REFUSED, service.refused), (UNREADY, service.failed_checks), (LOST, service.observer.dropped))
        for family, number in counts:
            counter = family.counts()
            counter.add_metric(self._address, number)
            yield counter
