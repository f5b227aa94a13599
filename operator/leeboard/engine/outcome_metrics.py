"""Counts outcomes, without names of objects: these series outlive what they count.

They begin at 0 with every process, as Prometheus expects of a counter: `increase` and `rate` see through a restart.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from leeboard.engine.outcomes import DriftBegan, GateRefused, RolloutEnded, RunEnded, outcomes
from leeboard.observability.families import Family
from leeboard.planning.plan import Raw

RUNS = Family(
    "leeboard_training_runs_ended_total",
    "counter",
    "Runs that ended, by what had started them and how they ended.",
    ("namespace", "cause", "phase", "reason"),
)
DURATION = Family(
    "leeboard_training_run_duration_seconds",
    "histogram",
    "Time from the record of a run to its end, evaluation included.",
    ("phase",),
    (10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 10800.0, 36000.0, 86400.0),
)
ROLLOUTS = Family(
    "leeboard_rollouts_ended_total",
    "counter",
    "Rollouts by outcome: Promoted, RolledBack, Superseded; the reason says why.",
    ("namespace", "outcome", "reason"),
)
GATES = Family(
    "leeboard_gate_failures_total",
    "counter",
    "Gates that refused a version.",
    ("namespace", "gate"),
)
EPISODES = Family("leeboard_drift_episodes_total", "counter", "Episodes of drift that began.", ("namespace",))
FAMILIES = (RUNS, DURATION, ROLLOUTS, GATES, EPISODES)


class OutcomeMetrics:
    """Told of every status that was written."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs, self._duration = RUNS.counter(registry), DURATION.histogram(registry)
        self._rollouts, self._gates = ROLLOUTS.counter(registry), GATES.counter(registry)
        self._episodes = EPISODES.counter(registry)

    def wrote(self, before: Raw, after: Raw) -> None:
        """The API server took `after` in place of `before`: the whole objects."""
        namespace = after["metadata"].get("namespace", "")
        for outcome in outcomes(after["kind"], before.get("status") or {}, after.get("status") or {}):
            match outcome:
                case RunEnded(cause, phase, reason, seconds):
                    self._runs.labels(namespace, cause, phase, reason).inc()
                    if seconds is not None:
                        self._duration.labels(phase).observe(seconds)
                case RolloutEnded(result, reason):
                    self._rollouts.labels(namespace, result, reason).inc()
                case GateRefused(gate):
                    self._gates.labels(namespace, gate).inc()
                case DriftBegan():
                    self._episodes.labels(namespace).inc()
