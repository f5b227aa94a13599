"""What a look at an A/B test or a bandit has beside the guards of one challenger: what all earned, and who is out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from leeboard.api.ab_test import ABTest
from leeboard.api.bandit import Bandit
from leeboard.api.model_status import MOST_SHARES
from leeboard.api.reasons import Reason
from leeboard.api.rollout import Analysis
from leeboard.evaluator.guards.evidence import Count, Strict
from leeboard.planning.rollout.arms.ab_analysis import Earned, Terms, decided
from leeboard.planning.rollout.arms.figures import MOST_ARMS, MOST_INTERVALS, is_possible, metric_of, read, written
from leeboard.planning.rollout.arms.logged import Epoch
from leeboard.planning.rollout.arms.sharing import Arm
from leeboard.planning.rollout.arms.winner import better_by
from leeboard.planning.rollout.challengers.result import Result
from leeboard.stats.estimate import Estimate

Interval = Annotated[str, Field(max_length=80)]
"""Trials, their sum, and the sum of squares where that is another number."""


class ArmLooked(Strict):
    """A version: what it earned by interval, and what the guards of a challenger said of it."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    requests: Count
    rewards: Annotated[tuple[Interval, ...], Field(max_length=MOST_INTERVALS)]
    guarded: Literal["", "Pass", "Abort", "Continue"] = ""
    reason: Annotated[str, Field(max_length=128)] = ""
    message: Annotated[str, Field(max_length=8192)] = ""

    @classmethod
    def of(cls, name: str, requests: int, rewards: Earned, guarded: Result | None) -> "ArmLooked":
        """As it is recorded; the champion has no guards."""
        told = {} if guarded is None else {"guarded": guarded.verdict, "reason": str(guarded.reason)}
        message = {} if guarded is None else {"message": guarded.message[:8192]}
        rows = tuple(written(one) for one in rewards)
        return cls.model_validate({"name": name, "requests": requests, "rewards": rows} | told | message)


class SharedLooked(Strict):
    """From when on a bandit shared the requests out so, in percent, by the rewards of how many stretches, and what the
    predictions earned that were made meanwhile."""

    at: datetime
    percent: Annotated[dict[str, Annotated[int, Field(ge=0, le=100)]], Field(max_length=MOST_ARMS + 1)]
    stretches: Annotated[int, Field(ge=0, le=MOST_INTERVALS)] | None = None
    rewards: Annotated[dict[str, Interval], Field(max_length=MOST_ARMS + 1)]

    @classmethod
    def of(cls, epoch: Epoch, stretches: int | None) -> "SharedLooked":
        """As it is recorded."""
        return cls.model_validate(epoch.dump() | ({} if stretches is None else {"stretches": stretches}))

    @property
    def epoch(self) -> Epoch:
        """The time under these shares. Raises ValueError."""
        return Epoch(self.at, self.percent, {name: read(text) for name, text in self.rewards.items()})


class Tested(Strict):
    """A test at one look, the champion first: what was asked for, how many challengers there may be, and whether its
    time was over."""

    test: ABTest | Bandit
    most: Annotated[int, Field(ge=1, le=MOST_ARMS)]
    over: bool
    arms: Annotated[tuple[ArmLooked, ...], Field(min_length=2, max_length=MOST_ARMS)]
    shared: Annotated[tuple[SharedLooked, ...], Field(max_length=MOST_SHARES)] = ()

    def result(self, analysis: Analysis, challenger: str, own: Result) -> Result:
        """The operator's own rule; `own` is what the guards of the challenger say. Raises ValueError for a challenger
        that is not there, and for numbers that the metric cannot give."""
        champion, *others = self.arms
        guarded = {one.name: own if one.name == challenger else _guarded(one) for one in others}
        found = decided(Terms(analysis, self.test, self.most), champion.name, self.earned(), guarded, over=self.over)
        if challenger not in found:
            raise ValueError(f"{challenger} is no challenger of this test")
        return found[challenger]

    def earned(self) -> Mapping[str, Earned]:
        """What each version earned by interval. Raises ValueError."""
        metric = metric_of(self.test.metric)
        found = {one.name: tuple(read(text) for text in one.rewards) for one in self.arms}
        if any(not is_possible(one, metric) for rewards in found.values() for one in rewards):
            raise ValueError("rewards that the metric cannot give")
        return found

    def better_by(self, analysis: Analysis, challenger: str) -> Estimate:
        """By how much a challenger is better than the champion, as the decision has it. Raises ValueError."""
        found, champion = self.earned(), self.arms[0].name
        question = Terms(analysis, self.test, self.most).question(champion)
        own, other = Arm(challenger, found[challenger]), Arm(champion, found[champion])
        return better_by(own, other, question.metric, question.alpha / question.comparisons)


def _guarded(one: ArmLooked) -> Result:
    verdict: Literal["Pass", "Abort", "Continue"] = one.guarded or "Continue"
    return Result(verdict, Reason(one.reason), one.message, one.requests)
