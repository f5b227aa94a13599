"""The decision between arms: a winner no more often wrong than alpha, and none without evidence."""

import numpy as np
import pytest

from leeboard.planning.rollout.arms.sharing import Arm, Metric, Sharing, bandit_weights, chances
from leeboard.planning.rollout.arms.winner import Question, decide
from leeboard.stats.bandit import Rewards

RATE = Metric()
NONE = Rewards(0, 0, 0)


def streams(generator, rates, count=20, size=600, shares=None):
    """Arms with their rewards; `shares` gives those of the arms in each interval, equal ones by default."""
    columns = [[] for _ in rates]
    for place in range(count):
        share = shares[place] if shares is not None else [1 / len(rates)] * len(rates)
        level = 0.05 * np.sin(place / 3)  # of all arms alike
        for column, rate, trials in zip(columns, rates, generator.multinomial(size, share), strict=True):
            wins = float(generator.binomial(trials, rate + level))
            column.append(Rewards(float(trials), wins, wins))
    return [Arm(f"v{i}", tuple(column)) for i, column in enumerate(columns)]


def test_equal_arms_have_a_winner_no_more_often_than_alpha():
    generator, question, won = np.random.default_rng(1), Question(RATE, "v0", alpha=0.1, min_samples=0), 0
    for _ in range(200):
        arms = streams(generator, [0.2, 0.2], size=200)
        looks = ([Arm(one.name, one.rewards[:end]) for one in arms] for end in (4, 9, 14, 20))
        won += any(decide(look, question, over=False).outcome == "Winner" for look in looks)
    assert won <= 20


def test_the_better_arm_wins():
    generator, right = np.random.default_rng(2), 0
    for _ in range(60):
        decision = decide(streams(generator, [0.2, 0.26, 0.18], size=1500), Question(RATE, "v0"), over=False)
        right += decision.winner == "v1"
        assert decision.winner in (None, "v1")
    assert right >= 57


def test_a_bandit_ends_with_the_better_arm_and_only_evidence_says_so():
    """Shares that follow luck, and a level that moves for both: raw means would be biased."""
    generator, winners = np.random.default_rng(3), []
    for _ in range(20):
        arms, weights, decision = [Arm("v0"), Arm("v1")], {"v0": 50, "v1": 50}, None
        for place in range(60):
            share = [weights[one.name] / 100 for one in arms]
            trials = generator.multinomial(1000, share)
            rates = [rate + 0.05 * np.sin(place / 3) for rate in (0.2, 0.25)]
            wins = [float(generator.binomial(n, rate)) for n, rate in zip(trials, rates, strict=True)]
            arms = [
                Arm(one.name, (*one.rewards, Rewards(float(n), won, won)))
                for one, n, won in zip(arms, trials, wins, strict=True)
            ]
            if place % 5 == 4:
                decision = decide(arms, Question(RATE, "v0"), over=False)
                if decision.outcome == "Winner":
                    break
            best = chances(tuple(arms), RATE, (1.0,) * (place + 1), 0)
            weights = bandit_weights(["v0", "v1"], best, Sharing(), weights)
        winners.append(decision.winner)
    assert winners.count("v1") >= 18
    assert winners.count("v0") == 0


def test_the_champion_stays_where_no_other_can_be_better_by_more_than_the_margin():
    arms = streams(np.random.default_rng(4), [0.2, 0.2], size=4000, count=40)
    decision = decide(arms, Question(RATE, "v0", margin=0.02), over=False)
    assert (decision.outcome, decision.winner) == ("Winner", "v0")
    assert "no other is better by more than 0.02" in decision.message
    assert decide(arms, Question(RATE, "v0"), over=False).outcome == "Continue"


def test_numbers_are_compared_by_their_bounds_and_fewer_may_be_better():
    generator = np.random.default_rng(5)
    arms = []
    for name, least in (("v0", 20), ("v1", 30)):
        batches = (generator.uniform(least, 60, 200) for _ in range(15))
        arms.append(Arm(name, tuple(Rewards(200, one.sum(), (one**2).sum()) for one in batches)))
    metric = Metric(least=0, most=100, binary=False)
    decision = decide(arms, Question(metric, "v0"), over=False)
    assert decision.winner == "v1"
    assert decision.comparisons[0].better_by.low > 3
    assert decide(arms, Question(Metric("Minimize", 0, 100, binary=False), "v0"), over=False).winner == "v0"


def test_nobody_wins_with_few_samples_and_it_is_said_how_many_are_missing():
    arms = [Arm("v0", (Rewards(100, 1, 1),)), Arm("v1", (Rewards(100, 90, 90),))]
    decision = decide(arms, Question(RATE, "v0"), over=False)
    assert (decision.outcome, decision.winner) == ("Continue", None)
    assert "400 more trials" in decision.message
    assert decide(arms, Question(RATE, "v0"), over=True).outcome == "Inconclusive"


def test_it_is_guessed_how_many_trials_are_missing():
    arms = streams(np.random.default_rng(6), [0.2, 0.21], size=1000)
    decision = decide(arms, Question(RATE, "v0"), over=True)
    assert decision.outcome == "Inconclusive"
    assert "more trials are needed" in decision.message
    equal = [Arm(name, (Rewards(1000, 100, 100),)) for name in ("v0", "v1")]
    assert "too near" in decide(equal, Question(RATE, "v0"), over=True).message


def test_arms_that_were_taken_out_do_not_count():
    one, two = streams(np.random.default_rng(7), [0.2, 0.5])
    out = Arm(two.name, two.rewards, aborted=True)
    assert decide([one, out], Question(RATE, "v0"), over=False).winner == "v0"
    assert decide([out], Question(RATE, "v0"), over=False).outcome == "Inconclusive"
    assert decide([Arm("v0", aborted=True), two], Question(RATE, "v0"), over=False).outcome == "Inconclusive"


def test_arms_have_the_same_intervals():
    arms = [Arm("v0", (Rewards(600, 1, 1),)), Arm("v1", (Rewards(600, 1, 1), Rewards(1, 0, 0)))]
    with pytest.raises(ValueError, match="zip"):
        decide(arms, Question(RATE, "v0"), over=False)


def test_an_arm_that_came_later_is_compared_from_then_on():
    """Before, everybody earned more: sums would speak against the one that was not there."""
    early, late = Rewards(4000, 3000, 3000), Rewards(2000, 400, 400)
    better = Rewards(2000, 600, 600)
    arms = [Arm("v0", (early, early, late, late, late)), Arm("v1", (NONE, NONE, better, better, better))]
    decision = decide(arms, Question(RATE, "v0"), over=False)
    assert decision.winner == "v1"
    assert decision.comparisons[0].better_by.value == pytest.approx(0.1)


def test_alpha_is_shared_by_as_many_as_there_may_be():
    arms = streams(np.random.default_rng(8), [0.2, 0.24], size=900)
    alone, shared = (
        decide(arms, Question(RATE, "v0", comparisons=number), over=False).comparisons[0].better_by for number in (1, 4)
    )
    assert shared.low < alone.low < alone.high < shared.high
