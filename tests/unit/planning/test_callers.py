"""Callers behind a Gateway: one version each, nobody is moved by who comes or goes, no order of rules matters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.assignment import Assignment
from leeboard.planning.traffic.arms import Arm
from leeboard.planning.traffic.buckets import BUCKETS
from leeboard.planning.traffic.callers import Share, arms_of_callers, bucket_ranges

BUCKET = Assignment()
SHARES = st.integers(1, 5).flatmap(
    lambda most: st.tuples(
        st.integers(1, 95 // most), st.lists(st.integers(0, most - 1), min_size=1, max_size=most, unique=True)
    )
)


def matching(arms: tuple[Arm, ...], value: str) -> list[str]:
    """The versions of all rules whose expression matches."""
    rules = ((arm.version, arm.matches[0]) for arm in arms if arm.matches)
    return [version for version, match in rules if re.fullmatch(match.value, value)]


@settings(max_examples=40, deadline=None)
@given(shares=SHARES, buckets=st.lists(st.integers(0, BUCKETS - 1), min_size=20, max_size=20))
def test_every_bucket_is_matched_by_one_rule(shares: tuple[int, list[int]], buckets: list[int]) -> None:
    percent, places = shares
    arms = arms_of_callers(BUCKET, [Share(f"v{place}", place, percent) for place in places], (), "champion", "/")
    for number in (*buckets, 0, BUCKETS - 1):
        (version,) = matching(arms, f"{number:04x}")
        place = number * 100 // (percent * BUCKETS)
        near_an_end = abs(number - round(number * 100 / (percent * BUCKETS)) * percent * BUCKETS / 100) <= 1
        assert near_an_end or version == (f"v{place}" if place in places else "champion")
    assert all(len(arm.matches[0].value) <= 4096 for arm in arms if arm.matches)
    assert sum(arm.weight for arm in arms) == 100


def test_who_comes_or_goes_moves_nobody_else() -> None:
    both = bucket_ranges([Share("v2", 0, 33), Share("v3", 1, 33)])
    assert bucket_ranges([Share("v3", 1, 33)]) == {"v3": both["v3"]}
    assert bucket_ranges([Share("v2", 0, 33)]) == {"v2": both["v2"]}
    assert bucket_ranges([Share("v4", 0, 33), Share("v3", 1, 33)]) == {"v4": both["v2"], "v3": both["v3"]}


def test_a_place_of_another_time_still_has_room() -> None:
    assert bucket_ranges([Share("v2", 4, 50)]) == {"v2": (0, BUCKETS // 2)}


def test_what_is_no_bucket_matches_no_rule() -> None:
    arms = arms_of_callers(BUCKET, [Share("v2", 0, 50)], (), "v1", "/")
    for value in ("", "0", "00000", "000g", "ABCD", "x0000", "0000\n"):
        assert matching(arms, value) == []


@pytest.mark.parametrize(
    ("cookie", "versions"),
    [
        ("leeboard-arm=v2.1", ["v2.1"]),
        ("a=b; leeboard-arm=v1; c=d", ["v1"]),
        ("a=b;leeboard-arm=v1", ["v1"]),
        ("leeboard-arm=v2x1", []),
        ("leeboard-arm=v2.10", []),
        ("my-leeboard-arm=v1", []),
        ("", []),
    ],
)
def test_cookies_are_matched_as_a_whole(cookie: str, versions: list[str]) -> None:
    arms = arms_of_callers(Assignment(type="Cookie"), [Share("v2.1", 0, 50)], ("v0", "v2.1", "v1"), "v1", "/flights")
    assert matching(arms, cookie) == versions
    given_out = [arm.cookie for arm in arms if not arm.matches]
    assert given_out[0] == ""  # of a version that is leaving
    assert given_out[1] == "leeboard-arm=v2.1; Path=/flights; Max-Age=7776000; HttpOnly; SameSite=Lax"
