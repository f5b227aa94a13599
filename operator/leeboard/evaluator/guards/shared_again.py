"""Whether a bandit's shares follow from what its record holds: every decision, from the shares before and the rewards
of the stretches that it rested on."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from leeboard.api.bandit import Bandit
from leeboard.evaluator.guards.record import Looked, RolloutRecord
from leeboard.evaluator.guards.tested import SharedLooked, Tested
from leeboard.planning.rollout.arms.bandit import next_shares


def differences_of_shares(record: RolloutRecord) -> Iterator[str]:
    """What comes out otherwise, as sentences. Raises ValueError for rewards that the metric cannot give."""
    entries = _entries(record)
    for before, entry in pairwise(entries):
        if entry.stretches is None:
            continue  # a version came or went
        found = [_again(one, before, entry, entry.stretches) for one in _fitting(record.looks, entry, entry.stretches)]
        if found and entry.percent not in found:
            yield f"{entry.at.isoformat()}: shares were {_told(entry.percent)}, come out as {_told(found[0])}"


def _entries(record: RolloutRecord) -> list[SharedLooked]:
    """In the order of time; the newest look that has one tells it."""
    tests = (one.tested for one in record.looks if one.tested is not None)
    found = {(entry.at, tuple(entry.percent.items())): entry for test in tests for entry in test.shared}
    return sorted(found.values(), key=lambda entry: entry.at)


def _fitting(looks: Sequence[Looked], entry: SharedLooked, stretches: int) -> Iterator[Tested]:
    """The last look before a decision, and the first after it, that have its versions and its stretches: what is asked
    for may have been changed between them."""

    def fits(one: Looked, names: set[str]) -> bool:
        test = one.tested
        return (
            test is not None
            and all(len(arm.rewards) >= stretches for arm in test.arms if arm.name in entry.percent)
            and names <= {arm.name for arm in test.arms}
        )

    before = [one for one in looks if one.at <= entry.at and fits(one, set())]
    after = [one for one in looks if one.at > entry.at and fits(one, set(entry.percent))]
    for one in (*before[-1:], *after[:1]):
        if one.tested is not None:
            yield one.tested


def _again(test: Tested, before: SharedLooked, entry: SharedLooked, stretches: int) -> dict[str, int]:
    if not isinstance(test.test, Bandit):
        raise ValueError("shares of a test that is no bandit")
    earned = {name: rewards[:stretches] for name, rewards in test.earned().items()}
    return next_shares(test.test, earned, before.percent, entry.percent)


def _told(percent: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in percent.items())
