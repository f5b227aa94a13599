"""What a dashboard's queries answer, asked as Grafana asks when everything is chosen."""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from typing import Any

from tests.drawn_dashboards.series import END, SPAN, STEP

Raw = dict[str, Any]
INTERVAL = 60
"""Seconds between two points of a line: Grafana takes as many as a panel is wide, some 400, and rounds."""


def filled(expression: str, variables: dict[str, str]) -> str:
    """A query with the values of the variables. Raises ValueError where one is left over."""
    built_in = {
        "__rate_interval": f"{max(INTERVAL + STEP, 4 * STEP)}s",
        "__range": f"{SPAN}s",
        "__interval": f"{INTERVAL}s",
    }
    given = built_in | variables
    text = re.sub(r"\$(\w+)|\$\{(\w+)\}", lambda found: given.get(found[1] or found[2], found[0]), expression)
    if "$" in text:
        raise ValueError(f"a variable has no value: {text}")
    return text


def opened(dashboard: Raw) -> Raw:
    """The dashboard after somebody has opened all of its rows, as Grafana moves what stands below."""
    panels: list[Raw] = []
    down = 0
    for panel in dashboard["panels"]:
        inner = panel.get("panels") or []
        panels.append(_moved(panel, down) | ({"collapsed": False, "panels": []} if inner else {}))
        panels.extend(_moved(one, down) for one in inner)
        down += max((one["gridPos"]["y"] + one["gridPos"]["h"] for one in inner), default=0) - (
            panel["gridPos"]["y"] + 1 if inner else 0
        )
    return dashboard | {"panels": panels}


def _moved(panel: Raw, down: int) -> Raw:
    return panel | {"gridPos": panel["gridPos"] | {"y": panel["gridPos"]["y"] + down}}


def answered(url: str, dashboard: Raw) -> Raw:
    """By the number of each panel in an open row the series of each query, in Prometheus' own form."""
    choices = {one["name"]: ".*" for one in dashboard["templating"]["list"] if one["type"] == "query"}
    return {
        str(panel["id"]): [_answer(url, target, choices) for target in panel["targets"]]
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }


def _answer(url: str, target: Raw, choices: dict[str, str]) -> list[Raw]:
    expression = filled(target["expr"], choices)
    if target["instant"]:
        return _get(url, "query", query=expression, time=END)
    return _get(url, "query_range", query=expression, start=END - SPAN, end=END, step=INTERVAL)


def _get(url: str, path: str, **query: str | int) -> list[Raw]:
    address = f"{url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - an address of our own
        result: list[Raw] = json.loads(answer.read())["data"]["result"]
    return result
