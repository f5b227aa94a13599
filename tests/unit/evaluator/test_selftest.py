"""The self-test finds what is there, is quiet where nothing is, and says what it could not try."""

import numpy as np
import pandas as pd
import pytest

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.false_alarms import Looks, drift_alpha
from leeboard.evaluator.selftest.changes import CHANGES
from leeboard.evaluator.selftest.trial import Segments, self_test

CHECKS = (
    {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"},
    {"type": "DataQuality", "maxMissingPercent": 5},
    {"type": "NewCategories", "maxPercent": "2"},
    {"type": "UnitChange"},
)


def spec(*checks, **more):
    window = {"length": "1h", "every": "15m", "minSamples": 200}
    document = {"modelRef": {"name": "m"}, "window": window, "checks": checks or CHECKS, **more}
    return DriftMonitorSpec.model_validate(document)


def table(rows=6000, shift_from=None, by=0.0):
    generator = np.random.default_rng(1)
    wind = generator.gamma(4, 3, rows)
    if shift_from is not None:
        wind[shift_from:] += by
    return pd.DataFrame(
        {"wind": wind, "temp": generator.normal(10, 5, rows), "carrier": generator.choice(["UA", "AA", "B6"], rows)}
    )


def test_a_calm_reference_gives_no_alarm_and_every_large_change_is_found():
    told = []
    found = self_test(spec(), table(), 600, told.append)
    assert (found.reference_rows, found.looks, found.alarms, found.alarmed) == (3600, 13, 0, {})
    assert found.windows == pytest.approx(4)
    assert found.declared == pytest.approx(4 / (90 * 24))
    power = {one.change: one for one in found.changes}
    assert set(power) == {change.name for change in CHANGES}
    for name in ("mean +1 standard deviation", "100 times as large", "a tenth of the numbers is missing"):
        assert (power[name].power, power[name].inputs, power[name].tried) == (1.0, 2, 10)
    assert power["a tenth is a new category"].inputs == 1
    assert 1 <= power["100 times as large"].evaluations <= power["mean +0.5 standard deviations"].evaluations
    assert power["a quarter becomes the most frequent"].missed in {(), ("carrier",)}
    assert any("evaluation 13 of 13" in text for text in told)
    assert found == self_test(spec(), table(), 600)


def test_drift_within_the_reference_is_told_as_alarms():
    found = self_test(spec(), table(shift_from=4800, by=12.0), 600)
    assert found.alarms == 1
    assert next(iter(found.alarmed)) == "DataDrift wind"


BY_CARRIER = ({**CHECKS[0], "by": "carrier"}, {**CHECKS[1], "by": "carrier"})


def in_one_segment(by):
    """The wind of one carrier of three grows in the rows that are held out."""
    rows = table()
    grows = (rows["carrier"] == "UA") & (rows.index >= 4800)
    return rows.assign(wind=rows["wind"] + np.where(grows, by, 0.0))


def test_drift_within_a_segment_is_told_as_an_alarm_where_a_check_looks_by_it():
    spread = 6.0
    within = self_test(spec(*BY_CARRIER), in_one_segment(spread), 600)
    assert within.segments == (Segments("carrier", 3),)
    assert within.alarms == 1
    assert "DataDrift wind where carrier=UA" in within.alarmed
    assert not [name for name in within.alarmed if "AA" in name or "B6" in name]


def test_calm_segments_give_no_alarm_and_share_the_budget():
    checks = spec(*BY_CARRIER, {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.05"})
    found = self_test(checks, table(), 600)
    assert (found.alarms, found.left_out) == (0, ("Performance",))
    # three inputs as a whole and two within three values by one check; the metric shares the budget too, untried
    assert found.alpha == pytest.approx(drift_alpha(checks, 3, Looks({"carrier": 6})))
    assert found.alpha < self_test(spec(*CHECKS[:2]), table(), 600).alpha
    assert found == self_test(checks, table(), 600)


def test_changes_are_looked_for_within_segments_too():
    """Missing values of a tenth of the rows are a tenth of every segment's: found there if the whole allows more."""
    whole = {**CHECKS[1], "maxMissingPercent": 10}
    lost = "a tenth of the numbers is missing"
    power = [
        {one.change: one.power for one in self_test(spec(check), table(), 600).changes}[lost]
        for check in (whole, whole | {"by": "carrier"})
    ]
    assert power[0] < power[1]


def test_an_input_by_which_there_are_no_segments_is_told():
    found = self_test(spec(CHECKS[0] | {"by": "temp"}), table(), 600)
    assert found.segments == (Segments("temp", 0, "has 3600 different numbers in the reference, and 50 are the most"),)
    assert found.alarms == 0


def test_a_segment_is_looked_at_by_an_input_that_is_not_watched_itself():
    found = self_test(spec(*BY_CARRIER, features={"exclude": ["carrier", "temp"]}), in_one_segment(6.0), 600)
    assert set(found.alarmed) >= {"DataDrift wind where carrier=UA"}
    assert not [name for name in found.alarmed if "temp" in name]


def test_a_change_that_the_checks_cannot_see_is_never_found():
    found = self_test(spec({"type": "DataQuality", "maxMissingPercent": 50}), table(), 600)
    power = {one.change: one for one in found.changes}
    assert power["a tenth of the texts is missing"].found == 0
    assert power["mean +1 standard deviation"].missed == ("wind", "temp")
    assert power["mean +1 standard deviation"].evaluations is None


def test_inputs_that_are_left_out_are_not_tried_and_checks_that_cannot_be_are_named():
    auc = {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.05"}
    found = self_test(spec(*CHECKS, auc, features={"exclude": ["wind"]}), table(), 600)
    assert found.left_out == ("Performance",)
    assert {one.inputs for one in found.changes} == {1}


def daily(days=10, per_hour=100):
    """A table with a strong daily cycle, from a Monday on."""
    generator = np.random.default_rng(4)
    hours = np.repeat(np.arange(24 * days), per_hour)
    wave = 2 * np.sin(2 * np.pi * hours / 24)
    return pd.DataFrame(
        {"load": wave + generator.standard_normal(len(hours)), "event_timestamp": 1767571200 + 3600 * hours}
    )


def test_a_daily_cycle_hides_changes_unless_the_monitor_compares_by_hour():
    """The noise of the whole has the cycle in it."""
    distance, change = CHECKS[0], "mean +0.5 standard deviations"
    whole = self_test(spec(distance), daily(), 200)
    assert {one.change: one.power for one in whole.changes}[change] == 0.0
    found = self_test(spec(distance, reference={"season": "HourOfDay"}), daily(), 200)
    assert (found.alarms, found.not_compared, found.declared < 1) == (0, 0, True)
    assert {one.change: one.power for one in found.changes}[change] == 1.0


def test_seasons_that_were_not_learned_are_told():
    """Six days from a Monday on are learned from: no Sunday."""
    found = self_test(spec(CHECKS[0], reference={"season": "DayOfWeek"}), daily(), 200)
    assert found.looks == 189
    assert 46 < found.not_compared < 52


def test_a_season_needs_the_times_of_rows():
    monitor = spec(CHECKS[0], reference={"season": "HourOfDay"})
    with pytest.raises(EvaluationError, match="compares by HourOfDay, and the table has no column event_timestamp"):
        self_test(monitor, daily().drop(columns="event_timestamp"), 200)
    with pytest.raises(EvaluationError, match="row 7 of event_timestamp"):
        self_test(
            monitor, daily().assign(event_timestamp=lambda one: one["event_timestamp"].where(one.index != 7)), 200
        )


@pytest.mark.parametrize(
    ("checks", "rows", "text"),
    [
        (CHECKS, 3000, "6000 rows are too few for windows of 3000: 7501 are needed"),
        (({"type": "Performance", "metric": "roc_auc", "maxDrop": "0.05"},), 600, "no check that looks at an input"),
    ],
)
def test_what_cannot_be_tried_is_said(checks, rows, text):
    with pytest.raises(EvaluationError, match=text):
        self_test(spec(*checks), table(), rows)
