"""Requests to the API server, under client-go's names."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from leeboard.observability.families import Family

REQUESTS = Family(
    "rest_client_requests_total",
    "counter",
    "Requests to the API server by HTTP status, <error> where no answer came; without the watches.",
    ("code", "method", "host"),
)
LATENCY = Family(
    "rest_client_request_duration_seconds", "histogram", "Length of a request to the API server.", ("verb", "host")
)
FAMILIES = (REQUESTS, LATENCY)


class Requests:
    """Counts requests; `told` is an observer of `KubeClient`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests, self._latency = REQUESTS.counter(registry), LATENCY.histogram(registry)

    def told(self, method: str, host: str, status: int, seconds: float) -> None:
        """A request ended; status 0 where no answer came."""
        self._requests.labels(str(status) if status else "<error>", method, host).inc()
        self._latency.labels(method, host).observe(seconds)
