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
    "Is something wrong?",
    (
        Panel(
            "TrainingJobs not ready",
            (Query('sum(leeboard_objects{kind="TrainingJob",ready!="True"})', "jobs"),),
            "alarm",
            width=6,
            height=4,
            limits=((1, "red"),),
            description="By their condition Ready, in all namespaces.",
        ),
        Panel(
            "Most failures in a row",
            (Query(f"max(leeboard_training_consecutive_failures{_OF})", "runs"),),
            "alarm",
            width=6,
            height=4,
            limits=((1, "yellow"), (3, "red")),
            empty="none",
            description="Of one TrainingJob.",
        ),
        Panel(
            "Longest without success",
            (Query(f"max(time() - leeboard_training_last_success_timestamp_seconds{_OF})", "since"),),
            "stat",
            "s",
            width=6,
            height=4,
            empty="no success yet",
            description="Of the TrainingJobs of which a run ever succeeded.",
        ),
        Panel(
            "Runs under way",
            (Query("sum(leeboard_training_runs_active)", "runs"),),
            "stat",
            width=6,
            height=4,
            description="In all namespaces.",
        ),
        Panel(
            "Failures since the last success",
            (Query(f"topk(10, max by ({_BY}) (leeboard_training_consecutive_failures{_OF}))", _JOB),),
            "bars",
            width=12,
            height=5,
            limits=((1, "yellow"), (3, "red")),
            description="The ten with the most. `leeboard get runs` says why each failed.",
        ),
        Panel(
            "Since the last success",
            (
                Query(
                    f"topk(10, time() - max by ({_BY}) (leeboard_training_last_success_timestamp_seconds{_OF}))", _JOB
                ),
            ),
            "bars",
            "s",
            width=12,
            height=5,
            description="The ten longest ago.",
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
            width=6,
            height=6,
            empty="none",
            description="In the time that is shown.",
        ),
        Panel(
            "Runs that ended, by cause",
            (Query(_ended("leeboard_training_runs_ended_total", "cause"), "{{cause}}"),),
            "bars",
            width=6,
            height=6,
            empty="none",
            description="What had started them, in the time that is shown.",
        ),
        Panel(
            "How long runs take",
            (
                Query(_took(0.5), "{{phase}} median"),
                Query(_took(0.95), "{{phase}} p95"),
            ),
            "bars",
            "s",
            width=6,
            height=6,
            empty="none",
            description="From the record of a run to its end, of all namespaces, in the time that is shown.",
        ),
        Panel(
            "How long the newest run took",
            (Query(f"topk(10, max by ({_BY}) (leeboard_training_last_duration_seconds{_OF}))", _JOB),),
            "bars",
            "s",
            width=6,
            height=6,
            description="The ten longest.",
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
            height=5,
            empty="none",
            description="In the time that is shown.",
        ),
        Panel(
            "Rollouts by outcome",
            (Query(_ended("leeboard_rollouts_ended_total", "outcome, reason"), "{{outcome}} {{reason}}"),),
            "bars",
            height=5,
            empty="none",
            description="In the time that is shown.",
        ),
        Panel(
            "Episodes of drift that began",
            (Query(_ended("leeboard_drift_episodes_total", "namespace"), "{{namespace}}"),),
            "bars",
            height=5,
            empty="none",
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
