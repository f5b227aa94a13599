"""What is decided about files from their names, sizes and times alone."""

from datetime import timedelta

import pytest

from leeboard.evaluator.retention import planner
from leeboard.evaluator.retention.files import file_of, merged_key, untimed_of
from leeboard.evaluator.retention.planner import Keeping, found_in, plan
from leeboard.storage import Entry
from tests.unit.evaluator.retention.exporters import at, table, window

KEEPING = Keeping(retain=timedelta(days=30), look_back=timedelta(hours=1))
DAY = 24 * 60


def entries(*keys, size=100, modified=None):
    return [Entry(key, size, "e", modified) for key in keys]


def due(keys, now, skip=frozenset(), most=1000):
    return [one.key for one in found_in(entries(*keys), KEEPING, now, skip, most).due]


@pytest.mark.parametrize(
    "key",
    [
        "observations/v1/windows/a/1-2.csv.gz",
        "observations/v1/ledger/a/1-2.json.gz",
        "observations/v1/windows/a/2-1.json.gz",
        "observations/v1/windows/merged/1-2.json.gz",
        "observations/v1/windows/merged/1-2-xyz.jsonl.gz",
        "observations/v1/windows/a/b/1-2.json.gz",
        "observations/v1/windows/../1-2.json.gz",
        "observations/../windows/a/1-2.json.gz",
        "observations/v1/windows/a/1-2.json.gz.part",
        "x/observations/v1/windows/a/1-2.json.gz",
        "observations/v1/windows//1-2.json.gz",
        "observations/v1/reports/a/1-2.json.gz",
        "observations/v1/windows/a/1-99999999999999999.json.gz",
        "v1/model.skops",
        "manifest.json",
        "observations/",
    ],
)
def test_what_has_another_name_is_left_alone(key):
    assert file_of(key) is None
    found = found_in(entries(key, modified=at(0)), KEEPING, at(400 * DAY), set(), 10)
    assert (found.expired, found.due, found.merged) == ([], [], {})


def test_names_are_read_and_merged_names_follow_from_parts():
    parts = [file_of(window("a.b-1", minute)[0]) for minute in (3, 1, 2)]
    assert [(one.version, one.kind, one.is_merged) for one in parts] == [("v1", "windows", False)] * 3
    assert parts[0].name == window("a.b-1", 3)[0].removeprefix("observations/v1/windows/")
    merged = file_of(merged_key(parts))
    assert merged.is_merged
    assert (merged.start, merged.end) == (parts[1].start, parts[0].end)
    assert merged_key(parts) == merged_key(parts[::-1]) != merged_key(parts[:2])
    with pytest.raises(ValueError, match="nothing"):
        merged_key([])


@pytest.mark.parametrize(("minute", "taken"), [(119, []), (120, [window("a", 59)[0]])])
def test_an_hour_is_left_alone_until_it_is_over_for_an_hour(minute, taken):
    assert due([window("a", 59)[0], window("a", 60)[0]], at(minute)) == taken


def test_a_window_that_reaches_into_the_next_hour_is_of_the_hour_in_which_it_begins():
    long = window("a", 59, length=10)[0]
    assert due([long], at(120)) == []
    assert due([long], at(129)) == [long]
    assert file_of(long).hour == file_of(window("a", 0)[0]).hour


def test_each_kind_is_kept_as_long_as_somebody_asks_for_it():
    """What a monitor looks at is not removed, however short the time is that was asked for."""
    keeping = Keeping(retain=timedelta(days=1), look_back=timedelta(days=3))
    keys = [window("a", 0)[0], table("ledger", "a", 0, [1])[0], table("feedback", "a", 0, [1])[0]]
    report = "observations/v1/reports/m/newest.html"

    def expired(days):
        listing = [*entries(*keys), *entries(report, modified=at(1))]
        return set(found_in(listing, keeping, at(days * DAY + 2), set(), 10).expired)

    assert expired(0.9) == set()
    assert expired(1) == {report}
    assert expired(3) == {keys[0], keys[2], report}
    assert expired(9.9) == {keys[0], keys[2], report}
    assert expired(10) == {*keys, report}


def test_a_report_whose_time_is_not_known_stays():
    assert untimed_of("observations/v1/reports/m/newest.html") == "reports"
    assert not untimed_of("observations/v1/reports/m/newest.htm")
    found = found_in(entries("observations/v1/reports/m/newest.html"), KEEPING, at(99 * DAY), set(), 10)
    assert found.expired == []


def test_a_merged_file_expires_with_its_last_part():
    merged = merged_key([file_of(window("a", minute)[0]) for minute in (0, 59)])
    assert found_in(entries(merged), KEEPING, at(30 * DAY + 60), set(), 10).expired == []
    assert found_in(entries(merged), KEEPING, at(30 * DAY + 61), set(), 10).expired == [merged]


def test_the_oldest_hours_are_taken_first_and_whole():
    keys = [window(pod, minute)[0] for pod in "ab" for minute in (0, 1, 60, 61, 120)]
    found = found_in(entries(*keys), KEEPING, at(600), set(), 6)
    assert not found.is_whole
    assert {one.key for one in found.due} == {window(pod, minute)[0] for pod in "ab" for minute in (0, 1)}
    one_hour = found_in(entries(*keys), KEEPING, at(600), set(), 3)
    assert len(one_hour.due) == 3
    assert found_in(entries(*keys), KEEPING, at(600), set(keys), 6).due == []


def test_what_a_merged_file_names_is_left_over_and_what_came_late_is_merged_with_what_came_with_it():
    first, second, *late = (file_of(window("a", minute)[0]) for minute in (0, 1, 2, 3))
    merged = merged_key([first, second])
    listing = entries(merged, first.key, *(one.key for one in late))
    found = found_in(listing, KEEPING, at(600), set(), 10)
    assert [one.key for one in found.beside_due()] == [merged]
    decided = plan(found, {merged: frozenset({first.name, second.name})})
    assert [one.key for one in decided.leftover] == [first.key]
    assert [[one.key for one in bundle] for bundle in decided.merges] == [[one.key for one in late]]
    unknown = plan(found, {merged: frozenset()})
    assert unknown.leftover == ()


def test_versions_kinds_and_hours_are_not_mixed_and_one_file_stays_alone():
    keys = [
        window("a", 0)[0], window("b", 1)[0], window("a", 60)[0], window("a", 1, version="v2")[0],
        table("ledger", "a", 1, [1])[0],
    ]  # fmt: skip
    decided = plan(found_in(entries(*keys), KEEPING, at(600), set(), 10), {})
    assert [[one.key for one in bundle] for bundle in decided.merges] == [keys[:2]]
    assert {one.key for one in decided.single} == set(keys[2:])


def test_no_merged_file_is_larger_than_may_be_read(monkeypatch):
    keys = [window("a", minute)[0] for minute in range(10)]
    monkeypatch.setattr(planner, "MOST_BYTES", 350)
    decided = plan(found_in(entries(*keys), KEEPING, at(600), set(), 10), {})
    assert [len(bundle) for bundle in decided.merges] == [3, 3, 3]
    assert len(decided.single) == 1
    monkeypatch.setattr(planner, "MOST_PARTS", 2)
    decided = plan(found_in(entries(*keys), KEEPING, at(600), set(), 10), {})
    assert [len(bundle) for bundle in decided.merges] == [2] * 5
