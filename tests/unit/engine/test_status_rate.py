"""Words about an object are written in bursts, and then at a steady rate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leeboard.controllers.base import Key
from leeboard.engine.status_rate import BURST, EVERY, StatusRate

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ONE, OTHER = Key("Model", "ml", "one"), Key("Model", "ml", "other")


def test_a_burst_is_free_and_what_follows_waits() -> None:
    rate = StatusRate()
    assert [rate.wait(ONE, NOW) for _ in range(BURST)] == [None] * BURST
    assert rate.wait(ONE, NOW) == EVERY
    assert rate.wait(ONE, NOW + EVERY / 3) == EVERY * 2 / 3
    assert rate.wait(ONE, NOW + EVERY) is None
    assert rate.wait(ONE, NOW + EVERY) == EVERY


def test_objects_do_not_wait_for_each_other_and_a_new_one_of_the_name_for_nobody() -> None:
    rate = StatusRate()
    for _ in range(BURST + 1):
        rate.wait(ONE, NOW)
    assert rate.wait(OTHER, NOW) is None
    rate.forget(ONE)
    assert rate.wait(ONE, NOW) is None


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_within_a_minute_there_are_never_more_than_a_burst_and_its_rate(gaps: list[float]) -> None:
    rate, now, written = StatusRate(), NOW, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if rate.wait(ONE, now) is None:
            written.append(now)
    most = BURST + timedelta(minutes=1) // EVERY
    for first in written:
        assert sum(first <= one < first + timedelta(minutes=1) for one in written) <= most
