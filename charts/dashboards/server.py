"""What the servers do: the row of the dashboard of models that tells why they are slow or refuse requests."""

from __future__ import annotations

from charts.dashboards.grafana import Panel, Query, Row
from charts.dashboards.promql import RATE, native_quantile, quantile
from charts.dashboards.versions import BY, OF, VERSION


def _share_of_predictions(metric: str) -> str:
    """The share of the requests for predictions that a counter of the server counts."""
    predictions = OF.removesuffix("}") + ',route=~"infer|grpc"}'
    return (
        f"sum by ({BY}) (rate({metric}{OF}{RATE}))"
        f" / (sum by ({BY}) (rate(leeboard_server_requests_total{predictions}{RATE})) > 0)"
    )


SERVER = Row(
    "Server",
    (
        Panel(
            "Requests by what they ask for",
            (
                Query(
                    f"sum by ({BY}, route) (rate(leeboard_server_requests_total{OF}{RATE}))",
                    f"{VERSION} {{{{route}}}}",
                ),
            ),
            "stack",
            "reqps",
            description="infer and grpc are predictions by HTTP and by gRPC, health is kubelet's.",
        ),
        Panel(
            "Refused or given up",
            (
                Query(_share_of_predictions("leeboard_server_requests_refused_total"), f"{VERSION} refused"),
                Query(_share_of_predictions("leeboard_server_requests_late_total"), f"{VERSION} given up"),
            ),
            unit="percentunit",
            limits=((0.01, "red"),),
            description="Answered with 503, because too many waited before them or because they waited too long.",
        ),
        Panel(
            "Requests that wait",
            (Query(f"sum by ({BY}) (leeboard_server_requests_waiting{OF})", VERSION),),
            description="For the model, or are computed.",
        ),
        Panel(
            "Latency by what is asked for",
            (
                Query(
                    native_quantile(0.99, "leeboard_server_request_seconds", f"{BY}, route", OF),
                    f"{VERSION} {{{{route}}}} p99",
                ),
            ),
            unit="s",
            description="99 of 100 are faster, from the first byte of the request to the answer.",
        ),
        Panel(
            "Latency of the model alone",
            (Query(native_quantile(0.99, "leeboard_server_predict_seconds", BY, OF), f"{VERSION} p99"),),
            unit="s",
            description="Of one batch, without the time that requests wait for it.",
        ),
        Panel(
            "Rows predicted together",
            (
                Query(
                    f"sum by ({BY}) (rate(leeboard_server_batch_rows_sum{OF}{RATE}))"
                    f" / (sum by ({BY}) (rate(leeboard_server_batch_rows_count{OF}{RATE})) > 0)",
                    f"{VERSION} mean",
                ),
                Query(quantile(0.99, "leeboard_server_batch_rows", BY, OF), f"{VERSION} p99"),
            ),
            description="Requests that come while the model computes are predicted together next.",
        ),
        Panel(
            "Connections and processes",
            (
                Query(f"sum by ({BY}) (leeboard_server_connections{OF})", f"{VERSION} connections"),
                Query(f"sum by ({BY}) (leeboard_server_workers{OF})", f"{VERSION} processes"),
            ),
            description="Open HTTP connections, and processes that answer.",
        ),
        Panel(
            "Readiness probes that the model failed",
            (Query(f"topk(10, sum by ({BY}) (increase(leeboard_server_failed_checks_total{OF}[$__range])))", VERSION),),
            "bars",
            description="In the time that is shown: a wrong answer to the golden samples, or none in time.",
        ),
        Panel(
            "Time to load the model",
            (Query(f"topk(10, max by ({BY}) (leeboard_server_model_load_seconds{OF}))", VERSION),),
            "bars",
            unit="s",
            description="Until the golden samples were answered right, of the slowest pod.",
        ),
    ),
    closed=True,
)
