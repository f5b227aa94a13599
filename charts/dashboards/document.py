"""The JSON of a dashboard, as Grafana imports it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from charts.dashboards.grafana import COLUMNS, Dashboard, Panel, Query, Row, Variable

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SCHEMA_VERSION = 39
_TYPES = {
    "lines": "timeseries",
    "stack": "timeseries",
    "states": "state-timeline",
    "stat": "stat",
    "alarm": "stat",
    "bars": "bargauge",
}
_OF_NOW = ("stat", "alarm", "bars")
_LOOKS: dict[str, dict[str, Any]] = {
    "limit": {
        "color": {"mode": "fixed", "fixedColor": "red"},
        "custom.lineStyle": {"fill": "dash", "dash": [8, 6]},
        "custom.fillOpacity": 0,
    },
    "edge": {
        "color": {"mode": "fixed", "fixedColor": "text"},
        "custom.lineStyle": {"fill": "dot", "dash": [1, 4]},
        "custom.fillOpacity": 0,
        "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
    },
}


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
        panels, height = _laid_out(row, number + 1, top + 1)
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": row.closed,
            "panels": panels if row.closed else [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
        }
        if not row.closed:
            yield from panels
        number, top = number + 1 + len(panels), top + 1 + (0 if row.closed else height)


def _laid_out(row: Row, number: int, top: int) -> tuple[list[dict[str, Any]], int]:
    """The panels of a row from that number and line on, and how many lines they take."""
    begin, left, deepest = top, 0, 0
    panels = []
    for panel in row.panels:
        if panel.width > COLUMNS:
            raise ValueError(f"{panel.title} is {panel.width} columns wide, a page has {COLUMNS}")
        if left + panel.width > COLUMNS:
            left, top, deepest = 0, top + deepest, 0
        place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
        panels.append(_panel(panel, number + len(panels), place))
        left, deepest = left + panel.width, max(deepest, panel.height)
    return panels, top + deepest - begin


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": _TYPES[panel.kind],
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [_target(query, index, panel) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": list(_overrides(panel))},
        "options": _options(panel),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    lines = panel.kind in ("lines", "stack")
    plain = "blue" if panel.kind == "bars" else "text"
    steps = [{"color": panel.below if panel.limits else plain, "value": None}]
    steps += [{"color": color, "value": limit} for limit, color in panel.limits]
    if lines:
        # only where it is bad is a line worth: the rest would be a line at the bottom
        steps = [{"color": "transparent", "value": None}, *steps[1:]]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.empty:
        defaults["noValue"] = panel.empty
    if panel.kind == "bars" or (lines and panel.from_zero):
        # the scale of a bar would begin at the least of them, which then looks like nothing at all
        defaults["min"] = 0
    if lines:
        defaults |= {"color": {"mode": "palette-classic"}, "custom": _line_style(panel)}
    if panel.states:
        shown = {str(one.value): {"text": one.name, "color": one.color} for one in panel.states}
        defaults |= {"mappings": [{"type": "value", "options": shown}], "custom": {"fillOpacity": 80, "lineWidth": 0}}
    return defaults


def _line_style(panel: Panel) -> dict[str, Any]:
    style: dict[str, Any] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "never"}
    if panel.kind == "stack":
        style |= {"fillOpacity": 40, "stacking": {"mode": "normal", "group": "A"}}
    if panel.limits:
        style["thresholdsStyle"] = {"mode": "dashed"}
    return style


def _overrides(panel: Panel) -> Iterator[dict[str, Any]]:
    for index, query in enumerate(panel.queries):
        if query.look != "line":
            properties = [{"id": name, "value": value} for name, value in _LOOKS[query.look].items()]
            yield {"matcher": {"id": "byFrameRefID", "options": _reference(index)}, "properties": properties}


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind in ("lines", "stack"):
        return {"legend": _legend(panel), "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "states":
        return {"mergeValues": True, "showValue": "auto", "rowHeight": 0.8, "legend": {"showLegend": False}}
    options: dict[str, Any] = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if panel.kind == "bars":
        # beside the bars of a narrow panel names are cut after some fifteen letters
        top = panel.width <= 8
        # without a size one bar alone is as thick as the panel is high, and its text with it
        size = {"sizing": "manual", "minVizHeight": 36 if top else 14, "maxVizHeight": 46 if top else 26}
        text = {"text": {"titleSize": 13, "valueSize": 15}, "namePlacement": "top" if top else "left"}
        return options | size | text | {"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True}
    color = "background" if panel.kind == "alarm" else "value"
    return options | {"colorMode": color, "graphMode": "none", "textMode": "auto", "wideLayout": False}


def _legend(panel: Panel) -> dict[str, Any]:
    if panel.legend == "bottom":
        return {"displayMode": "list", "placement": "bottom", "showLegend": True}
    order = {"calcs": ["lastNotNull"], "sortBy": "Last *", "sortDesc": True}
    return {"displayMode": "table", "placement": "right", "showLegend": True, "width": 260} | order


def _reference(index: int) -> str:
    return chr(ord("A") + index)


def _target(query: Query, index: int, panel: Panel) -> dict[str, Any]:
    instant = panel.kind in _OF_NOW
    return {
        "refId": _reference(index),
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
