"""Metrics of the engine, under the names of controller-runtime and client-go, so that existing dashboards work.

What is counted where it happens is here; what is read from the queue at a scrape is in `queue_metrics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from prometheus_client import CollectorRegistry

from leeboard.controllers.base import Key
from leeboard.observability import requests
from leeboard.observability.families import Family

_CONTROLLER, _NAME = ("controller",), ("name",)
RESULTS = ("success", "requeue", "requeue_after", "error")

RECONCILES = Family(
    "controller_runtime_reconcile_total",
    "counter",
    "Reconciles by result: success, requeue (somebody else wrote first), requeue_after, error.",
    ("controller", "result"),
)
ERRORS = Family("controller_runtime_reconcile_errors_total", "counter", "Reconciles that failed.", _CONTROLLER)
TERMINAL = Family(
    "controller_runtime_terminal_reconcile_errors_total",
    "counter",
    "Reconciles that failed because the API server refused what was asked: repeating alone does not help.",
    _CONTROLLER,
)
TIME = Family("controller_runtime_reconcile_time_seconds", "histogram", "Length of a reconcile.", _CONTROLLER)
ACTIVE = Family("controller_runtime_active_workers", "gauge", "Workers at work.", _CONTROLLER)
CONCURRENT = Family(
    "controller_runtime_max_concurrent_reconciles",
    "gauge",
    "Most reconciles at the same time; all controllers share the workers.",
    _CONTROLLER,
)
DEPTH = Family("workqueue_depth", "gauge", "Keys that wait.", _NAME)
ADDS = Family("workqueue_adds_total", "counter", "Keys that began to wait.", _NAME)
RETRIES = Family("workqueue_retries_total", "counter", "Keys sent back for a back-off.", _NAME)
WAITED = Family("workqueue_queue_duration_seconds", "histogram", "How long keys wait for a worker.", _NAME)
WORKED = Family("workqueue_work_duration_seconds", "histogram", "How long keys are worked on.", _NAME)
WATCH_LAG = Family(
    "leeboard_watch_lag_seconds",
    "gauge",
    "Age of the oldest change, known by a write, a read or a list, that the watch of the kind has not delivered yet.",
    ("kind",),
)
EVENTS = Family("leeboard_watch_events_total", "counter", "Events that the watches delivered.", ("kind",))
LAST_EVENT = Family(
    "leeboard_watch_last_event_timestamp_seconds",
    "gauge",
    "When the watch of a kind last delivered an event, in seconds since 1970; a quiet kind has old ones.",
    ("kind",),
)
LEADER = Family(
    "leader_election_master_status", "gauge", "1 where this process holds the lease of that name, else 0.", ("name",)
)
FAMILIES = (
    LEADER,
    *(RECONCILES, ERRORS, TERMINAL, TIME, ACTIVE, CONCURRENT),
    *(DEPTH, ADDS, RETRIES, WAITED, WORKED, WATCH_LAG, EVENTS, LAST_EVENT),
    *requests.FAMILIES,
)


class Metrics:
    """Counts what the queue, the workers and the client do; an observer of `WorkQueue` and of `KubeClient`.

    Every series of `kinds` is there from the beginning, so that a first error is an increase.
    """

    def __init__(self, registry: CollectorRegistry, *, kinds: Iterable[str] = (), workers: int = 1) -> None:
        self._registry = registry
        self._reconciles, self._errors = RECONCILES.counter(registry), ERRORS.counter(registry)
        self._terminal, self._time = TERMINAL.counter(registry), TIME.histogram(registry)
        self._active, self._concurrent = ACTIVE.gauge(registry), CONCURRENT.gauge(registry)
        self._depth, self._adds, self._retries = (
            DEPTH.gauge(registry),
            ADDS.counter(registry),
            RETRIES.counter(registry),
        )
        self._waited, self._worked = WAITED.histogram(registry), WORKED.histogram(registry)
        self._events, self._last_event = EVENTS.counter(registry), LAST_EVENT.gauge(registry)
        self.requested = requests.Requests(registry).told
        of_controller = (self._errors, self._terminal, self._time, self._active)
        of_queue = (self._depth, self._adds, self._retries, self._waited, self._worked)
        for kind in map(str.lower, kinds):
            self._concurrent.labels(kind).set(workers)
            for family in (*of_controller, *of_queue):
                family.labels(kind)
            for result in RESULTS:
                self._reconciles.labels(kind, result)

    def reconciled(self, kind: str, result: str, seconds: float, *, terminal: bool = False) -> None:
        """A reconcile ended; `result` is one of RESULTS, `terminal` says that repeating alone does not help."""
        self._reconciles.labels(kind.lower(), result).inc()
        self._time.labels(kind.lower()).observe(seconds)
        if result == "error":
            self._errors.labels(kind.lower()).inc()
        if terminal:
            self._terminal.labels(kind.lower()).inc()

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

    def heard(self, kind: str) -> None:
        """A watch delivered an event."""
        self._events.labels(kind).inc()
        self._last_event.labels(kind).set_to_current_time()

    def watch_lag(self, kinds: Iterable[str], lag: Callable[[str], float]) -> None:
        """Publish how far the watch of each kind is behind."""
        gauge = WATCH_LAG.gauge(self._registry)
        for kind in kinds:
            gauge.labels(kind).set_function(partial(lag, kind))

    def leadership(self, lease: str, leads: Callable[[], bool]) -> None:
        """Publish whether this process leads."""
        LEADER.gauge(self._registry).labels(lease).set_function(lambda: float(leads()))
