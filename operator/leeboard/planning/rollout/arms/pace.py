"""The stretches of time after which a bandit decides anew, and how much the rewards of older ones still count.

A stretch is an interval long, and later a tenth of the time since the beginning: batches that grow cost a bandit next
to nothing (Kalkanli and Ozgur 2021, "Batched Thompson sampling"), and weeks have room in a status. With a half-life
none is longer than a quarter of that, so that shares can follow what they forget.
"""

from leeboard.api.bandit import Bandit
from leeboard.api.durations import parse_duration

GROWTH = 0.1
MOST = 160
"""Stretches."""
STEADY = 120
"""After so many, stretches grow again whatever the half-life: all of them have to reach for years."""
OF_HALF_LIFE = 0.25


def ends(bandit: Bandit, seconds: float) -> list[float]:
    """When the stretches that are over after so many seconds ended, in seconds since the beginning."""
    shortest, half_life = _seconds(bandit.interval), _seconds(bandit.half_life)
    longest = OF_HALF_LIFE * half_life if half_life else float("inf")
    elapsed, found = 0.0, list[float]()
    while len(found) < MOST:
        grown = GROWTH * elapsed
        elapsed += max(shortest, grown if len(found) >= STEADY else min(grown, longest))
        if elapsed > seconds:
            break
        found.append(elapsed)
    return found


def counts(bandit: Bandit, stretches: int) -> list[float]:
    """How much a reward of each of the first stretches counts at the end of the last of them, 0 to 1."""
    known, half_life = ends(bandit, float("inf"))[:stretches], _seconds(bandit.half_life)
    return [0.5 ** ((known[-1] - end) / half_life) if half_life else 1.0 for end in known]


def described(bandit: Bandit) -> str:
    """By what figures are told apart that were counted in other stretches."""
    return f"{bandit.interval} {bandit.half_life}"


def _seconds(duration: str) -> float:
    return parse_duration(duration).total_seconds()
