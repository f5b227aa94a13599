"""The stretches of time that a rollout is compared in: both versions within the same one, then over all of them.

Sums over hours would mislead where the candidate's share of the traffic changes from stage to stage while the traffic
itself changes with the hour. A stretch counts once it is over; how long each is follows from when the rollout began.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

SHORTEST = timedelta(seconds=15)
GROWTH = 0.1
"""Of the time since the rollout began: some ninety stretches make a week."""
MOST = 160
"""Stretches, which is more than a year; later ones count as the last."""


def ends(since: datetime, now: datetime) -> NDArray[np.float64]:
    """When the stretches that are over ended, in seconds since 1970."""
    last, elapsed, found = (now - since).total_seconds(), 0.0, list[float]()
    while len(found) < MOST:
        elapsed += max(SHORTEST.total_seconds(), GROWTH * elapsed)
        if elapsed > last:
            break
        found.append(since.timestamp() + elapsed)
    return np.array(found)


def blocks_of(moments: Iterable[float], until: NDArray[np.float64]) -> NDArray[np.int64]:
    """The stretch that each moment lies in, in seconds since 1970; -1 where that is not over yet."""
    at = np.fromiter(moments, dtype=np.float64)
    places = np.searchsorted(until, at, side="left").astype(np.int64)
    return np.where(places < len(until), places, -1)


def totals(values: NDArray[np.float64], blocks: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """The sum of the values of each stretch."""
    known = blocks >= 0
    found: NDArray[np.float64] = np.bincount(blocks[known], weights=values[known], minlength=size).astype(np.float64)
    return found
