"""Dashboards as values, and as the JSON that Grafana reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

COLUMNS = 24
"""Of Grafana's grid."""
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SCHEMA_VERSION = 39

_TYPES = {
    "lines": "timeseries",
    "stack": "timeseries",
    "states": "state-timeline",
    "stat": "stat",
    "bars": "bargauge",
}
Unit = Literal["short", "percent", "percentunit", "s", "bytes", "reqps", "ops", "none", "dateTimeFromNow"]


@dataclass(frozen=True)
class Query:
    """A PromQL expression and how its series are named."""

    expression: str
    legend: str = "__auto"


@dataclass(frozen=True)
class State:
    """What a number stands for, and in which of Grafana's colours it is drawn."""

    value: int
    name: str
    color: str


@dataclass(frozen=True)
class Panel:
    """One picture: lines over time, what something is over time (`states`), or numbers of now (`stat`, `bars`).

    `limit` is where it begins to be bad: drawn as a line, or as the colour of a number. Lines begin `from_zero`, or
    where the lowest of them does.
    """

    title: str
    queries: tuple[Query, ...]
    kind: Literal["lines", "stack", "states", "stat", "bars"] = "lines"
    unit: Unit = "short"
    description: str = ""
    width: int = 8
    height: int = 7
    limit: float | None = None
    from_zero: bool = True
    states: tuple[State, ...] = ()


@dataclass(frozen=True)
class Row:
    """Panels under a heading, from left to right."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """A choice above the dashboard: the values of a label in a metric, one, many or all."""

    name: str
    metric: str
    label: str


@dataclass(frozen=True)
class Dashboard:
    """A page."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()

    def panels(self) -> Iterator[Panel]:
        """All panels, in order."""
        for row in self.rows:
            yield from row.panels


def rendered(dashboard: Dashboard) -> str:
    """The file that Grafana imports. Raises ValueError where a panel is wider than the page."""
    document = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["leeboard"],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [
            {
                "title": "Leeboard",
                "type": "dashboards",
                "tags": ["leeboard"],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "templating": {"list": [_datasource(), *map(_variable, dashboard.variables)]},
        "panels": list(_placed(dashboard.rows)),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _placed(rows: tuple[Row, ...]) -> Iterator[dict[str, Any]]:
    number, top = 1, 0
    for row in rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
        }
        number, top, left, deepest = number + 1, top + 1, 0, 0
        for panel in row.panels:
            if panel.width > COLUMNS:
                raise ValueError(f"{panel.title} is {panel.width} columns wide, a page has {COLUMNS}")
            if left + panel.width > COLUMNS:
                left, top, deepest = 0, top + deepest, 0
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": panel.height})
            number, left, deepest = number + 1, left + panel.width, max(deepest, panel.height)
        top += deepest


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    lines = panel.kind in ("lines", "stack")
    steps: list[dict[str, Any]] = [{"color": "green" if panel.limit is not None else "blue", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if lines:
        start = {"min": 0} if panel.from_zero else {}
        defaults |= start | {"color": {"mode": "palette-classic"}, "custom": _line_style(panel)}
    if panel.states:
        shown = {str(one.value): {"text": one.name, "color": one.color} for one in panel.states}
        defaults |= {"mappings": [{"type": "value", "options": shown}], "custom": {"fillOpacity": 80, "lineWidth": 0}}
    return {
        "id": number,
        "type": _TYPES[panel.kind],
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [
            _target(query, index, instant=panel.kind in ("stat", "bars")) for index, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel, lines),
    }


def _line_style(panel: Panel) -> dict[str, Any]:
    style: dict[str, Any] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "never"}
    if panel.kind == "stack":
        style |= {"fillOpacity": 30, "stacking": {"mode": "normal", "group": "A"}}
    if panel.limit is not None:
        style["thresholdsStyle"] = {"mode": "dashed"}
    return style


def _options(panel: Panel, lines: bool) -> dict[str, Any]:
    if lines:
        legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "states":
        return {"mergeValues": True, "showValue": "auto", "rowHeight": 0.8, "legend": {"showLegend": False}}
    options: dict[str, Any] = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if panel.kind == "bars":
        return options | {"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True}
    return options | {"colorMode": "value", "graphMode": "none", "textMode": "auto"}


def _target(query: Query, index: int, *, instant: bool) -> dict[str, Any]:
    return {
        "refId": chr(ord("A") + index),
        "datasource": DATASOURCE,
        "expr": query.expression,
        "legendFormat": query.legend,
        "instant": instant,
        "range": not instant,
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}}


def _variable(variable: Variable) -> dict[str, Any]:
    query = f"label_values({variable.metric}, {variable.label})"
    return {
        "name": variable.name,
        "label": variable.name.replace("_", " "),
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "variable"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }
