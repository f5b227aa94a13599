"""Weights of arms: whole percents that add up to 100, moved in bounded steps, and the same for the same figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.planning.rollout.arms.sharing import (
    Arm,
    Metric,
    Sharing,
    bandit_weights,
    chances,
    equal_weights,
    toward_more,
    whole,
)
from leeboard.stats.bandit import Rewards

RATE = Metric()


def arm(name, successes=0, trials=0, aborted=False):
    return Arm(name, (Rewards(trials, successes, successes),), aborted)


ARMS = (arm("v1", 100, 1000), arm("v2", 160, 1000))


def best(arms, metric=RATE, least=0):
    return chances(tuple(arms), metric, (1.0,) * len(arms[0].rewards), least)


def weights_of(arms, metric=RATE, step=100, previous=None):
    return bandit_weights([one.name for one in arms], best(arms, metric), Sharing(step=step), previous or {})


def test_the_better_arm_gets_more_by_one_step_at_a_time():
    weights = {"v1": 50, "v2": 50}
    seen = []
    for _ in range(6):
        weights = weights_of(ARMS, step=10, previous=weights)
        seen.append(weights["v2"])
    assert seen == [60, 70, 80, 90, 95, 95]


def test_an_arm_that_was_taken_out_loses_its_weight_at_once_to_the_others_in_proportion():
    assert best((*ARMS, arm("v3", 900, 1000, aborted=True))) == best(ARMS)
    assert bandit_weights(["v1", "v2"], {}, Sharing(), {"v1": 20, "v2": 30, "v3": 50}) == {"v1": 40, "v2": 60}


def test_a_new_arm_gets_the_floor_at_once_and_keeps_it_until_enough_is_known_of_it():
    names = ["v1", "v2", "v3"]
    assert bandit_weights(names, {}, Sharing(), {"v1": 40, "v2": 60}) == {"v1": 38, "v2": 57, "v3": 5}
    arms = (*ARMS, arm("v3", 99, 99))
    assert best(arms, least=100).keys() == {"v1", "v2"}
    assert bandit_weights(names, best(arms, least=100), Sharing(step=100), {}) == {"v1": 5, "v2": 90, "v3": 5}
    assert best(arms, least=99)["v3"] == pytest.approx(1)


def test_nothing_moves_where_fewer_than_two_are_known_or_none_in_the_same_hours():
    assert best((ARMS[0], arm("v2", 60, 99)), least=100) == {}
    apart = (Arm("v1", (Rewards(9, 1, 1), Rewards(0, 0, 0))), Arm("v2", (Rewards(0, 0, 0), Rewards(9, 8, 8))))
    assert best(apart) == {}
    assert bandit_weights(["v1", "v2"], {}, Sharing(), {"v1": 70, "v2": 30}) == {"v1": 70, "v2": 30}


def test_what_is_forgotten_counts_no_more():
    arms = tuple(
        Arm(name, (Rewards(500, a, a), Rewards(500, b, b))) for name, a, b in (("v1", 200, 50), ("v2", 50, 90))
    )
    assert chances(arms, RATE, (1.0, 1.0), 0)["v1"] > 0.99
    assert chances(arms, RATE, (0.01, 1.0), 0)["v2"] > 0.99


def test_an_arm_is_not_better_for_the_hours_in_which_it_had_more_requests():
    """In the second interval everybody earns more, and v2 has most of the requests."""
    arms = (
        Arm("v1", (Rewards(900, 90, 90), Rewards(100, 40, 40))),
        Arm("v2", (Rewards(100, 10, 10), Rewards(900, 360, 360))),
    )
    assert best(arms)["v2"] == pytest.approx(0.5, abs=0.02)


def test_fewer_is_better_where_the_goal_says_so():
    assert weights_of(ARMS, Metric("Minimize")) == {"v1": 95, "v2": 5}


def test_numbers_between_bounds_are_rewards_too():
    generator = np.random.default_rng(1)
    metric = Metric(least=0, most=100, binary=False)
    values = [generator.uniform(20, 60, 800), generator.uniform(25, 65, 800)]
    arms = [Arm(f"v{i}", (Rewards(800, one.sum(), (one**2).sum()),)) for i, one in enumerate(values)]
    assert weights_of(arms, metric) == {"v0": 5, "v1": 95}
    metric = Metric("Minimize", 0, 100, binary=False)
    assert weights_of(arms, metric) == {"v0": 95, "v1": 5}


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
    served = [one.name for one in arms if not one.aborted]
    start = bandit_weights(served, {}, sharing, previous)
    weights = bandit_weights(served, best(arms), sharing, previous)
    assert sum(weights.values()) == (100 if served else 0)
    assert all(weights[name] >= floor and abs(weights[name] - start[name]) <= step for name in served)
    assert bandit_weights(served, {}, sharing, start) == start


def test_largest_remainders_are_rounded_up():
    assert whole({"a": 33.4, "b": 33.3, "c": 33.3}) == {"a": 34, "b": 33, "c": 33}
    assert whole({"b": 0.5, "a": 99.5}) == {"b": 0, "a": 100}


@pytest.mark.parametrize(
    "call",
    [
        lambda: Sharing(floor=101),
        lambda: Sharing(step=0),
        lambda: Metric(least=1.0, most=1.0),
        lambda: Metric(most=2.0),
        lambda: bandit_weights(["v1", "v2"], {}, Sharing(floor=51), {}),
    ],
)
def test_impossible_arguments_are_refused(call):
    with pytest.raises(ValueError):
        call()
