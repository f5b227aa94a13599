"""Dashboards as values. `document` makes the JSON of them that Grafana reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

COLUMNS = 24
"""Of Grafana's grid."""
Unit = Literal["short", "percent", "percentunit", "s", "h", "bytes", "reqps", "ops", "none"]
Color = Literal["red", "orange", "yellow", "green", "blue", "text"]


@dataclass(frozen=True)
class Query:
    """A PromQL expression and how its series are named.

    As `line`, as a dashed `limit`, or as an `edge` of another line: grey, dotted, and not in the legend.
    """

    expression: str
    legend: str = "__auto"
    look: Literal["line", "limit", "edge"] = "line"


@dataclass(frozen=True)
class State:
    """What a number stands for, and in which of Grafana's colours it is drawn."""

    value: int
    name: str
    color: Color


@dataclass(frozen=True)
class Panel:
    """One picture: lines over time, what something is over time (`states`), or numbers of now.

    A `stat` is a number; an `alarm` is one that fills its panel with its colour; `bars` compare some.

    `limits` are where it begins to be bad, and how bad: the first of a red one is drawn as a line, and numbers have the
    colour of the greatest limit that they reach, `below` under all of them. Lines begin `from_zero`, or where the
    lowest of them does. A `legend` on the right is a table with the newest values, the greatest first. `empty` is said
    where there are no series.
    """

    title: str
    queries: tuple[Query, ...]
    kind: Literal["lines", "stack", "states", "stat", "alarm", "bars"] = "lines"
    unit: Unit = "short"
    description: str = ""
    width: int = 8
    height: int = 7
    limits: tuple[tuple[float, Color], ...] = ()
    below: Color = "green"
    from_zero: bool = True
    states: tuple[State, ...] = ()
    legend: Literal["bottom", "right"] = "bottom"
    empty: str = ""


@dataclass(frozen=True)
class Row:
    """Panels under a heading, from left to right; those of a closed row are asked for once somebody opens it."""

    title: str
    panels: tuple[Panel, ...]
    closed: bool = False


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
