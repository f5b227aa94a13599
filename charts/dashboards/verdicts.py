"""Verdicts and alerts over time, for every dashboard that has them."""

from __future__ import annotations

from charts.dashboards.grafana import Panel, Query, State

VERDICTS = (
    State(0, "none yet", "text"),
    State(1, "Stable", "green"),
    State(2, "Inconclusive", "yellow"),
    State(3, "Drift", "red"),
)
_RULES = 'alertname=~"Leeboard.*"'
_SEVERITIES = (State(2, "info", "blue"), State(3, "warning", "orange"), State(4, "critical", "red"))
FIRING = f'count(ALERTS{{{_RULES},alertstate="firing",severity!="info"}}) or vector(0)'
"""How many alerts of the chart's rules fire that are more than information."""
NO_ALERT = "None, or the chart's rules are not loaded"


def verdict(selector: str, width: int, height: int) -> Panel:
    """The verdict of each monitor that the label matchers choose."""
    each = (f'leeboard_drift_verdict{{{selector},verdict="{one.name}"}} * {one.value}' for one in VERDICTS[1:])
    return Panel(
        "Verdict",
        (Query(f"sum by (namespace, monitor) ({' or '.join(each)})", "{{namespace}}/{{monitor}}"),),
        "states",
        width=width,
        height=height,
        description="Of the newest window of each monitor. Inconclusive: too few rows, or too near a threshold.",
        states=VERDICTS,
    )


def alerts(width: int, height: int) -> Panel:
    """What waits to fire and what fires, of the chart's rules, in all namespaces."""
    each = (f'ALERTS{{{_RULES},alertstate="firing",severity="{one.name}"}} * {one.value}' for one in _SEVERITIES)
    states = f'ALERTS{{{_RULES},alertstate="pending"}} or {" or ".join(each)}'
    expression = f"max by (alertname, namespace, model, monitor, name) ({states})"
    return Panel(
        "Alerts",
        (Query(expression, "{{alertname}} {{namespace}} {{model}}{{name}}"),),
        "states",
        width=width,
        height=height,
        description="Of the chart's rules, in all namespaces, by severity. docs/how-to/alerts.md says what to do.",
        states=(State(1, "pending", "text"), *_SEVERITIES),
        empty=NO_ALERT,
    )
