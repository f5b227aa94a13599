"""Buckets: the same caller, the same arm; growth moves nobody away; expressions match what ranges say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.planning.traffic.buckets import BUCKETS, Range, arm_of, bucket, expression, ranges

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "route-by-gateway.md"
MOST = {"v2": 30, "v3": 20}


def test_the_page_has_the_test_vectors() -> None:
    rows = re.findall(r"^\| (?:`([^`]+)`|\(empty\)) \| `([0-9a-f]{4})` \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(rows) == 5
    assert {identity: bucket(identity) for identity, _ in rows} == dict(rows)
    assert dict(rows)[""] == "e3b0"  # SHA-256 of nothing, as everybody knows it


def test_an_arm_keeps_whom_it_has_as_it_grows() -> None:
    callers = [f"customer-{number}" for number in range(4000)]
    before: dict[str, str] = {}
    with_v3 = {one for one in callers if arm_of(one, ranges({"v3": 20}, MOST), "v1") == "v3"}
    for weight in (0, 1, 5, 10, 30):
        now = {one: arm_of(one, ranges({"v2": weight, "v3": 20}, MOST), "v1") for one in callers}
        assert all(now[one] == arm for one, arm in before.items() if arm != "v1")
        assert abs(sum(arm == "v2" for arm in now.values()) / len(callers) - weight / 100) < 0.02
        assert {one for one, arm in now.items() if arm == "v3"} == with_v3
        before = now


def test_one_arms_growth_does_not_move_another() -> None:
    assert ranges({"v2": 1, "v3": 20}, MOST)["v3"] == ranges({"v2": 30, "v3": 20}, MOST)["v3"]


@pytest.mark.parametrize(
    ("weights", "most"),
    [({"v2": 31}, MOST), ({"v9": 1}, MOST), ({"v2": -1}, MOST), ({"v2": 1}, {"v2": 60, "v3": 41})],
)
def test_what_does_not_fit_is_refused(weights: dict[str, int], most: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        ranges(weights, most)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ((0, BUCKETS), "[0-9a-f]{4}"),
        ((0, 4096), "0[0-9a-f]{3}"),
        ((0, 8192), "[01][0-9a-f]{3}"),
        ((0, 1), "0000"),
        ((4096, 8448), "(20[0-9a-f]{2}|1[0-9a-f]{3})"),
    ],
)
def test_expressions(chosen: Range, expected: str) -> None:
    assert expression(chosen) == expected


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, BUCKETS - 1), st.integers(1, BUCKETS))
def test_an_expression_matches_its_range_and_nothing_else(start: int, size: int) -> None:
    chosen = (start, min(BUCKETS, start + size))
    compiled = re.compile(expression(chosen))
    assert len(compiled.pattern) < 400
    edges = {0, BUCKETS - 1, *(edge + near for edge in chosen for near in (-2, -1, 0, 1))}
    sampled = {*(one for one in edges if 0 <= one < BUCKETS), *range(0, BUCKETS, 97)}
    for number in sampled:
        assert bool(compiled.fullmatch(f"{number:04x}")) is (chosen[0] <= number < chosen[1])


@pytest.mark.parametrize("chosen", [(5, 5), (-1, 3), (0, BUCKETS + 1)])
def test_no_range_no_expression(chosen: Range) -> None:
    with pytest.raises(ValueError, match="no range"):
        expression(chosen)
