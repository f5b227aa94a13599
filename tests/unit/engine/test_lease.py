"""What a contender decides, as a table of what it saw and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from leeboard.engine.lease import Decision, Observation, Record, Timing, decide, held_by, micro_time, observe, released

ME, OTHER = "me", "other"
TIMING = Timing()
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(holder: str, renewed: str = "1", duration: int = 15) -> Record:
    return Record(holder, duration, "0", renewed, 3)


def after(*reads: tuple[float, Record | None]) -> Observation:
    seen = None
    for moment, read in reads:
        seen = observe(seen, read, moment)
    assert seen is not None
    return seen


@pytest.mark.parametrize(
    ("reads", "now", "wanted"),
    [
        pytest.param([(0, record(OTHER))], 14.9, Decision.WAIT, id="it is held, for its duration from the first look"),
        pytest.param([(0, record(OTHER))], 15.0, Decision.WRITE, id="and is free when that has passed"),
        pytest.param([(0, record(OTHER)), (10, record(OTHER))], 15.0, Decision.WRITE, id="looking renews nothing"),
        pytest.param(
            [(0, record(OTHER)), (10, record(OTHER, "2"))], 24.9, Decision.WAIT, id="a renewal begins the time anew"
        ),
        pytest.param([(0, record(OTHER)), (10, record("third"))], 24.9, Decision.WAIT, id="and so does another holder"),
        pytest.param(
            [(0, record(OTHER, duration=60))], 59.0, Decision.WAIT, id="it is the holder's duration that counts"
        ),
        pytest.param([(0, record(""))], 0.0, Decision.WRITE, id="released: free at once"),
        pytest.param([(0, record(ME))], 0.0, Decision.WRITE, id="our own write, whose answer was lost"),
        pytest.param([(0, None)], 3.9, Decision.WAIT, id="absent: whoever leads writes it again within this time"),
        pytest.param([(0, None)], 4.0, Decision.WRITE, id="absent, and nobody did"),
        pytest.param(
            [(0, record(OTHER)), (4, None)], 14.9, Decision.WAIT, id="deleted: its holder may still be at work"
        ),
        pytest.param([(0, record(OTHER)), (4, None)], 15.0, Decision.WRITE, id="deleted, and its holder is done"),
        pytest.param([(0, record("")), (4, None)], 8.0, Decision.WRITE, id="deleted after its release"),
    ],
)
def test_a_contender(reads: list[tuple[float, Record | None]], now: float, wanted: Decision) -> None:
    assert decide(ME, after(*reads), leading=False, now=now, timing=TIMING) is wanted


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        (record(ME), Decision.WRITE),
        (None, Decision.WRITE),
        (record(OTHER), Decision.LOST),
        (record(""), Decision.LOST),
    ],
)
def test_who_leads_renews_writes_a_deleted_lease_again_and_yields_to_any_other_name(
    read: Record | None, wanted: Decision
) -> None:
    assert decide(ME, after((0, read)), leading=True, now=0, timing=TIMING) is wanted


def test_the_record_tells_people_who_since_when_and_how_often_it_changed_hands() -> None:
    later = NOON + timedelta(seconds=2)
    first = held_by(ME, None, NOON, TIMING)
    assert first == Record(ME, 15, "2026-01-01T12:00:00.000000Z", "2026-01-01T12:00:00.000000Z", 0)
    renewed = held_by(ME, first, later, TIMING)
    assert (renewed.acquired, renewed.renewed, renewed.transitions) == (first.acquired, micro_time(later), 0)
    taken = held_by(OTHER, renewed, later, TIMING)
    assert (taken.holder, taken.acquired, taken.transitions) == (OTHER, micro_time(later), 1)
    assert released(taken, later) == Record("", 1, micro_time(later), micro_time(later), 1)


def test_a_lease_that_somebody_else_made_is_read_and_its_other_fields_stay() -> None:
    lease = {"metadata": {"labels": {"a": "b"}}, "spec": {"holderIdentity": None, "strategy": "x"}}
    assert Record.of(lease) == Record("", 0, "", "", 0)
    assert Record.of({"metadata": {}}) == Record("", 0, "", "", 0)
    written = held_by(ME, Record.of(lease), NOON, TIMING).written_to(lease)
    assert written["metadata"] == lease["metadata"]
    assert written["spec"]["strategy"] == "x"
    assert Record.of(written) == held_by(ME, Record.of(lease), NOON, TIMING)


def test_moments_are_written_in_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert micro_time(there) == "2026-01-01T12:00:00.000000Z"


@pytest.mark.parametrize("timing", [(10, 10, 2), (15, 10, 9), (15, 2, 2), (15.5, 10, 2), (0, -1, -1), (15, 10, 0)])
def test_times_that_would_allow_two_leaders_or_none_are_refused(timing: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"lease|deadline|retry"):
        Timing(*timing)
