"""The bandit: its chances are right, and it gives the better arm the traffic."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from leeboard.stats.bandit import (
    Beta,
    Normal,
    Rewards,
    best_probabilities,
    discounted,
    mean_posterior,
    rate_posterior,
    shares,
)

SEEDS = 50
FLOOR = 0.04
"""Below the usual 5 %, which leaves two arms exactly 95 % at most."""


def simulate(seed, rates, intervals, requests, *, discount=1.0, delay=0):
    """Shares of the first arm, and regret per request, against what equal shares would cost."""
    generator = np.random.default_rng(seed)
    history, share, first, regret, uniform = [[], []], [0.5, 0.5], [], 0.0, 0.0
    for interval in range(intervals):
        rate = rates(interval)
        trials = generator.multinomial(requests, share)
        for arm, count in enumerate(trials):
            successes = float(generator.binomial(count, rate[arm]))
            history[arm].append(Rewards(float(count), successes, successes))
        regret += sum((max(rate) - one) * count for one, count in zip(rate, trials, strict=True))
        uniform += (max(rate) - sum(rate) / 2) * requests
        known = [of_arm[: len(of_arm) - delay] if delay else of_arm for of_arm in history]
        share = shares(best_probabilities([rate_posterior(of_arm, discount) for of_arm in known]), FLOOR)
        first.append(share[0])
    return first, regret, uniform


@pytest.mark.parametrize("delay", [0, 3])
def test_the_better_arm_has_over_95_percent_after_30000_requests(delay):
    runs = [simulate(seed, lambda _: (0.12, 0.10), 20, 1500, delay=delay) for seed in range(SEEDS)]
    assert sum(first[-1] > 0.95 for first, _, _ in runs) >= 45
    assert sum(regret for _, regret, _ in runs) < sum(uniform for _, _, uniform in runs) / 2


def test_the_share_follows_when_the_other_arm_becomes_the_better_one():
    change = lambda interval: (0.12, 0.09) if interval < 20 else (0.09, 0.12)  # noqa: E731
    runs = [simulate(seed, change, 45, 1000, discount=0.8) for seed in range(SEEDS)]
    assert sum(first[19] > 0.8 for first, _, _ in runs) >= 45
    assert sum(sum(first[35:]) / 10 < 0.2 for first, _, _ in runs) >= 45
    assert sum(regret for _, regret, _ in runs) < sum(uniform for _, _, uniform in runs) / 2


def test_late_rewards_that_count_once_they_come_do_not_make_an_arm_look_worse():
    """Had new trials counted as failures at once, the arm with most of the traffic would look worst."""
    runs = [simulate(seed, lambda _: (0.11, 0.10), 20, 1000, delay=4) for seed in range(SEEDS)]
    assert sum(sum(first) / 20 for first, _, _ in runs) / SEEDS > 0.6


@pytest.mark.parametrize(
    ("one", "other"), [((3, 1), (1, 1)), ((2, 5), (4, 3)), ((21, 81), (31, 71)), ((1, 900), (2, 700))]
)
def test_the_chance_of_two_rates_is_the_closed_form(one, other):
    """For integers: P(a > b) as a sum of beta functions (Miller 2015, Evan's awesome A/B tools)."""
    log_beta = lambda x, y: math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)  # noqa: E731
    chance = sum(
        math.exp(
            log_beta(other[0] + i, other[1] + one[1])
            - math.log(one[1] + i)
            - log_beta(1 + i, one[1])
            - log_beta(*other)
        )
        for i in range(one[0])
    )
    assert best_probabilities([Beta(*one), Beta(*other)])[0] == pytest.approx(chance, abs=5e-4)


def test_the_chance_of_two_normals_is_the_closed_form():
    found = best_probabilities([Normal(0.3, 0.02), Normal(0.28, 0.01)])
    assert found[0] == pytest.approx(norm.cdf(0.02 / math.hypot(0.02, 0.01)), abs=1e-4)


def test_of_many_arms_the_chances_are_those_of_draws():
    posteriors = [Beta(12, 90), Beta(15, 88), Beta(9, 95), Beta(2, 11)]
    generator = np.random.default_rng(1)
    draws = np.stack([generator.beta(*one, 400_000) for one in posteriors])
    expected = np.bincount(draws.argmax(axis=0), minlength=4) / 400_000
    assert best_probabilities(posteriors) == pytest.approx(expected.tolist(), abs=4e-3)


COUNT = st.integers(0, 10**9)
BETAS = st.lists(st.builds(lambda s, f: Beta(1.0 + s, 1.0 + f), COUNT, COUNT), min_size=1, max_size=8)


@given(BETAS, st.floats(0, 0.125))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_shares_add_up_and_none_is_below_the_floor(posteriors, floor):
    best = best_probabilities(posteriors)
    assert math.fsum(best) == pytest.approx(1)
    given_out = shares(best, floor)
    assert math.fsum(given_out) == pytest.approx(1)
    assert min(given_out) >= floor - 1e-12
    assert best_probabilities(posteriors) == best


def test_the_floor_is_taken_from_the_others_in_proportion():
    assert shares([0.9, 0.08, 0.02, 0.0], 0.05) == pytest.approx([0.9 * 0.9 / 0.98, 0.9 * 0.08 / 0.98, 0.05, 0.05])
    assert shares([1.0, 0.0], 0.05) == pytest.approx([0.95, 0.05])
    assert shares([], 0.05) == []
    assert best_probabilities([]) == []


def test_old_rewards_count_less():
    history = [Rewards(100, 10, 10), Rewards(10, 5, 5)]
    assert discounted(history, 0.5) == Rewards(60, 10, 10)
    assert rate_posterior(history, 0.5) == Beta(11, 51)


def test_the_posterior_of_a_mean_is_that_of_many_rewards():
    generator = np.random.default_rng(2)
    values = generator.gamma(2, 3, 5000).clip(0, 50)
    found = mean_posterior([Rewards(5000, values.sum(), np.square(values).sum())], 0, 50)
    assert found.mean == pytest.approx(values.mean(), rel=0.01)
    assert found.deviation == pytest.approx(values.std() / math.sqrt(5000), rel=0.02)
    assert mean_posterior([], 0, 50).deviation > 10


@pytest.mark.parametrize(
    "call",
    [
        lambda: rate_posterior([Rewards(1, 2, 2)]),
        lambda: rate_posterior([], 0.0),
        lambda: rate_posterior([Rewards(-1, 0, 0)]),
        lambda: mean_posterior([], 1.0, 1.0),
        lambda: shares([0.5, 0.5], 0.6),
        lambda: shares([0.5, 0.2]),
    ],
)
def test_impossible_arguments_are_refused(call):
    with pytest.raises(ValueError):
        call()
