"""What the evaluator tells Prometheus about itself; what it finds stands in the statuses it writes."""

from prometheus_client import CollectorRegistry

from leeboard.observability import requests
from leeboard.observability.families import Family

_ROUND = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

WRITTEN = Family("leeboard_evaluations_total", "counter", "Evaluations written into a status.", ("kind",))
FAILED = Family(
    "leeboard_evaluation_errors_total",
    "counter",
    "Evaluations without figures by reason; Write: they could not be written, Kubernetes: a round was given up.",
    ("kind", "reason"),
)
NOTIFIED = Family(
    "leeboard_notifications_total",
    "counter",
    "Notifications about drift that a webhook took; type: firing or resolved.",
    ("format", "type"),
)
NOT_NOTIFIED = Family(
    "leeboard_notification_errors_total",
    "counter",
    "Attempts to send a notification that failed, by reason; each is made again after a pause.",
    ("format", "reason"),
)
FILES = Family(
    "leeboard_observation_files_total",
    "counter",
    "Files of observations that were fetched by outcome: read, unreadable.",
    ("outcome",),
)
EXPIRED = Family(
    "leeboard_expired_files_total", "counter", "Files of rows of requests that were deleted because of their age."
)
OBJECT = Family(
    "leeboard_evaluation_seconds", "histogram", "Time that the evaluation of one object took.", ("kind",), _ROUND
)
ROUND = Family(
    "leeboard_evaluation_round_seconds", "histogram", "Time that one round over all objects took.", (), _ROUND
)
LAST_ROUND = Family(
    "leeboard_evaluation_last_round_timestamp_seconds",
    "gauge",
    "When the last round ended, in seconds since 1970.",
)
FAMILIES = (
    *(WRITTEN, FAILED, NOTIFIED, NOT_NOTIFIED, FILES, EXPIRED, OBJECT, ROUND, LAST_ROUND),
    *requests.FAMILIES,
)


class EvaluatorMetrics:
    """Counters of one process. Every kind has its series from the beginning, so that a first error is an increase."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._written, self._failed = WRITTEN.counter(registry), FAILED.counter(registry)
        self._notified, self._not_notified = NOTIFIED.counter(registry), NOT_NOTIFIED.counter(registry)
        self._files, self._object = FILES.counter(registry), OBJECT.histogram(registry)
        self.seconds, self.last_round = ROUND.histogram(registry), LAST_ROUND.gauge(registry)
        self.expired = EXPIRED.counter(registry)
        self.requested = requests.Requests(registry).told
        for kind in ("Model", "DriftMonitor"):
            self._written.labels(kind)
            self._failed.labels(kind, "Write")
            self._object.labels(kind)
        for form in ("Webhook", "Alertmanager"):
            self._notified.labels(form, "firing")
            self._notified.labels(form, "resolved")
            self._not_notified.labels(form, "WebhookFailed")
        for outcome in ("read", "unreadable"):
            self._files.labels(outcome)

    def written(self, kind: str) -> None:
        """One status was written."""
        self._written.labels(kind).inc()

    def failed(self, kind: str, reason: str) -> None:
        """One object got no figures, or they could not be written."""
        self._failed.labels(kind, str(reason)).inc()

    def evaluated(self, kind: str, seconds: float) -> None:
        """The evaluation of one object ended, well or not."""
        self._object.labels(kind).observe(seconds)

    def notified(self, form: str, kind: str) -> None:
        """A webhook took a notification: `firing` or `resolved`."""
        self._notified.labels(form, kind).inc()

    def not_notified(self, form: str, reason: str) -> None:
        """An attempt to send one failed."""
        self._not_notified.labels(form, str(reason)).inc()

    def file(self, outcome: str) -> None:
        """A file was `read`, or is `unreadable`."""
        self._files.labels(outcome).inc()
