"""Metrics of the engine, under the names of controller-runtime and client-go, so that existing dashboards work."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from leeboard.controllers.base import Key

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counts what the queue, the workers and the client do; an observer of `WorkQueue` and of `KubeClient`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        one, result = ["controller"], ["controller", "result"]
        self._reconciles = Counter(
            "controller_runtime_reconcile_total", "Reconciles by result.", result, registry=registry
        )
        self._errors = Counter(
            "controller_runtime_reconcile_errors_total", "Reconciles that failed.", one, registry=registry
        )
        self._time = Histogram(
            "controller_runtime_reconcile_time_seconds",
            "Length of a reconcile.",
            one,
            buckets=_SECONDS,
            registry=registry,
        )
        self._active = Gauge("controller_runtime_active_workers", "Workers at work.", one, registry=registry)
        name = ["name"]
        self._depth = Gauge("workqueue_depth", "Keys that wait.", name, registry=registry)
        self._adds = Counter("workqueue_adds_total", "Keys that began to wait.", name, registry=registry)
        self._retries = Counter("workqueue_retries_total", "Keys sent back for a back-off.", name, registry=registry)
        self._waited = Histogram(
            "workqueue_queue_duration_seconds", "How long keys wait.", name, buckets=_SECONDS, registry=registry
        )
        self._worked = Histogram(
            "workqueue_work_duration_seconds", "How long keys are worked on.", name, buckets=_SECONDS, registry=registry
        )
        self._requests = Counter(
            "rest_client_requests_total",
            "Requests to the API server; code 0 is no answer.",
            ["code", "method"],
            registry=registry,
        )
        self._latency = Histogram(
            "rest_client_request_duration_seconds",
            "Length of a request to the API server.",
            ["method"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._registry = registry

    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        """A reconcile ended; `result` is success, requeue, requeue_after or error."""
        self._reconciles.labels(kind.lower(), result).inc()
        self._time.labels(kind.lower()).observe(seconds)
        if result == "error":
            self._errors.labels(kind.lower()).inc()

    def added(self, key: Key) -> None:
        """See `QueueObserver.added`."""
        self._adds.labels(key.kind.lower()).inc()
        self._depth.labels(key.kind.lower()).inc()

    def started(self, key: Key, waited: float) -> None:
        """See `QueueObserver.started`."""
        self._depth.labels(key.kind.lower()).dec()
        self._active.labels(key.kind.lower()).inc()
        self._waited.labels(key.kind.lower()).observe(waited)

    def finished(self, key: Key, worked: float) -> None:
        """See `QueueObserver.finished`."""
        self._active.labels(key.kind.lower()).dec()
        self._worked.labels(key.kind.lower()).observe(worked)

    def retried(self, key: Key) -> None:
        """See `QueueObserver.retried`."""
        self._retries.labels(key.kind.lower()).inc()

    def requested(self, method: str, status: int, seconds: float) -> None:
        """See the `observer` of `KubeClient`."""
        self._requests.labels(str(status), method).inc()
        self._latency.labels(method).observe(seconds)

    def watch_lag(self, lag: Callable[[], float]) -> None:
        """Publish how far the watches are behind."""
        gauge = Gauge(
            "leeboard_watch_lag_seconds",
            "Age of the oldest write of ours that no watch has delivered.",
            registry=self._registry,
        )
        gauge.set_function(lag)
