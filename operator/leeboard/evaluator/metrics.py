"""What the evaluator tells Prometheus about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class EvaluatorMetrics:
    """Counters of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._written = Counter(
            "leeboard_evaluations", "Evaluations written into a status.", ["kind"], registry=registry
        )
        self._failed = Counter(
            "leeboard_evaluation_errors", "Evaluations without figures.", ["kind", "reason"], registry=registry
        )
        self._files = Counter(
            "leeboard_observation_files", "Files of observations that were fetched.", ["outcome"], registry=registry
        )
        self.seconds = Histogram(
            "leeboard_evaluation_round_seconds",
            "Duration of one round over all objects.",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
            registry=registry,
        )
        self.last_round = Gauge(
            "leeboard_evaluation_last_round_timestamp_seconds", "When the last round ended.", registry=registry
        )

    def written(self, kind: str) -> None:
        """One status was written."""
        self._written.labels(kind).inc()

    def failed(self, kind: str, reason: str) -> None:
        """One object got no figures, or they could not be written."""
        self._failed.labels(kind, str(reason)).inc()

    def file(self, outcome: str) -> None:
        """A file was `read`, or is `unreadable`."""
        self._files.labels(outcome).inc()
