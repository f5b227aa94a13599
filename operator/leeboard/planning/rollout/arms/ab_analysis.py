"""What an A/B test or a bandit says of each challenger: it is the best, another is, a guard ends it, or nothing yet.

Who wins says a metric, by intervals that may be looked at at any time; that a challenger must not go on, its guards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from leeboard.api.ab_test import ABTest
from leeboard.api.bandit import Bandit
from leeboard.api.reasons import Reason
from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.arms.figures import ArmFigures, metric_of
from leeboard.planning.rollout.arms.sharing import Arm
from leeboard.planning.rollout.arms.winner import Decision, Question, better_by, decide
from leeboard.planning.rollout.challengers.result import Result
from leeboard.planning.rollout.guards.analysis import analyse
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import GuardFigures
from leeboard.stats.bandit import Rewards

Earned = tuple[Rewards, ...]
"""By interval."""


@dataclass(frozen=True)
class Terms:
    """What is asked for: `most` challengers at once share alpha."""

    analysis: Analysis
    test: ABTest | Bandit
    most: int

    def question(self, champion: str) -> Question:
        """When an arm wins."""
        return Question(
            metric=metric_of(self.test.metric),
            champion=champion,
            alpha=float(self.analysis.alpha),
            margin=float(self.test.margin),
            min_samples=self.analysis.min_samples,
            comparisons=self.most,
        )


def ab_results(terms: Terms, champion: str, arms: Mapping[str, ArmFigures], *, over: bool) -> dict[str, Result]:
    """The verdict on every challenger that has figures; none where the champion has none. `over`: the time is up.

    A wrong winner, or a version that is called lost though it is the best one, has a chance of at most
    `analysis.alpha` over all looks; a wrong abort of a challenger by its guards one of that again.
    """
    if champion not in arms:
        return {}
    guarded = {
        name: guards_of(terms.analysis, one.counts, arms[champion].counts, one.guards)
        for name, one in arms.items()
        if name != champion
    }
    return decided(terms, champion, {name: one.rewards for name, one in arms.items()}, guarded, over=over)


def guards_of(analysis: Analysis, one: Counts, champion: Counts, figures: Sequence[GuardFigures]) -> Result:
    """What its guards say of a challenger."""
    found = analyse(analysis, one, champion, figures)
    return Result(found.verdict, found.reason, found.message, one.requests)


def decided(
    terms: Terms,
    champion: str,
    rewards: Mapping[str, Earned],
    guarded: Mapping[str, Result],
    *,
    over: bool,
) -> dict[str, Result]:
    """The same from what arms earned, and from what the guards of each challenger say."""
    question = terms.question(champion)
    out = {name for name, result in guarded.items() if result.verdict == "Abort"}
    served = [Arm(name, earned, name in out) for name, earned in rewards.items()]
    decision = decide(served, question, over=over)
    held = guarded.get(decision.winner or "")
    if held is not None and held.verdict != "Pass":
        # nobody has lost before the winner has its guards behind it
        decision = replace(decision, outcome="Continue", winner=None, message=f"{decision.message}; {held.message}")
    return {
        name: result if result.verdict == "Abort" else _judged(name, result.samples, served, decision, question)
        for name, result in guarded.items()
    }


def _judged(name: str, requests: int, served: list[Arm], decision: Decision, question: Question) -> Result:
    """Of a challenger that no guard ends."""
    told = _standing(name, served, question, decision)
    best = _better_than(name, served, question) or decision.winner
    if best is not None and best != name:
        return Result("Lost", Reason.TEST_LOST, f"{best} is better: {told}", requests)
    if best == name:
        return Result("Pass", Reason.ANALYSIS_PASSED, told, requests)
    starved = requests > 0 and not _of(name, served).trials
    if decision.outcome == "Inconclusive":
        reason = Reason.LABEL_STARVED if starved else Reason.ANALYSIS_INCONCLUSIVE
        return Result("Inconclusive", reason, told, requests)
    return Result("Continue", Reason.LABELS_AWAITED if starved else Reason.NOT_ENOUGH_SAMPLES, told, requests)


def _better_than(name: str, served: list[Arm], question: Question) -> str | None:
    """The champion where it is certainly better, also while others are not decided yet."""
    own, champion = _of(name, served), _of(question.champion, served)
    if min(own.trials, champion.trials) < max(1, question.min_samples):
        return None
    better = better_by(own, champion, question.metric, question.alpha / question.comparisons)
    return champion.name if better.high < 0 else None


def _standing(name: str, served: list[Arm], question: Question, decision: Decision) -> str:
    """How a challenger stands against the champion, and what the test as a whole waits for or has found."""
    own, champion = _of(name, served), _of(question.champion, served)
    if not (own.trials and champion.trials):
        return f"{own.trials} predictions that the metric knows, {champion.trials} of {champion.name}"
    better = better_by(own, champion, question.metric, question.alpha / question.comparisons)
    means = f"{_mean(own):.4g} of {own.trials} against {_mean(champion):.4g} of {champion.trials}"
    interval = f"better than {champion.name} by {better.value:.4g} [{better.low:.4g}, {better.high:.4g}]"
    asked = f", {question.margin:g} are asked" if question.margin else ""
    return f"{means}, {interval}{asked}; {decision.message}"


def _of(name: str, served: list[Arm]) -> Arm:
    return next(one for one in served if one.name == name)


def _mean(arm: Arm) -> float:
    return sum(one.total for one in arm.rewards) / arm.trials
