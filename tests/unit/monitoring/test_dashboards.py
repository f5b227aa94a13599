"""The dashboards as Grafana gets them, and that the hours their pictures show have an answer to every query."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from charts.dashboards import drift, models, operation, training
from charts.dashboards.document import rendered
from charts.dashboards.grafana import Dashboard, Panel, Query, Row
from tests.drawn_dashboards.answers import answered, filled, opened
from tests.drawn_dashboards.history import open_metrics, remembering
from tests.drawn_dashboards.processes import EVALUATOR
from tests.drawn_dashboards.series import gauge
from tests.drawn_dashboards.story import story

DASHBOARDS = [json.loads(rendered(one.DASHBOARD)) for one in (drift, models, operation, training)]
UIDS = [one["uid"] for one in DASHBOARDS]


def letters(columns: int) -> float:
    """How long a title of a panel may be, where Grafana's page is 1,280 pixels wide: measured in its pictures."""
    return 5.75 * columns - 4


def places(dashboard):
    """Where the panels stand once all rows are open."""
    return [(one["title"], one["gridPos"]) for one in opened(dashboard)["panels"]]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=UIDS)
def test_no_panel_covers_another_and_all_are_on_the_page(dashboard) -> None:
    for (first, a), (second, b) in combinations(places(dashboard), 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, (first, second)
    assert all(place["x"] + place["w"] <= 24 for _, place in places(dashboard))


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=UIDS)
def test_rows_that_are_closed_hide_what_stands_below_no_other(dashboard) -> None:
    closed = [one for one in dashboard["panels"] if one["type"] == "row" and one["collapsed"]]
    # Grafana opens a row in place, and moves down what is below; until then it takes one line
    tops = [one["gridPos"]["y"] for one in dashboard["panels"] if one["type"] == "row"]
    assert tops == sorted(tops)
    assert all(one["panels"] for one in closed)
    numbers = [one["id"] for one in opened(dashboard)["panels"]]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=UIDS)
def test_a_panel_says_what_it_shows_and_its_title_is_not_cut(dashboard) -> None:
    for panel in opened(dashboard)["panels"]:
        assert len(panel["title"]) <= letters(panel["gridPos"]["w"]), panel["title"]
        assert panel["type"] == "row" or panel["description"].endswith("."), panel["title"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=UIDS)
def test_the_first_row_tells_by_colour_whether_something_is_wrong(dashboard) -> None:
    first, *others = dashboard["panels"][
        : next(n for n, one in enumerate(dashboard["panels"]) if n and one["type"] == "row")
    ]
    assert first["title"] == "Is something wrong?"
    alarms = [one for one in others if one["options"].get("colorMode") == "background"]
    assert len(alarms) >= 2
    for one in alarms:
        colors = [step["color"] for step in one["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert "green" in colors and {"red", "yellow"} & set(colors), one["title"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=UIDS)
def test_bars_begin_at_zero(dashboard) -> None:
    for panel in opened(dashboard)["panels"]:
        if panel["type"] == "bargauge":
            assert panel["fieldConfig"]["defaults"]["min"] == 0, panel["title"]


def test_a_limit_is_dashed_and_the_end_of_an_interval_is_not_in_the_legend() -> None:
    queries = (Query("a", "x"), Query("b", "x", "edge"), Query("c", "y", "limit"))
    page = json.loads(rendered(Dashboard("u", "t", "d", (Row("r", (Panel("p", queries),)),))))
    of_b, of_c = page["panels"][1]["fieldConfig"]["overrides"]
    assert (of_b["matcher"]["options"], of_c["matcher"]["options"]) == ("B", "C")
    assert {"id": "custom.hideFrom", "value": {"legend": True, "tooltip": False, "viz": False}} in of_b["properties"]
    assert {"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}} in of_c["properties"]


def test_a_panel_wider_than_the_page_is_refused() -> None:
    with pytest.raises(ValueError, match="25 columns"):
        rendered(Dashboard("u", "t", "d", (Row("r", (Panel("p", (Query("a"),), width=25),)),)))


def test_series_have_the_labels_that_their_process_gives_them() -> None:
    with pytest.raises(ValueError, match="has the labels"):
        gauge(EVALUATOR, "leeboard_ready", 1, kind="Model")
    with pytest.raises(KeyError, match="leeboard_made_up"):
        gauge(EVALUATOR, "leeboard_made_up", 1)


def test_no_series_is_there_twice() -> None:
    one = gauge(EVALUATOR, "process_open_fds", 1)
    with pytest.raises(ValueError, match="twice"):
        list(open_metrics([one, one]))


def test_a_query_with_a_variable_of_nobody_is_refused() -> None:
    assert filled('a{x=~"$x"}[$__rate_interval]', {"x": ".*"}) == 'a{x=~".*"}[240s]'
    with pytest.raises(ValueError, match="no value"):
        filled("a[$y]", {})


def test_every_query_has_an_answer_in_the_hours_of_the_pictures(tmp_path: Path) -> None:
    empty = []
    with remembering(story(), tmp_path) as url:
        for dashboard in map(opened, DASHBOARDS):
            answers = answered(url, dashboard)
            for panel in dashboard["panels"]:
                found = answers.get(str(panel["id"]), [])
                empty += [(dashboard["uid"], panel["title"], n) for n, series in enumerate(found) if not series]
    assert empty == []
