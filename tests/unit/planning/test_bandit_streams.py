"""Bandits played through the operator's own rules: who ends with the requests, and what that costs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from leeboard.api.bandit import Bandit
from leeboard.planning.rollout.arms.pace import MOST, counts, ends
from tests.support.bandit_streams import Rates, Stream

SEEDS = 50
DAY = 86400.0
WEEK = 7 * DAY
A_TICK = 100
"""Requests in ten minutes."""


def bandit(**spec: Any) -> Bandit:
    return Bandit.model_validate({"reward": {"type": "Outcome"}} | spec)


def played(rates: Rates, seconds: float = WEEK, *, seeds: int = SEEDS, delay: float = 0, **spec: Any) -> list[Stream]:
    return [Stream(bandit(**spec), rates, A_TICK, seed, delay).play(seconds) for seed in range(seeds)]


def cost(streams: list[Stream]) -> float:
    """Regret, as a part of what equal shares would have cost."""
    return sum(one.regret for one in streams) / sum(one.uniform for one in streams)


def with_most(streams: list[Stream], name: str) -> int:
    """How many gave a version more than 95 % of the requests at the end."""
    return sum(one.percent.get(name, 0) > 95 for one in streams)


def test_within_a_week_the_better_version_has_over_95_percent_in_45_of_50_streams() -> None:
    streams = played(lambda _: (0.10, 0.13))
    assert with_most(streams, "v2") >= 45
    assert {one.won for one in streams} <= {"v2", None}
    assert all(one.regret < one.uniform / 2 for one in streams)
    assert cost(streams) < 0.15


def test_so_it_is_without_a_verdict_where_the_least_share_leaves_that_much() -> None:
    streams = played(lambda _: (0.10, 0.13), floor=4, duration="90d")
    assert with_most(streams, "v2") >= 45
    assert {one.won for one in streams} == {None}
    assert cost(streams) < 0.2


def test_a_challenger_that_is_worse_costs_little() -> None:
    streams = played(lambda _: (0.13, 0.10))
    assert with_most(streams, "v1") >= 45
    assert "v2" not in {one.won for one in streams}
    assert cost(streams) < 0.1


def test_rewards_that_come_half_a_day_late_delay_it_and_mislead_nobody() -> None:
    streams = played(lambda _: (0.10, 0.13), delay=DAY / 2)
    assert with_most(streams, "v2") >= 45
    first = [next(one for one in stream.shares if one.stretches is not None) for stream in streams]
    assert all(
        (one.at - stream.shares[0].at).total_seconds() >= DAY / 2 for one, stream in zip(first, streams, strict=True)
    )
    assert cost(streams) < 0.4


def test_shares_follow_when_another_version_becomes_the_better_one() -> None:
    change: Rates = lambda at: (0.10, 0.13) if at < 5 * DAY else (0.13, 0.10)  # noqa: E731
    streams = played(change, 2 * WEEK, halfLife="1d", duration="90d")
    assert sum(one.percent_at(5 * DAY)["v2"] >= 85 for one in streams) >= 45
    assert sum(one.percent["v1"] == 95 for one in streams) >= 45
    assert cost(streams) < 0.5
    remembering = played(change, 2 * WEEK, seeds=10, halfLife="0s", duration="90d")
    assert cost(remembering) > cost(streams[:10])


def test_a_level_that_moves_for_all_misleads_nobody() -> None:
    tide: Rates = lambda at: tuple(rate + 0.06 * math.sin(math.tau * at / DAY) for rate in (0.10, 0.13))  # noqa: E731
    streams = played(tide)
    assert with_most(streams, "v2") >= 45
    assert "v1" not in {one.won for one in streams}


def test_versions_that_are_alike_are_told_apart_no_more_often_than_alpha_allows() -> None:
    streams = played(lambda _: (0.1, 0.1))
    assert sum(one.won is not None for one in streams) <= 5


def test_of_three_of_which_one_comes_later_the_best_gets_the_requests() -> None:
    rates: Rates = lambda _: (0.10, 0.11, 0.15)  # noqa: E731
    streams = [Stream(bandit(), rates, A_TICK, seed, arrives={2: DAY}).play(WEEK) for seed in range(SEEDS)]
    assert sum(one.percent.get("v3", 0) >= 90 for one in streams) >= 45
    assert cost(streams) < 0.6


@pytest.mark.parametrize("floor", [1, 5, 20])
def test_no_version_has_less_than_the_least_share(floor: int) -> None:
    for stream in played(lambda _: (0.05, 0.2, 0.1), 2 * DAY, seeds=5, floor=floor, duration="90d"):
        assert all(min(one.percent.values()) == floor for one in stream.shares[-1:])
        assert all(sum(one.percent.values()) == 100 and min(one.percent.values()) >= floor for one in stream.shares)
        moves = zip(stream.shares, stream.shares[1:], strict=False)
        assert all(
            abs(after.percent[name] - before.percent[name]) <= 10 for before, after in moves for name in after.percent
        )


def test_the_same_figures_give_the_same_shares_whoever_decides() -> None:
    one, other = (Stream(bandit(), lambda _: (0.10, 0.13), A_TICK, 7).play(2 * DAY) for _ in range(2))
    assert one.shares == other.shares


def test_a_week_has_room_for_its_stretches_and_years_have_too() -> None:
    assert len(ends(bandit(), WEEK)) < 60
    hourly = bandit(interval="1m", halfLife="1h")
    assert max(b - a for a, b in zip(ends(hourly, DAY), ends(hourly, DAY)[1:], strict=False)) == 900
    for spec in ({}, {"interval": "15s"}, {"interval": "1m", "halfLife": "1d"}, {"interval": "1d"}, {"halfLife": "0s"}):
        whole = ends(bandit(**spec), math.inf)
        assert len(whole) == MOST
        assert whole[-1] > 90 * DAY
        assert whole == sorted(whole)


def test_a_reward_counts_half_after_the_half_life() -> None:
    asked = bandit(interval="6h", halfLife="1d")
    found = counts(asked, 9)
    assert found[-1] == 1
    assert found[-5] == pytest.approx(0.5)
    assert found[0] == pytest.approx(0.25)
    assert counts(bandit(halfLife="0s"), 9) == [1.0] * 9
    assert counts(asked, 0) == []
