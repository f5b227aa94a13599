"""Off-policy estimates: right on average, and doubly robust ones less noisy."""

import numpy as np
import pytest

from leeboard.stats.off_policy import Logged, policy_value

RATES = {"a": 0.1, "b": 0.6}


def simulate(generator, intervals=30, requests=200):
    """A log of shares that change, and of rewards whose level drifts for both arms."""
    log = []
    for place in range(intervals):
        share = 0.95 - 0.9 * place / intervals
        to_a = int(generator.binomial(requests, share))
        counts, drift = {"a": to_a, "b": requests - to_a}, 0.2 * place / intervals
        interval = {}
        for arm, count in counts.items():
            wins = float(generator.binomial(count, RATES[arm] + drift))
            interval[arm] = Logged(share if arm == "a" else 1 - share, count, wins, wins)
        log.append(interval)
    return log


TRUTH = {arm: rate + 0.2 * 29 / 60 for arm, rate in RATES.items()}


@pytest.mark.parametrize("method", ["InversePropensity", "DoublyRobust"])
@pytest.mark.parametrize("policy", [{"a": 1.0}, {"b": 1.0}, {"a": 0.3, "b": 0.7}])
def test_estimates_are_right_on_average_and_as_noisy_as_they_say(method, policy):
    generator = np.random.default_rng(1)
    truth = sum(share * TRUTH[arm] for arm, share in policy.items())
    found = [policy_value(simulate(generator), policy, method) for _ in range(200)]
    values = np.array([one.value for one in found])
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / np.sqrt(200))
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.25)


def test_doubly_robust_is_less_noisy_than_inverse_propensity():
    generator = np.random.default_rng(2)
    logs = [simulate(generator) for _ in range(100)]
    noise = {
        method: np.std([policy_value(log, {"b": 1.0}, method).value for log in logs])
        for method in ("InversePropensity", "DoublyRobust", "SelfNormalised")
    }
    assert noise["DoublyRobust"] < 0.85 * noise["InversePropensity"]
    assert noise["SelfNormalised"] < noise["InversePropensity"]


def test_raw_means_are_wrong_where_shares_and_levels_change_and_estimates_are_not():
    log = simulate(np.random.default_rng(3), requests=20_000)
    raw = sum(one["b"].total for one in log) / sum(one["b"].trials for one in log)
    assert raw > TRUTH["b"] + 0.02
    for method in ("InversePropensity", "SelfNormalised", "DoublyRobust"):
        assert policy_value(log, {"b": 1.0}, method).value == pytest.approx(TRUTH["b"], abs=0.01)


def test_one_interval_by_hand():
    log = [{"a": Logged(0.8, 8, 4.0, 4.0), "b": Logged(0.2, 2, 2.0, 2.0)}]
    assert policy_value(log, {"a": 1.0}, "InversePropensity").value == pytest.approx(4 / 0.8 / 10)
    assert policy_value(log, {"b": 1.0}, "SelfNormalised").value == pytest.approx(1.0)
    assert policy_value([*log, *log], {"a": 1.0}, "DoublyRobust").value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("log", "policy"),
    [
        ([], {"a": 1.0}),
        ([{"a": Logged(1.0, 1, 1.0, 1.0)}], {"a": 0.5}),
        ([{"a": Logged(1.0, 1, 1.0, 1.0)}], {"b": 1.0}),
        ([{"a": Logged(0.0, 1, 1.0, 1.0)}], {"a": 1.0}),
        ([{"a": Logged(1.0, -1, 1.0, 1.0)}], {"a": 1.0}),
        ([{"a": Logged(1.0, 1, 1.0, 1.0)}], {"a": 2.0, "b": -1.0}),
    ],
)
def test_impossible_arguments_are_refused(log, policy):
    with pytest.raises(ValueError):
        policy_value(log, policy, "DoublyRobust")
