"""Weights of arms: whole percents that add up to 100, moved in bounded steps, and the same for the same figures."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.planning.rollout.arms.sharing import (
    Arm,
    Metric,
    Sharing,
    bandit_weights,
    equal_weights,
    is_due,
    toward_more,
    whole,
)
from leeboard.stats.bandit import Rewards

RATE = Metric()
LATER = timedelta(minutes=5)


def arm(name, successes=0, trials=0, aborted=False):
    return Arm(name, (Rewards(trials, successes, successes),), aborted)


ARMS = (arm("v1", 100, 1000), arm("v2", 160, 1000))


def test_the_better_arm_gets_more_by_one_step_at_a_time():
    weights = {"v1": 50, "v2": 50}
    seen = []
    for _ in range(6):
        weights = bandit_weights(ARMS, RATE, Sharing(step=10), weights, LATER)
        seen.append(weights["v2"])
    assert seen == [60, 70, 80, 90, 95, 95]


def test_nothing_moves_before_the_interval_is_over():
    assert bandit_weights(ARMS, RATE, Sharing(), {"v1": 50, "v2": 50}, timedelta(minutes=4)) == {"v1": 50, "v2": 50}


def test_an_arm_that_was_taken_out_loses_its_weight_at_once_to_the_others_in_proportion():
    arms = (*ARMS, arm("v3", 900, 1000, aborted=True))
    weights = bandit_weights(arms, RATE, Sharing(), {"v1": 20, "v2": 30, "v3": 50}, timedelta(0))
    assert weights == {"v1": 40, "v2": 60, "v3": 0}


def test_a_new_arm_gets_the_floor_at_once():
    arms = (*ARMS, arm("v3"))
    weights = bandit_weights(arms, RATE, Sharing(floor=5), {"v1": 40, "v2": 60}, timedelta(0))
    assert weights == {"v1": 38, "v2": 57, "v3": 5}


def test_fewer_is_better_where_the_goal_says_so():
    weights = bandit_weights(ARMS, Metric("Minimize"), Sharing(step=100), {"v1": 50, "v2": 50}, LATER)
    assert weights == {"v1": 95, "v2": 5}


def test_numbers_between_bounds_are_rewards_too():
    generator = np.random.default_rng(1)
    metric = Metric(least=0, most=100, binary=False)
    values = [generator.uniform(20, 60, 800), generator.uniform(25, 65, 800)]
    arms = [Arm(f"v{i}", (Rewards(800, one.sum(), (one**2).sum()),)) for i, one in enumerate(values)]
    assert bandit_weights(arms, metric, Sharing(step=100), {}, LATER) == {"v0": 5, "v1": 95}
    metric = Metric("Minimize", 0, 100, binary=False)
    assert bandit_weights(arms, metric, Sharing(step=100), {}, LATER) == {"v0": 95, "v1": 5}


def test_mirrored_numbers_are_those_of_each_number_mirrored():
    values = np.array([1.0, 4.0, 9.0])
    metric = Metric("Minimize", 0, 10, binary=False)
    found = toward_more(Rewards(3, values.sum(), (values**2).sum()), metric)
    mirrored = 10 - values
    assert found == pytest.approx((3, mirrored.sum(), (mirrored**2).sum()))


def test_equal_arms_of_an_ab_test():
    assert equal_weights([arm("v1"), arm("v2"), arm("v3")]) == {"v1": 34, "v2": 33, "v3": 33}
    assert equal_weights([arm("v1"), arm("v2", aborted=True)]) == {"v1": 100, "v2": 0}
    assert equal_weights([arm("v1", aborted=True)]) == {"v1": 0}


COUNT = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))
ARM = st.tuples(COUNT, st.booleans(), st.integers(0, 100))


@given(st.lists(ARM, min_size=1, max_size=6), st.integers(0, 16), st.integers(1, 100))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_weights_add_up_keep_the_floor_and_move_by_no_more_than_a_step(rows, floor, step):
    arms = [arm(f"v{i}", won, won + lost, aborted) for i, ((won, lost), aborted, _) in enumerate(rows)]
    sharing = Sharing(floor=floor, step=step)
    previous = {one.name: weight for one, (_, _, weight) in zip(arms, rows, strict=True)}
    start = bandit_weights(arms, RATE, sharing, previous, timedelta(0))
    weights = bandit_weights(arms, RATE, sharing, previous, LATER)
    served = [one.name for one in arms if not one.aborted]
    assert sum(weights.values()) == (100 if served else 0)
    assert all(weights[name] >= floor and abs(weights[name] - start[name]) <= step for name in served)
    assert all(weights[one.name] == 0 for one in arms if one.aborted)
    assert bandit_weights(arms, RATE, sharing, start, timedelta(0)) == start


def test_largest_remainders_are_rounded_up():
    assert whole({"a": 33.4, "b": 33.3, "c": 33.3}) == {"a": 34, "b": 33, "c": 33}
    assert whole({"b": 0.5, "a": 99.5}) == {"b": 0, "a": 100}


def test_weights_are_due_after_an_interval():
    then = datetime(2026, 1, 1, tzinfo=UTC)
    assert not is_due(then + timedelta(minutes=4), then, Sharing())
    assert is_due(then + timedelta(minutes=5), then, Sharing())


@pytest.mark.parametrize(
    "call",
    [
        lambda: Sharing(floor=101),
        lambda: Sharing(step=0),
        lambda: Sharing(discount=0.0),
        lambda: Metric(least=1.0, most=1.0),
        lambda: Metric(most=2.0),
        lambda: bandit_weights(ARMS, RATE, Sharing(floor=51), {}, LATER),
    ],
)
def test_impossible_arguments_are_refused(call):
    with pytest.raises(ValueError):
        call()
