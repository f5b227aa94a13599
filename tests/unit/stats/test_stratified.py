"""Rewards as if all arms had had the same mix of hours."""

import numpy as np
import pytest

from leeboard.stats.bandit import Rewards
from leeboard.stats.stratified import stratified


def rewards(trials, total):
    return Rewards(float(trials), float(total), float(total))


def test_where_shares_stay_the_same_it_is_the_plain_sum():
    first = [rewards(100, 10), rewards(400, 80), rewards(50, 5)]
    second = [rewards(25, 5), rewards(100, 10), rewards(12.5, 3)]
    assert stratified([first, second]) == [pytest.approx((550, 95, 95)), pytest.approx((137.5, 18, 18))]


def test_hours_in_which_an_arm_had_more_requests_count_no_more_for_it():
    quiet, busy = 0.1, 0.4
    first = [rewards(900, 900 * quiet), rewards(100, 100 * busy)]
    second = [rewards(100, 100 * quiet), rewards(900, 900 * busy)]
    one, other = stratified([first, second])
    assert one.total / one.trials == pytest.approx(other.total / other.trials)
    assert one.trials < 1000 and other.trials < 1000


def test_a_stretch_without_trials_of_any_arm_compares_nothing():
    first = [rewards(100, 90), rewards(100, 10)]
    second = [rewards(0, 0), rewards(100, 30)]
    assert stratified([first, second]) == [pytest.approx((100, 10, 10)), pytest.approx((100, 30, 30))]
    assert stratified([first[:1], second[:1]]) == [(0, 0, 0), (0, 0, 0)]
    assert stratified([]) == []


def test_the_mean_is_as_uncertain_as_its_trials_say():
    """Monte Carlo: the variance of the weighted mean is p (1 - p) / trials, whatever the shares were."""
    generator, counts = np.random.default_rng(1), [[900, 100], [300, 700], [500, 500]]
    means, worth = [], 0.0
    for _ in range(4000):
        arms = [[rewards(n, generator.binomial(n, 0.3)) for n in column] for column in zip(*counts, strict=True)]
        one, _ = stratified(arms)
        means.append(one.total / one.trials)
        worth = one.trials
    assert np.var(means) == pytest.approx(0.3 * 0.7 / worth, rel=0.06)
    assert np.mean(means) == pytest.approx(0.3, abs=0.002)


def test_numbers_keep_their_squares():
    one, _ = stratified([[Rewards(4, 20, 120)], [Rewards(2, 6, 20)]])
    assert one == pytest.approx((4, 20, 120))


def test_arms_of_different_stretches_are_refused():
    with pytest.raises(ValueError):
        stratified([[rewards(1, 1)], []])
