"""Names, durations, reasons and metrics."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.durations import format_duration, parse_duration
from leeboard.api.metrics import LOWER_IS_BETTER, OF_TASK, higher_is_better
from leeboard.api.names import child_name, label_value
from leeboard.api.reasons import Reason, explain, hint

LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")


@settings(derandomize=True)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_a_child_name_is_a_label_and_the_same_again(parts: list[str]) -> None:
    name = child_name(*parts)
    assert LABEL.match(name)
    assert len(name) <= 63
    assert child_name(*parts) == name


@pytest.mark.parametrize(
    ("parts", "name"),
    [(("late-flights", "v1"), "late-flights-v1"), (("a",), "a"), (("x" * 63,), "x" * 63)],
)
def test_a_short_name_stays_readable(parts: tuple[str, ...], name: str) -> None:
    assert child_name(*parts) == name


def test_names_that_are_cut_stay_distinct() -> None:
    assert child_name("a" * 70, "b") != child_name("a" * 70, "c")
    assert child_name("A") != child_name("a")
    assert label_value("b" * 64) != "b" * 64


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15), ("10m", 600), ("1h30m", 5400), ("7d", 604800), ("0s", 0), ("1d2h3m4s", 93784)],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "1m1h", "-5s", "1.5h", "5 m"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def test_hints() -> None:
    assert "memory" in hint(Reason.OOM_KILLED)
    assert hint("Unheard") == ""
    assert explain(Reason.OOM_KILLED, "container train") == f"container train — {hint(Reason.OOM_KILLED)}"
    assert explain(Reason.PROMOTED, "done") == "done"


NOTHING_TO_DO = {
    *(
        "NoNewData",
        "RunStarted",
        "RunSucceeded",
        "RunRetried",
        "Training",
        "Evaluating",
        "Idle",
        "Suspended",
        "Cooldown",
    ),
    *(
        "VersionReselected",
        "Accepted",
        "Progressing",
        "Serving",
        "Staged",
        "CanaryStarted",
        "StepStarted",
    ),
    *("Paused", "Promoted", "Superseded", "AnalysisPassed", "LineageObserved", "UnsafeFormatAllowed", "Accelerated"),
    *("ComparisonStarted", "Comparing", "TestLost"),
    "RouteAccepted",
    *("Drift", "Stable", "Inconclusive", "RetrainRequested", "LabelingQueued", "RollbackRequested"),
}


@pytest.mark.parametrize("reason", Reason)
def test_whatever_failed_says_what_to_do(reason: Reason) -> None:
    assert bool(hint(reason)) is (reason not in NOTHING_TO_DO)
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]{1,63}", reason)


def test_no_hint_is_longer_than_a_status_can_show() -> None:
    assert max(len(hint(reason)) for reason in Reason) < 200


def test_every_metric_of_a_task_has_a_direction() -> None:
    everything = {metric for metrics in OF_TASK.values() for metric in metrics}
    assert everything >= LOWER_IS_BETTER
    assert {metric for metric in everything if higher_is_better(metric)} == {
        *("roc_auc", "average_precision", "accuracy", "precision", "recall", "f1", "r2")
    }


@pytest.mark.parametrize(("name", "higher"), [("roc_auc", True), ("log_loss", False), ("rmse", False), ("own", True)])
def test_which_way_is_better(name: str, higher: bool) -> None:
    assert higher_is_better(name) is higher
