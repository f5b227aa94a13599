"""When exporters show that a share was taken over, although no parent of the route says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.model_status import Candidate, Images
from leeboard.planning.conditions import timestamp
from leeboard.planning.traffic.taken_over import ALPHA, SETTLED, agrees, counted, has_taken_over

BEGAN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROW = {"name": "v2", "champion": "v1", "since": timestamp(BEGAN + SETTLED), "requests": 100, "total": 1000}
percents = st.integers(1, 100)


def candidate(**fields: Any) -> Candidate:
    """One that is asked to take 10 %."""
    known = {"phase": "Canary", "requested_weight": 10, "step_started_at": BEGAN} | fields
    return Candidate(name="v2", since=BEGAN, images=Images(server="server:1"), **known)


@pytest.mark.parametrize(
    ("asked", "before", "requests", "total", "found"),
    [
        (10, 0, 0, 0, False),
        (10, 0, 0, 1000, False),
        (10, 0, 1, 1, False),
        (10, 0, 2, 20, False),
        (10, 0, 100, 1000, True),
        (10, 0, 60, 1000, False),
        (10, 0, 90, 1000, True),
        (10, 0, 500, 1000, False),
        (10, 5, 100, 1000, False),
        (10, 5, 400, 4000, True),
        (10, 5, 200, 4000, False),
        (50, 10, 500, 1000, True),
        (50, 10, 100, 1000, False),
        (50, 10, 310, 1000, False),
        (100, 50, 1000, 1000, True),
        (100, 50, 700, 1000, False),
        (10, 50, 100, 1000, True),
    ],
)
def test_a_share_agrees_when_it_is_surely_nearer_to_what_is_asked_for(
    asked: int, before: int, requests: int, total: int, found: bool
) -> None:
    assert agrees(asked, before, requests, total) is found


@settings(max_examples=200, deadline=None)
@given(asked=percents, before=st.integers(0, 100), total=st.integers(0, 100_000), part=st.integers(0, 100_000))
def test_nothing_below_the_middle_and_nothing_without_requests_agrees(
    asked: int, before: int, total: int, part: int
) -> None:
    requests = min(part, total)
    if agrees(asked, before, requests, total):
        start = before if before < asked else 0
        assert requests > 0
        assert requests / total > (start + asked) / 200
        assert not agrees(asked, before, 0, total)


@settings(max_examples=100, deadline=None)
@given(asked=percents, before=st.integers(0, 99))
def test_the_share_that_is_asked_for_agrees_in_the_end_and_the_one_before_never_does(asked: int, before: int) -> None:
    total = 4_000_000
    assert agrees(asked, before, total * asked // 100, total)
    if before < asked:
        assert not agrees(asked, before, total * before // 100, total)


def test_the_stage_before_is_hardly_ever_held_for_this_one_however_often_it_is_looked_at() -> None:
    random = np.random.default_rng(7)
    plays = 400
    wrong = 0
    for _ in range(plays):
        counts = np.cumsum(random.binomial(100, 0.05, size=60))
        wrong += any(agrees(10, 5, int(count), 100 * look) for look, count in enumerate(counts, 1))
    assert wrong / plays <= ALPHA


@pytest.mark.parametrize(
    ("row", "fields", "champion", "found"),
    [
        ({}, {}, "v1", True),
        ({"name": "v3"}, {}, "v1", False),
        ({}, {}, "v0", False),
        ({"since": timestamp(BEGAN + SETTLED - timedelta(seconds=1))}, {}, "v1", False),
        ({"since": "soon"}, {}, "v1", False),
        ({"since": "2027-01-01T00:00:00"}, {}, "v1", False),
        ({"requests": None}, {}, "v1", False),
        ({"requests": -1}, {}, "v1", False),
        ({"requests": 2000}, {}, "v1", False),
        ({}, {"step_started_at": BEGAN + timedelta(seconds=1)}, "v1", False),
        ({}, {"step_started_at": None}, "v1", False),
        ({}, {"requested_weight": 50}, "v1", False),
    ],
)
def test_figures_are_those_of_this_stage_and_this_pair(
    row: dict[str, Any], fields: dict[str, Any], champion: str, found: bool
) -> None:
    assert has_taken_over({"routed": [ROW | row]}, candidate(**fields), champion, 0) is found


@pytest.mark.parametrize("evaluation", [None, {}, {"routed": []}, {"routed": ["v2"]}])
def test_without_figures_nothing_is_shown_and_nothing_said(evaluation: dict[str, Any] | None) -> None:
    assert not has_taken_over(evaluation, candidate(), "v1", 0)
    assert counted(evaluation, candidate()) == ""


def test_what_was_counted_is_told() -> None:
    text = "; 100 of 1000 requests since 2026-03-02T10:01:00Z went to v2, for which 10 % are asked"
    assert counted({"routed": [ROW]}, candidate()) == text
