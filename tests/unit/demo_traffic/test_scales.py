"""Places, round values and figures in words."""

from datetime import timedelta

import pytest

from e2e.demo.picture.frame import Frame
from e2e.demo.picture.rates import rates
from e2e.demo.traffic.state import Second
from leeboard.report import scales
from tests.unit.demo_traffic.example_report import START, at, example


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 67, 5, [0, 20, 40, 60]),
        (0.43, 0.59, 8, [0.44, 0.46, 0.48, 0.5, 0.52, 0.54, 0.56, 0.58]),
        (3, 3, 5, [3]),
    ],
)
def test_ticks_are_round(low, high, most, expected) -> None:
    assert scales.ticks(low, high, most) == pytest.approx(expected)


def test_time_is_ticked_by_what_people_count_in() -> None:
    assert scales.time_ticks(512, 14) == [60.0 * n for n in range(9)]
    assert scales.time_ticks(40, 14)[1] == 5
    assert scales.time_ticks(36000, 14)[1] == 3600


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (scales.clock(125), "2:05"),
        (scales.clock(3725), "1:02:05"),
        (scales.duration(8.4), "8 s"),
        (scales.duration(120), "2 min"),
        (scales.duration(125), "2 min 5 s"),
        (scales.count(1234567), "1\u2009234\u2009567"),
        (scales.interval(0.7312, 0.7225, 0.7401), "0.731 [0.723, 0.740]"),
        (scales.interval(12.3, 8.1, 16.5), "12.3 [8.1, 16.5]"),
        (scales.interval(-0.2, -0.3, -0.1), "−0.20 [−0.30, −0.10]"),
        (scales.interval(0.5, 0.5, 0.5), "0.500 [0.500, 0.500]"),
        (scales.bare(0.1), "0.1"),
        (scales.bare(1500.0), "1500"),
        (scales.bare(56.083, 3), "56.1"),
        (scales.bare(0.0), "0"),
    ],
)
def test_figures_in_words(said, expected) -> None:
    assert said == expected


def test_rates_lose_no_request_and_know_no_other_times() -> None:
    frame, zero = Frame.of(example()), int(START.timestamp())
    seconds = tuple(Second(time=zero + n, versions={"a": 10, "b": n % 3}, failed=n % 2) for n in range(-5, 520))
    found = rates(seconds, frame)
    inside = [one for one in seconds if 0 <= one.time - zero < 512]
    for name in ("a", "b"):
        counted = sum(bin.versions.get(name, 0) * (bin.end - bin.start) for bin in found)
        assert counted == pytest.approx(sum(one.versions[name] for one in inside))
    assert sum(bin.failed * (bin.end - bin.start) for bin in found) == pytest.approx(sum(o.failed for o in inside))
    assert [found[0].start, found[-1].end] == [0, 512]
    assert len(found) <= 260


def test_a_moment_outside_of_the_story_stays_on_the_page() -> None:
    frame = Frame.of(example())
    assert frame.at(START - timedelta(hours=1)) == frame.at(START)
    assert frame.at(at(9999)) == frame.at(at(512))
