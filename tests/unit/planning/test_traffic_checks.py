"""Whether anything comes at all, and figures of the business."""

from datetime import timedelta

import pytest

from leeboard.planning.conditions import timestamp
from tests.unit.planning.test_drift_monitor import DISTANCE, START, Watch, figures

FEW = {"type": "Volume", "minRows": 800, "maxRows": 2000}
NO_REQUEST = {"type": "Staleness", "of": "Requests", "maxAge": "20m"}
NO_LABEL = {"type": "Staleness", "of": "Labels", "maxAge": "20m"}
BOOKINGS = {"type": "KPI", "kpi": "bookings", "min": "100", "max": "900"}


def ago(**span):
    return timestamp(START - timedelta(**span))


def coming(**more):
    """Figures of a champion that has served for a day, in a window of an hour."""
    return figures(servingSince=ago(days=1), window={"start": ago(hours=1), "end": timestamp(START)}, **more)


def labels(**newest):
    return {"arrived": 3, "rows": 3, **({"newest": ago(**newest)} if newest else {})}


@pytest.mark.parametrize(
    ("check", "evaluation", "verdict", "value", "shift"),
    [
        (FEW, coming(rows=1000), "Stable", "1000", ""),
        (FEW, coming(rows=800), "Stable", "800", ""),
        (FEW, coming(rows=799), "Drift", "799", "799 rows in the window, at least 800 are usual"),
        (FEW, coming(rows=0), "Drift", "0", "0 rows in the window, at least 800 are usual"),
        (FEW, coming(rows=2001), "Drift", "2001", "2001 rows in the window, at most 2000 are usual"),
        (FEW, figures(rows=10), "Inconclusive", "", "the version has served for less than that"),
        (FEW, coming(rows=10) | {"servingSince": ago(minutes=59)}, "Inconclusive", "", "the version has served"),
        ({"type": "Volume", "maxRows": 0}, coming(rows=0), "Stable", "0", ""),
        (NO_REQUEST, coming(newestRows=ago(minutes=20)), "Stable", "1200s", ""),
        (NO_REQUEST, coming(newestRows=ago(minutes=21)), "Drift", "1260s", "the newest came at 2026-03-02T09:39:00Z"),
        (NO_REQUEST, coming(), "Drift", "more than 20m", "none came within the window"),
        (NO_REQUEST, coming() | {"servingSince": ago(minutes=5)}, "Inconclusive", "", "the version has served"),
        (NO_LABEL, coming(labels=labels(minutes=1)), "Stable", "60s", ""),
        (NO_LABEL, coming(labels=labels(minutes=50)), "Drift", "3000s", "the newest came at 2026-03-02T09:10:00Z"),
        (NO_LABEL, coming(labels=labels()), "Drift", "more than 20m", "none came within the window"),
        (BOOKINGS, coming(kpis=[{"name": "bookings", "value": "100"}]), "Stable", "100", ""),
        (BOOKINGS, coming(kpis=[{"name": "bookings", "value": "99.5"}]), "Drift", "99.5", "bookings is 99.5, at least"),
        (BOOKINGS, coming(kpis=[{"name": "bookings", "value": "901"}]), "Drift", "901", "bookings is 901, at most 900"),
        (BOOKINGS, coming(kpis=[{"name": "bookings", "message": "no series"}]), "Inconclusive", "", "no series"),
        (BOOKINGS, coming(), "Inconclusive", "", "there are no figures"),
    ],
)  # fmt: skip
def test_what_a_check_says(check, evaluation, verdict, value, shift):
    (finding,) = Watch(check, window={"length": "1h", "minSamples": 1}).look(evaluation)["findings"]
    assert finding["verdict"] == verdict
    assert finding.get("value", "") == value
    assert finding["shift"].startswith(shift)
    assert bool(finding["shift"]) == bool(shift)


def test_too_few_rows_for_anything_else_are_enough_to_say_that_nothing_comes():
    watch = Watch(DISTANCE, FEW, actions=[{"type": "Alert"}], window={"length": "1h", "minSamples": 500})
    status = watch.look(coming(rows=3))
    assert (status["verdict"], [one["check"] for one in status["findings"]]) == ("Drift", ["Volume"])
    assert status["episode"]["reason"].startswith("Volume rows 3, threshold 800")
    assert watch.events == [("Warning", "Drift")]


def test_too_few_rows_stay_too_few_where_traffic_is_as_it_should_be():
    watch = Watch(DISTANCE, NO_REQUEST, window={"length": "1h", "minSamples": 500})
    status = watch.look(coming(rows=3, newestRows=ago(minutes=1)))
    assert (status["verdict"], status["rowsNeeded"]) == ("Inconclusive", 497)
    assert watch.condition("Ready") == ("True", "NotEnoughSamples")
    assert [one["verdict"] for one in status["findings"]] == ["Stable"]


def test_a_figure_of_the_business_is_harm():
    retrain = {"type": "Retrain", "trainingJobRef": {"name": "flights"}}
    watch = Watch(DISTANCE, BOOKINGS, actions=[retrain])
    assert watch.look(coming(kpis=[{"name": "bookings", "value": "5"}]))["requests"]
