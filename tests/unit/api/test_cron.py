"""The pattern of the API server against the parser of the planner: whatever can run is accepted."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.cron import PATTERN
from leeboard.planning.training.schedule import CronSchedule

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def item(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str) | st.integers(low, high).map("{:02d}".format)
    span = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: "{}-{}".format(*sorted(pair)))
    step = st.just("") | st.integers(1, high).map("/{}".format)
    return st.tuples(st.just("*") | number | span, step).map("".join)


@settings(derandomize=True)
@given(st.tuples(*[st.lists(item(low, high), min_size=1, max_size=3).map(",".join) for low, high in RANGES]))
def test_what_the_planner_can_run_is_accepted(fields: tuple[str, ...]) -> None:
    text = " ".join(fields)
    try:
        CronSchedule.parse(text, "UTC")
    except ValueError as error:
        assert "no such day" in str(error)  # 31 February has the right form
    assert re.match(PATTERN, text)


@pytest.mark.parametrize("text", ["0 3 * * MON", "*/15 0-6 1,15 jan-mar *", "0  0 * * sun-tue,fri"])
def test_names_and_spaces(text: str) -> None:
    assert re.match(PATTERN, text)
    assert CronSchedule.parse(text, "UTC")


@pytest.mark.parametrize(
    "text",
    [*("daily", "@daily", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *"),
     *("* * * 13 *", "* * * 0 *", "* * * * 8", "* * * * mo", "*/0 * * * *", "1- * * * *", "1,, * * * *")],
)  # fmt: skip
def test_what_is_no_schedule(text: str) -> None:
    assert not re.match(PATTERN, text)
    with pytest.raises(ValueError, match=r"schedule|number"):
        CronSchedule.parse(text, "UTC")
