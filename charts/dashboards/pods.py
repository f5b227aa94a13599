"""What the serving pods use and owe: a closed row of the dashboard of models."""

from __future__ import annotations

from charts.dashboards.grafana import Panel, Query, Row
from charts.dashboards.promql import RATE, of_process
from charts.dashboards.versions import BY, OF, VERSION

_IN_NAMESPACE = '{namespace=~"$namespace"}'
_CPU = f"rate(process_cpu_seconds_total{_IN_NAMESPACE}{RATE})"
_MEMORY = f"process_resident_memory_bytes{_IN_NAMESPACE}"


def _of_both(expression: str) -> tuple[Query, ...]:
    return tuple(Query(of_process(name, expression), f"{{{{pod}}}} {name}") for name in ("server", "exporter"))


PODS = Row(
    "Pods",
    (
        Panel(
            "Memory",
            _of_both(_MEMORY),
            unit="bytes",
            width=12,
            legend="right",
            description="Resident, of each process.",
        ),
        Panel(
            "CPU",
            _of_both(_CPU),
            width=12,
            legend="right",
            description="Cores in use, of each process.",
        ),
        Panel(
            "Observations that are lost",
            (Query(f"sum by ({BY}) (rate(leeboard_observations_dropped_total{OF}{RATE}))", VERSION),),
            unit="ops",
            width=6,
            description="Requests that no figure of drift will know of.",
        ),
        Panel(
            "Observations that wait",
            (Query(f"sum by ({BY}) (leeboard_server_observations_waiting{OF})", VERSION),),
            width=6,
            description="Requests that the server has not told the exporter of yet.",
        ),
        Panel(
            "Files that wait for storage",
            (Query(f"sum by ({BY}) (leeboard_outbox_bytes{OF})", VERSION),),
            unit="bytes",
            width=6,
            description="Windows, ledger, labels and rows that are not uploaded yet.",
        ),
        Panel(
            "Since everything was stored",
            (Query(f"time() - min by ({BY}) (leeboard_last_flush_timestamp_seconds{OF} > 0)", VERSION),),
            unit="s",
            width=6,
            limits=((900, "red"),),
            description="Storage has been away for so long.",
        ),
    ),
    closed=True,
)
