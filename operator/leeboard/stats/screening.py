"""Which of many pairs of counts are worth an interval: a look at all of them at once."""

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distances import divergence_of, from_divergence
from leeboard.stats.measures import Measure

DRAWS = 8


def screened(
    measure: Measure, reference: NDArray[np.int64], window: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Of every pair (first axis) what is left of the distance after that of two samples of one distribution.

    That is the middle of what the distance may be; the lower end of an interval that is surer than a coin lies below.
    NaN where one side has no counts.
    """
    known, found = measure.cells(reference), measure.cells(window)
    value = measure.of(known, found)
    able = np.flatnonzero(~np.isnan(value))
    left = np.full(len(value), np.nan)
    if len(able):
        a, b = known[able], found[able]
        shares = (a + b) / (a + b).sum(axis=1, keepdims=True)
        generator = np.random.default_rng(seed)
        samples = (generator.multinomial(one.sum(axis=1), shares, size=(DRAWS, len(able))) for one in (a, b))
        by_chance = divergence_of(measure.name, measure.of(*samples)).mean(axis=0)
        excess = divergence_of(measure.name, value[able]) - by_chance
        left[able] = [from_divergence(measure.name, float(one)) for one in excess]
    return left
