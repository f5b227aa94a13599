"""What another way of sharing the traffic would have been worth, from what was logged under this one.

Every request is logged with the probability that its arm had (its propensity), so that arms which were tried seldom can
be weighted up (Horvitz and Thompson 1952). That is right whatever the shares followed, and noisy where propensities are
small: hence the floor of the bandit. Doubly robust (Dudik, Langford and Li 2011, "Doubly robust policy evaluation and
learning") takes what is expected of an arm and corrects it by the weighted errors of that expectation. What is expected
is the arm's mean in earlier intervals, which follows from the past alone, so that nothing is biased.

Both are right if the logged propensities are those by which the arms were chosen, and rewards of an interval do not
follow from the choices of other requests.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Method = Literal["InversePropensity", "SelfNormalised", "DoublyRobust"]


class Logged(NamedTuple):
    """An arm in an interval: its propensity, its requests, and the sums of their rewards and of squared rewards."""

    propensity: float
    trials: int
    total: float
    squares: float


@dataclass(frozen=True)
class Value:
    """A mean reward of a request, and its standard error."""

    value: float
    standard_error: float


def policy_value(log: Sequence[Mapping[str, Logged]], policy: Mapping[str, float], method: Method) -> Value:
    """The mean reward of a request, had every interval's requests been shared out by `policy`.

    `log` has the intervals in the order of time, each with all its arms. `SelfNormalised` divides by the sum of the
    weights, which is steadier and slightly biased. Raises ValueError for a policy that is no distribution, or that
    uses an arm which an interval with requests could not choose, for sums that cannot be, and for an empty log.
    """
    _check(log, policy)
    requests = sum(row.trials for interval in log for row in interval.values())
    if not requests:
        raise ValueError("no request was logged")
    if method == "SelfNormalised":
        return _self_normalised(log, policy)
    expected: dict[str, float] = {}
    seen: dict[str, tuple[float, float]] = {}
    total = second = 0.0
    for interval in log:
        if method == "DoublyRobust":
            expected = {arm: sums / trials for arm, (trials, sums) in seen.items() if trials}
        base = math.fsum(share * expected.get(arm, 0.0) for arm, share in policy.items())
        for arm, row in interval.items():
            share, guess = policy.get(arm, 0.0), expected.get(arm, 0.0)
            weight = share / row.propensity if share else 0.0
            errors = row.total - row.trials * guess
            squared = row.squares - 2 * guess * row.total + row.trials * guess**2
            total += row.trials * base + weight * errors
            second += row.trials * base**2 + 2 * base * weight * errors + weight**2 * squared
            trials, sums = seen.get(arm, (0.0, 0.0))
            seen[arm] = trials + row.trials, sums + row.total
    mean = total / requests
    return Value(mean, math.sqrt(max(0.0, second / requests - mean**2) / requests))


def _self_normalised(log: Sequence[Mapping[str, Logged]], policy: Mapping[str, float]) -> Value:
    rows = [(policy.get(arm, 0.0), row) for interval in log for arm, row in interval.items() if row.trials]
    weighted = [(share / row.propensity, row) for share, row in rows if share]
    whole = math.fsum(weight * row.trials for weight, row in weighted)
    if not whole:
        raise ValueError("no request went to an arm of the policy")
    mean = math.fsum(weight * row.total for weight, row in weighted) / whole
    squares = (
        weight**2 * (row.squares - 2 * mean * row.total + row.trials * mean**2) for weight, row in weighted
    )  # the delta method for a ratio
    return Value(mean, math.sqrt(max(0.0, math.fsum(squares))) / whole)


def _check(log: Sequence[Mapping[str, Logged]], policy: Mapping[str, float]) -> None:
    if any(share < 0 for share in policy.values()) or abs(math.fsum(policy.values()) - 1) > 1e-9:
        raise ValueError(f"no policy: {dict(policy)}")
    for place, interval in enumerate(log):
        for arm, row in interval.items():
            if row.trials < 0 or not (math.isfinite(row.total) and math.isfinite(row.squares)):
                raise ValueError(f"interval {place}, arm {arm}: no log: {tuple(row)}")
            if not 0 <= row.propensity <= 1 or (row.trials and not row.propensity):
                raise ValueError(f"interval {place}, arm {arm}: propensity {row.propensity} of {row.trials} requests")
        if not any(row.trials for row in interval.values()):
            continue
        for arm, share in policy.items():
            if share and (arm not in interval or not interval[arm].propensity):
                raise ValueError(f"interval {place} could not choose {arm}")
