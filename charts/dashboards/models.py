"""What serves, how well, and whether it drifts."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row, Variable
from charts.dashboards.pods import PODS
from charts.dashboards.promql import RATE, native_quantile
from charts.dashboards.server import SERVER
from charts.dashboards.verdicts import FIRING, alerts, verdict
from charts.dashboards.versions import BY, OF, VERSION

_FAILED = '{namespace=~"$namespace",model=~"$model",status="5xx"}'
_MODELS = 'namespace=~"$namespace",model=~"$model"'


def _failing(by: str) -> str:
    """The share of the requests that fail, by labels; none where there are no requests."""
    answered = f"sum by ({by}) (rate(leeboard_requests_total{OF}{RATE})) > 0"
    return f"(sum by ({by}) (rate(leeboard_requests_total{_FAILED}{RATE})) or ({answered}) * 0) / ({answered})"


def _of_rows(metric: str) -> str:
    """The ten inputs with the greatest share of rows that a counter of the exporter counts."""
    rows = f"sum by (namespace, version) (rate(leeboard_rows_total{OF}{RATE})) > 0"
    by_input = f"sum by (namespace, version, input) (rate({metric}{OF}{RATE}))"
    return f"topk(10, {by_input} / on (namespace, version) group_left () ({rows}))"


def _mean_score() -> str:
    """The mean score over that of all the time that is shown."""

    def mean(window: str) -> str:
        counted = f"sum by ({BY}) (rate(leeboard_score_count{OF}{window})) > 0"
        return f"sum by ({BY}) (rate(leeboard_score_sum{OF}{window})) / ({counted})"

    return f"({mean(RATE)}) / ({mean('[$__range] @ end()')})"


_STATE = Row(
    "Is something wrong?",
    (
        Panel(
            "Alerts firing",
            (Query(FIRING, "alerts"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "red"),),
            description="Warning and critical, of the chart's rules. 0 as well where Prometheus has not loaded them.",
        ),
        Panel(
            "Models not ready",
            (Query('sum(leeboard_objects{kind="Model",ready!="True"})', "models"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "red"),),
            description="By their condition Ready, in all namespaces.",
        ),
        Panel(
            "Failing requests",
            (Query(f"max({_failing('namespace, model')})", "share"),),
            "alarm",
            "percentunit",
            width=4,
            height=4,
            limits=((0.01, "yellow"), (0.05, "red")),
            empty="no requests",
            description="At worst: of the Model with the greatest share of answers with a status of 500 or above.",
        ),
        Panel(
            "Monitors with drift",
            (Query('sum(leeboard_drift_verdicts{verdict="Drift"})', "monitors"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "red"),),
            description="In all namespaces.",
        ),
        Panel(
            "Wait for approval",
            (Query(f"count(leeboard_model_version_awaiting_approval_since_timestamp_seconds{OF}) or vector(0)", ""),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "yellow"),),
            description="Versions. `kubectl leeboard get versions` names them.",
        ),
        Panel(
            "Rollouts under way",
            (Query("sum(leeboard_rollouts)", "rollouts"),),
            "stat",
            width=4,
            height=4,
            description="In all namespaces.",
        ),
        alerts(width=12, height=6),
        verdict(_MODELS, width=12, height=6),
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
            width=12,
            legend="right",
            description="By version: a rollout shows as one that takes the place of another.",
        ),
        Panel(
            "Requests that fail",
            (Query(_failing(BY), VERSION),),
            unit="percentunit",
            width=12,
            limits=((0.05, "red"),),
            legend="right",
            description="Share of the requests that were answered with a status of 500 or above.",
        ),
        Panel(
            "Latency, 99th percentile",
            (Query(native_quantile(0.99, "leeboard_request_seconds", BY, OF), VERSION),),
            unit="s",
            width=12,
            legend="right",
            description="With the time that requests wait. The row Server tells the model's own part.",
        ),
        Panel(
            "Latency, median",
            (Query(native_quantile(0.5, "leeboard_request_seconds", BY, OF), VERSION),),
            unit="s",
            width=12,
            legend="right",
            description="With the time that requests wait.",
        ),
        Panel(
            "Share of the traffic",
            (
                Query(
                    f"max by ({BY}, role, weight) (leeboard_model_traffic_weight_percent{OF})",
                    f"{VERSION} {{{{role}}}} {{{{weight}}}}",
                ),
            ),
            unit="percent",
            width=12,
            legend="right",
            description="Asked for (requested), of the ready pods (replica), and counted by the exporters (observed).",
        ),
        Panel(
            "Mean score, against the time shown",
            (Query(_mean_score(), VERSION),),
            unit="percentunit",
            width=12,
            legend="right",
            from_zero=False,
            description="100 % is the version's mean over the time that is shown, so that models of every unit fit.",
        ),
    ),
)
_INPUTS = Row(
    "Inputs",
    (
        Panel(
            "Missing values",
            (Query(_of_rows("leeboard_missing_total"), "{{input}} {{version}}"),),
            unit="percentunit",
            width=12,
            legend="right",
            description="The ten inputs that most often have none, as a share of the rows.",
        ),
        Panel(
            "Categories that the reference has not",
            (Query(_of_rows("leeboard_unseen_total"), "{{input}} {{version}}"),),
            unit="percentunit",
            width=12,
            legend="right",
            description="The ten inputs that most often have one, as a share of the rows.",
        ),
    ),
)
_AGES = Row(
    "Champions",
    (
        Panel(
            "Newest champions",
            (
                Query(
                    f"bottomk(10, time() - max by ({BY}) (leeboard_model_champion_since_timestamp_seconds{OF}))",
                    VERSION,
                ),
            ),
            "bars",
            "s",
            height=6,
            description="How long the ten newest have been serving, that is, what changed last.",
        ),
        Panel(
            "Oldest training",
            (
                Query(
                    f"topk(10, time() - max by ({BY}) (leeboard_model_champion_registered_timestamp_seconds{OF}))",
                    VERSION,
                ),
            ),
            "bars",
            "s",
            height=6,
            description="How long ago the ten oldest champions were registered.",
        ),
        Panel(
            "Versions rolled back",
            (
                Query(
                    f"topk(10, max by (namespace, model) (leeboard_model_quarantined_versions{OF}))",
                    "{{namespace}}/{{model}}",
                ),
            ),
            "bars",
            height=6,
            description="That are remembered as quarantined: no rollout takes them again until leeboard retry.",
        ),
    ),
)
DASHBOARD = Dashboard(
    uid="leeboard-models",
    title="Leeboard / Models",
    description="What serves, how well, and whether it drifts.",
    rows=(_STATE, _TRAFFIC, _INPUTS, _AGES, SERVER, PODS),
    variables=(
        Variable("namespace", 'leeboard_ready{kind="Model"}', "namespace"),
        Variable("model", 'leeboard_ready{kind="Model",namespace=~"$namespace"}', "name"),
    ),
)
