"""What the evaluator tells Prometheus about itself; what it finds stands in the statuses it writes."""

from prometheus_client import CollectorRegistry

from leeboard.api.reasons import Reason
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
COMPACTED = Family(
    "leeboard_observation_files_compacted_total",
    "counter",
    "Files of observations that were merged with others of their hour and removed.",
)
OUT_OF_TIME = Family(
    "leeboard_observation_files_expired_total",
    "counter",
    "Files of observations that were removed because observations.retain was over.",
)
UNTIDIED = Family(
    "leeboard_observation_retention_errors_total",
    "counter",
    "Passes over the observations of a folder that could not merge and remove files by reason.",
    ("reason",),
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
PLACEBOS = Family(
    "leeboard_drift_placebo_evaluations_total",
    "counter",
    "Evaluations of DriftMonitors that were repeated on rows drawn from the reference, where nothing drifts.",
)
PLACEBO_ALARMS = Family(
    "leeboard_drift_placebo_alarms_total",
    "counter",
    "Of these, the ones in which a check that compares an interval found drift.",
)
PLACEBO_EXPECTED = Family(
    "leeboard_drift_placebo_alarms_expected_total",
    "counter",
    "How many of them were to be expected at most: the sum of the chances that falseAlarms of the monitors allow.",
)
FAMILIES = (
    WRITTEN,
    FAILED,
    NOTIFIED,
    NOT_NOTIFIED,
    FILES,
    EXPIRED,
    COMPACTED,
    OUT_OF_TIME,
    UNTIDIED,
    PLACEBOS,
    PLACEBO_ALARMS,
    PLACEBO_EXPECTED,
    OBJECT,
    ROUND,
    LAST_ROUND,
    *requests.FAMILIES,
)


class EvaluatorMetrics:
    """Counters of one process. Every kind has its series from the beginning, so that a first error is an increase."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._written, self._failed = WRITTEN.counter(registry), FAILED.counter(registry)
        self._notified, self._not_notified = NOTIFIED.counter(registry), NOT_NOTIFIED.counter(registry)
        self._files, self._object = FILES.counter(registry), OBJECT.histogram(registry)
        self._compacted, self._out_of_time = COMPACTED.counter(registry), OUT_OF_TIME.counter(registry)
        self._placebos, self._placebo_alarms = PLACEBOS.counter(registry), PLACEBO_ALARMS.counter(registry)
        self._placebo_expected = PLACEBO_EXPECTED.counter(registry)
        self._untidied = UNTIDIED.counter(registry)
        self.seconds, self.last_round = ROUND.histogram(registry), LAST_ROUND.gauge(registry)
        self._expired = EXPIRED.counter(registry)
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
        self._untidied.labels(str(Reason.STORAGE_FORBIDDEN))

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

    def compacted(self, count: int) -> None:
        """So many files were merged with others."""
        self._compacted.inc(count)

    def out_of_time(self, count: int) -> None:
        """So many files were removed because their time was over."""
        self._out_of_time.inc(count)

    def rows_out_of_time(self, count: int) -> None:
        """So many files of logged rows were removed because their time was over."""
        self._expired.inc(count)

    def untidied(self, reason: str) -> None:
        """A pass over a folder ended with an error."""
        self._untidied.labels(str(reason)).inc()

    def placebo(self, *, alarmed: bool, expected: float) -> None:
        """A window without drift was judged; so many alarms were to be expected at most."""
        self._placebos.inc()
        self._placebo_expected.inc(expected)
        self._placebo_alarms.inc(alarmed)
