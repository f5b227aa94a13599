"""What is trained, why, how it ends, and what becomes of it."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row, Variable
from charts.dashboards.promql import happened

_OF = '{namespace=~"$namespace",training_job=~"$training_job"}'
_THERE = '{namespace=~"$namespace"}'
_BY = "namespace, training_job"
_JOB = "{{namespace}}/{{training_job}}"


def _ended(metric: str, by: str) -> str:
    return happened(metric, _THERE, by)


def _took(share: float) -> str:
    buckets = happened("leeboard_training_run_duration_seconds_bucket", "", "le, phase").removesuffix(" > 0")
    return f"histogram_quantile({share}, {buckets}) >= 0"


_JOBS = Row(
    "TrainingJobs",
    (
        Panel("Runs under way", (Query("leeboard_training_runs_active", "{{phase}}"),), "stat", width=8, height=4),
        Panel(
            "TrainingJobs",
            (
                Query('sum(leeboard_objects{kind="TrainingJob",ready="True"})', "ready"),
                Query('sum(leeboard_objects{kind="TrainingJob",ready!="True"})', "not ready"),
            ),
            "stat",
            width=8,
            height=4,
        ),
        Panel(
            "Most failures in a row",
            (Query(f"max(leeboard_training_consecutive_failures{_OF})", "runs"),),
            "stat",
            width=8,
            height=4,
            limit=3,
        ),
        Panel(
            "Since the last success",
            (Query(f"time() - max by ({_BY}) (leeboard_training_last_success_timestamp_seconds{_OF})", _JOB),),
            "bars",
            unit="s",
            width=12,
        ),
        Panel(
            "Failures since the last success",
            (Query(f"max by ({_BY}) (leeboard_training_consecutive_failures{_OF})", _JOB),),
            "bars",
            width=12,
            limit=3,
        ),
    ),
)
_RUNS = Row(
    "Runs",
    (
        Panel(
            "Runs that ended, by outcome",
            (Query(_ended("leeboard_training_runs_ended_total", "phase, reason"), "{{phase}} {{reason}}"),),
            "bars",
            description="In the time that is shown.",
        ),
        Panel(
            "Runs that ended, by cause",
            (Query(_ended("leeboard_training_runs_ended_total", "cause"), "{{cause}}"),),
            "bars",
            description="In the time that is shown.",
        ),
        Panel(
            "How long the newest run took",
            (Query(f"max by ({_BY}) (leeboard_training_last_duration_seconds{_OF})", _JOB),),
            unit="s",
        ),
        Panel(
            "How long runs take",
            (
                Query(_took(0.5), "{{phase}} median"),
                Query(_took(0.95), "{{phase}} p95"),
            ),
            "bars",
            unit="s",
            description="Of all namespaces, in the time that is shown.",
        ),
        Panel(
            "Runs that are remembered",
            (Query(f"sum by ({_BY}, phase) (leeboard_training_runs{_OF})", f"{_JOB} {{{{phase}}}}"),),
            "stack",
            width=16,
            description="The newest 20 of each TrainingJob.",
        ),
    ),
)
_VERSIONS = Row(
    "What becomes of versions",
    (
        Panel(
            "Gates that refused",
            (Query(_ended("leeboard_gate_failures_total", "gate"), "{{gate}}"),),
            "bars",
            description="In the time that is shown.",
        ),
        Panel(
            "Rollouts by outcome",
            (Query(_ended("leeboard_rollouts_ended_total", "outcome, reason"), "{{outcome}} {{reason}}"),),
            "bars",
            description="In the time that is shown.",
        ),
        Panel(
            "Episodes of drift that began",
            (Query(_ended("leeboard_drift_episodes_total", "namespace"), "{{namespace}}"),),
            "bars",
            description="In the time that is shown.",
        ),
    ),
)
DASHBOARD = Dashboard(
    uid="leeboard-training",
    title="Leeboard / Training",
    description="What is trained, why, how it ends, and what becomes of it.",
    rows=(_JOBS, _RUNS, _VERSIONS),
    variables=(
        Variable("namespace", 'leeboard_ready{kind="TrainingJob"}', "namespace"),
        Variable("training_job", 'leeboard_ready{kind="TrainingJob",namespace=~"$namespace"}', "name"),
    ),
)
