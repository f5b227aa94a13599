"""Streams of requests that a bandit shares out, played through the rules by which the operator decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from leeboard.api.bandit import Bandit
from leeboard.api.durations import parse_duration
from leeboard.api.model_status import Shares
from leeboard.api.reasons import Reason
from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.arms.ab_analysis import Terms, decided
from leeboard.planning.rollout.arms.bandit import leader_of, next_shares
from leeboard.planning.rollout.arms.pace import ends
from leeboard.planning.rollout.challengers.result import Result
from leeboard.stats.bandit import Rewards

START = datetime(2026, 3, 2, tzinfo=UTC)
TICK = 600.0
"""Seconds: of so much time all requests are drawn at once."""
Rates = Callable[[float], tuple[float, ...]]
"""The rate of every version at so many seconds since the beginning, the champion's first."""


@dataclass
class Stream:
    """One bandit among versions of which each earns 1 at its rate; rewards are known `delay` seconds later."""

    bandit: Bandit
    rates: Rates
    a_tick: int
    seed: int
    delay: float = 0.0
    arrives: dict[int, float] = field(default_factory=dict)
    """By the place of a version, when it came; the others were there from the beginning."""
    shares: list[Shares] = field(default_factory=list)
    earned: dict[str, list[Rewards]] = field(default_factory=dict)
    regret: float = 0.0
    uniform: float = 0.0
    """What equal shares would have cost."""
    won: str | None = None
    """Who has won, if anybody; it has all requests from then on."""

    @property
    def percent(self) -> dict[str, int]:
        """The shares now."""
        return self.shares[-1].percent

    def percent_at(self, seconds: float) -> dict[str, int]:
        """The shares then."""
        return next(one.percent for one in reversed(self.shares) if one.at <= START + timedelta(seconds=seconds))

    def play(self, seconds: float) -> Stream:
        """Play until then."""
        generator, known = np.random.default_rng(self.seed), list[tuple[float, str, Rewards]]()
        count = len(self.rates(0.0))
        self.earned = {f"v{place + 1}": [] for place in range(count)}
        self._share(0.0, self._entered({"v1": 100}, 0.0), None)
        stretches, settled = [*ends(self.bandit, seconds), float("inf")], 0
        for tick in range(round(seconds / TICK)):
            now = (tick + 1) * TICK
            for name, place in ((f"v{place + 1}", place) for place in range(count)):
                if name not in self.percent and self.won is None and now > self.arrives.get(place, 0.0):
                    self._share(now, self._entered(self.percent, now), None)
            known += self._drawn(generator, now)
            while stretches[settled] <= now:
                known = self._settle(known, stretches[settled])
                settled += 1
                if self.won is None:
                    self._decide(now, settled)
        return self

    def _entered(self, percent: dict[str, int], now: float) -> dict[str, int]:
        there = [name for place, name in enumerate(self.earned) if now >= self.arrives.get(place, 0.0)]
        return next_shares(self.bandit, {}, percent, there)

    def _drawn(self, generator: np.random.Generator, now: float) -> list[tuple[float, str, Rewards]]:
        rates = dict(zip(self.earned, self.rates(now), strict=True))
        percent, best = self.percent, max(rates.values())
        names = list(percent)
        trials = generator.multinomial(self.a_tick, [percent[name] / 100 for name in names])
        drawn = []
        for name, made in zip(names, trials, strict=True):
            won = float(generator.binomial(made, rates[name]))
            self.regret += (best - rates[name]) * made
            drawn.append((now + self.delay, name, Rewards(float(made), won, won)))
        there = [rates[name] for place, name in enumerate(rates) if now > self.arrives.get(place, 0.0)]
        self.uniform += (best - float(np.mean(there))) * self.a_tick
        return drawn

    def _settle(self, known: list[tuple[float, str, Rewards]], end: float) -> list[tuple[float, str, Rewards]]:
        """Sum up what is known by the end of a stretch; gives what is not."""
        for name, rewards in self.earned.items():
            found = [one for at, of, one in known if of == name and at <= end]
            rewards.append(Rewards(*(float(sum(column)) for column in zip(*found, strict=True))) if found else _NONE)
        return [one for one in known if one[0] > end]

    def _decide(self, now: float, stretches: int) -> None:
        percent = next_shares(self.bandit, self.earned, self.percent, self.percent)
        if percent != self.percent:
            self._share(now, percent, stretches)
        leader = leader_of(self.bandit, self.shares)
        held = START + timedelta(seconds=now) - leader[1].at if leader is not None else timedelta(0)
        if leader is None or held < parse_duration(self.bandit.duration):
            return
        terms = Terms(Analysis(), self.bandit, len(self.earned) - 1)
        good = {name: Result("Pass", Reason.ANALYSIS_PASSED, "") for name in self.percent if name != "v1"}
        rewards = {name: tuple(self.earned[name]) for name in self.percent}
        verdicts = decided(terms, "v1", rewards, good, over=False)
        won = next((name for name, one in verdicts.items() if one.verdict == "Pass" and name == leader[0]), None)
        lost = all(one.verdict == "Lost" for one in verdicts.values()) and leader[0] == "v1"
        if won is not None or lost:
            self.won = won or "v1"
            self._share(now, {self.won: 100}, None)

    def _share(self, now: float, percent: dict[str, int], stretches: int | None) -> None:
        self.shares.append(Shares(at=START + timedelta(seconds=now), percent=percent, stretches=stretches))


_NONE = Rewards(0.0, 0.0, 0.0)
