"""What serves, how well, and whether it drifts."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row, Variable
from charts.dashboards.promql import RATE, native_quantile, of_process
from charts.dashboards.server import SERVER
from charts.dashboards.versions import BY, OF, VERSION

_FAILED = '{namespace=~"$namespace",model=~"$model",status="5xx"}'

_STATE = Row(
    "State",
    (
        Panel(
            "Models",
            (
                Query('sum(leeboard_objects{kind="Model",ready="True"})', "ready"),
                Query('sum(leeboard_objects{kind="Model",ready!="True"})', "not ready"),
            ),
            "stat",
            width=6,
            height=4,
            description="By their condition Ready, in all namespaces.",
        ),
        Panel("Rollouts under way", (Query("sum(leeboard_rollouts)", "rollouts"),), "stat", width=4, height=4),
        Panel(
            "Monitors that see drift",
            (Query('sum(leeboard_drift_verdicts{verdict="Drift"})', "monitors"),),
            "stat",
            width=4,
            height=4,
            limit=1,
        ),
        Panel(
            "Versions that wait for approval",
            (Query(f"count(leeboard_model_version_awaiting_approval_since_timestamp_seconds{OF}) or vector(0)", ""),),
            "stat",
            width=5,
            height=4,
        ),
        Panel(
            "Versions rolled back",
            (Query(f"sum(leeboard_model_quarantined_versions{OF})", "versions"),),
            "stat",
            width=5,
            height=4,
            description="That are remembered as quarantined.",
        ),
        Panel(
            "Champion since",
            (Query(f"time() - max by ({BY}) (leeboard_model_champion_since_timestamp_seconds{OF})", VERSION),),
            "bars",
            unit="s",
            width=12,
            height=6,
            description="How long the version has been serving.",
        ),
        Panel(
            "Age of the champion's training",
            (Query(f"time() - max by ({BY}) (leeboard_model_champion_registered_timestamp_seconds{OF})", VERSION),),
            "bars",
            unit="s",
            width=12,
            height=6,
        ),
    ),
)
_TRAFFIC = Row(
    "Traffic",
    (
        Panel(
            "Requests",
            (Query(f"sum by ({BY}) (rate(leeboard_requests_total{OF}{RATE}))", VERSION),),
            "stack",
            "reqps",
        ),
        Panel(
            "Requests that fail",
            (
                Query(
                    f"sum by ({BY}) (rate(leeboard_requests_total{_FAILED}{RATE}))"
                    f" / (sum by ({BY}) (rate(leeboard_requests_total{OF}{RATE})) > 0)",
                    VERSION,
                ),
            ),
            unit="percentunit",
            limit=0.05,
            description="Share of the requests that were answered with a status of 500 or above.",
        ),
        Panel(
            "Share of the traffic",
            (
                Query(
                    f"max by ({BY}, role, weight) (leeboard_model_traffic_weight_percent{OF})",
                    "{{version}} {{role}} {{weight}}",
                ),
            ),
            unit="percent",
            description="Asked for, of the ready pods, and counted by the exporters.",
        ),
        Panel(
            "Latency",
            (
                Query(native_quantile(0.5, "leeboard_request_seconds", BY, OF), f"{VERSION} median"),
                Query(native_quantile(0.99, "leeboard_request_seconds", BY, OF), f"{VERSION} p99"),
            ),
            unit="s",
        ),
        Panel(
            "Mean score",
            (
                Query(
                    f"sum by ({BY}) (rate(leeboard_score_sum{OF}{RATE}))"
                    f" / (sum by ({BY}) (rate(leeboard_score_count{OF}{RATE})) > 0)",
                    VERSION,
                ),
            ),
        ),
    ),
)
_DRIFT = Row(
    "Drift",
    (
        Panel(
            "Score by check",
            (
                Query(
                    f"max by (namespace, monitor, check) (leeboard_drift_score_ratio{OF})",
                    "{{namespace}}/{{monitor}} {{check}}",
                ),
            ),
            limit=1,
            description="The strongest figure over its threshold. It is drift once the whole interval is beyond 1.",
        ),
        Panel(
            "Verdict",
            (
                Query(
                    f"max by (namespace, monitor, verdict) (leeboard_drift_verdict{OF}) == 1",
                    "{{namespace}}/{{monitor}} {{verdict}}",
                ),
            ),
        ),
        Panel(
            "Rows in the window",
            (
                Query(
                    f"max by (namespace, monitor) (leeboard_drift_window_rows{OF})", "{{namespace}}/{{monitor}} rows"
                ),
                Query(
                    f"max by (namespace, monitor) (leeboard_drift_window_labelled_rows{OF})",
                    "{{namespace}}/{{monitor}} labels",
                ),
            ),
        ),
        Panel(
            "Delay of labels",
            (
                Query(
                    f"max by (namespace, monitor, percentile) (leeboard_label_delay_seconds{OF})",
                    "{{namespace}}/{{monitor}} {{percentile}}",
                ),
            ),
            unit="s",
            description="Time from a prediction to its label, of the labels that arrived in the newest window.",
        ),
        Panel(
            "Missing values",
            (
                Query(
                    f"topk(10, sum by (namespace, version, input) (rate(leeboard_missing_total{OF}{RATE}))"
                    f" / on (namespace, version) group_left ()"
                    f" (sum by (namespace, version) (rate(leeboard_rows_total{OF}{RATE})) > 0))",
                    "{{version}} {{input}}",
                ),
            ),
            unit="percentunit",
            description="The ten inputs that most often have none.",
        ),
        Panel(
            "Categories that were not in the reference",
            (
                Query(
                    f"topk(10, sum by (namespace, version, input) (rate(leeboard_unseen_total{OF}{RATE})))",
                    "{{version}} {{input}}",
                ),
            ),
            unit="ops",
        ),
    ),
)
_PODS = Row(
    "Pods",
    (
        Panel(
            "Observations that are lost or wait",
            (
                Query(f"sum by ({BY}) (rate(leeboard_observations_dropped_total{OF}{RATE}))", f"{VERSION} lost/s"),
                Query(f"sum by ({BY}) (leeboard_server_observations_waiting{OF})", f"{VERSION} waiting"),
            ),
        ),
        Panel(
            "Files that wait for storage",
            (Query(f"sum by ({BY}, kind) (leeboard_outbox_bytes{OF})", f"{VERSION} {{{{kind}}}}"),),
            unit="bytes",
        ),
        Panel(
            "Since everything was stored",
            (Query(f"time() - min by ({BY}) (leeboard_last_flush_timestamp_seconds{OF} > 0)", VERSION),),
            unit="s",
            limit=900,
        ),
        Panel(
            "Memory",
            (
                Query(
                    of_process("server", 'process_resident_memory_bytes{namespace=~"$namespace"}'),
                    "{{pod}} server",
                ),
                Query(
                    of_process("exporter", 'process_resident_memory_bytes{namespace=~"$namespace"}'),
                    "{{pod}} exporter",
                ),
            ),
            unit="bytes",
        ),
        Panel(
            "CPU",
            (
                Query(
                    of_process("server", f'rate(process_cpu_seconds_total{{namespace=~"$namespace"}}{RATE})'),
                    "{{pod}} server",
                ),
                Query(
                    of_process("exporter", f'rate(process_cpu_seconds_total{{namespace=~"$namespace"}}{RATE})'),
                    "{{pod}} exporter",
                ),
            ),
            description="Cores in use.",
        ),
    ),
)
DASHBOARD = Dashboard(
    uid="leeboard-models",
    title="Leeboard / Models",
    description="What serves, how well, and whether it drifts.",
    rows=(_STATE, _TRAFFIC, _DRIFT, SERVER, _PODS),
    variables=(
        Variable("namespace", 'leeboard_ready{kind="Model"}', "namespace"),
        Variable("model", 'leeboard_ready{kind="Model",namespace=~"$namespace"}', "name"),
    ),
)
