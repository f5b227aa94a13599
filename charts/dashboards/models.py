"""What serves, how well, and whether it drifts."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row, Variable
from charts.dashboards.promql import RATE, of_process, quantile

_OF = '{namespace=~"$namespace",model=~"$model"}'
_BY = "namespace, model, version"
_VERSION = "{{namespace}}/{{version}}"


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
            (Query(f"count(leeboard_model_version_awaiting_approval_since_timestamp_seconds{_OF}) or vector(0)", ""),),
            "stat",
            width=5,
            height=4,
        ),
        Panel(
            "Versions rolled back",
            (Query(f"sum(leeboard_model_quarantined_versions{_OF})", "versions"),),
            "stat",
            width=5,
            height=4,
            description="That are remembered as quarantined.",
        ),
        Panel(
            "Champion since",
            (Query(f"time() - max by ({_BY}) (leeboard_model_champion_since_timestamp_seconds{_OF})", _VERSION),),
            "bars",
            unit="s",
            width=12,
            height=6,
            description="How long the version has been serving.",
        ),
        Panel(
            "Age of the champion's training",
            (Query(f"time() - max by ({_BY}) (leeboard_model_champion_registered_timestamp_seconds{_OF})", _VERSION),),
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
            (Query(f"sum by ({_BY}) (rate(leeboard_requests_total{_OF}{RATE}))", _VERSION),),
            "stack",
            "reqps",
        ),
        Panel(
            "Requests that fail",
            (
                Query(
                    f"sum by ({_BY}) (rate(leeboard_requests_total{_FAILED}{RATE}))"
                    f" / (sum by ({_BY}) (rate(leeboard_requests_total{_OF}{RATE})) > 0)",
                    _VERSION,
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
                    f"max by ({_BY}, role, weight) (leeboard_model_traffic_weight_percent{_OF})",
                    "{{version}} {{role}} {{weight}}",
                ),
            ),
            unit="percent",
            description="Asked for, of the ready pods, and counted by the exporters.",
        ),
        Panel(
            "Latency",
            (
                Query(quantile(0.5, "leeboard_request_seconds", _BY, _OF), f"{_VERSION} median"),
                Query(quantile(0.99, "leeboard_request_seconds", _BY, _OF), f"{_VERSION} p99"),
            ),
            unit="s",
        ),
        Panel(
            "Latency of the model alone",
            (Query(quantile(0.99, "leeboard_server_predict_seconds", _BY, _OF), f"{_VERSION} p99"),),
            unit="s",
            description="Without the time that requests wait for it.",
        ),
        Panel(
            "Mean score",
            (
                Query(
                    f"sum by ({_BY}) (rate(leeboard_score_sum{_OF}{RATE}))"
                    f" / (sum by ({_BY}) (rate(leeboard_score_count{_OF}{RATE})) > 0)",
                    _VERSION,
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
                    f"max by (namespace, monitor, check) (leeboard_drift_score_ratio{_OF})",
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
                    f"max by (namespace, monitor, verdict) (leeboard_drift_verdict{_OF}) == 1",
                    "{{namespace}}/{{monitor}} {{verdict}}",
                ),
            ),
        ),
        Panel(
            "Rows in the window",
            (
                Query(
                    f"max by (namespace, monitor) (leeboard_drift_window_rows{_OF})", "{{namespace}}/{{monitor}} rows"
                ),
                Query(
                    f"max by (namespace, monitor) (leeboard_drift_window_labelled_rows{_OF})",
                    "{{namespace}}/{{monitor}} labels",
                ),
            ),
        ),
        Panel(
            "Delay of labels",
            (
                Query(
                    f"max by (namespace, monitor, percentile) (leeboard_label_delay_seconds{_OF})",
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
                    f"topk(10, sum by (namespace, version, input) (rate(leeboard_missing_total{_OF}{RATE}))"
                    f" / on (namespace, version) group_left ()"
                    f" (sum by (namespace, version) (rate(leeboard_rows_total{_OF}{RATE})) > 0))",
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
                    f"topk(10, sum by (namespace, version, input) (rate(leeboard_unseen_total{_OF}{RATE})))",
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
            "Requests in the server",
            (
                Query(f"sum by ({_BY}) (leeboard_server_requests_waiting{_OF})", f"{_VERSION} waiting"),
                Query(
                    f"sum by ({_BY}) (rate(leeboard_server_requests_refused_total{_OF}{RATE}))", f"{_VERSION} refused/s"
                ),
            ),
        ),
        Panel(
            "Observations that are lost or wait",
            (
                Query(f"sum by ({_BY}) (rate(leeboard_observations_dropped_total{_OF}{RATE}))", f"{_VERSION} lost/s"),
                Query(f"sum by ({_BY}) (leeboard_server_observations_waiting{_OF})", f"{_VERSION} waiting"),
            ),
        ),
        Panel(
            "Files that wait for storage",
            (Query(f"sum by ({_BY}, kind) (leeboard_outbox_bytes{_OF})", f"{_VERSION} {{{{kind}}}}"),),
            unit="bytes",
        ),
        Panel(
            "Since everything was stored",
            (Query(f"time() - min by ({_BY}) (leeboard_last_flush_timestamp_seconds{_OF} > 0)", _VERSION),),
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
    rows=(_STATE, _TRAFFIC, _DRIFT, _PODS),
    variables=(
        Variable("namespace", 'leeboard_ready{kind="Model"}', "namespace"),
        Variable("model", 'leeboard_ready{kind="Model",namespace=~"$namespace"}', "name"),
    ),
)
