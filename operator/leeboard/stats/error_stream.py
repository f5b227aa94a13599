"""Whether a model's errors changed within a stretch of time, where, and by how much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.concept_drift import AdaptiveWindow

Floats = NDArray[np.float64]
LARGEST_QUANTILE = 0.99


@dataclass(frozen=True)
class Change:
    """Errors changed at `place`, a position in the stream; `before` and `after` are their means."""

    place: int
    before: float
    after: float


def errors_of(task: str, truth: Floats, scores: Floats) -> Floats:
    """How far each answer was off, from 0 to 1: probabilities as they are, numbers as shares of a large error."""
    off: Floats = np.abs(truth - scores)
    if task == "Regression" and len(off):
        large = float(np.quantile(off, LARGEST_QUANTILE))
        off = np.minimum(off / large, 1.0) if large > 0 else np.zeros_like(off)
    return off


def newest_change(errors: Floats, delta: float) -> Change | None:
    """The last place at which the errors changed; None where ADWIN finds no change.

    `delta` bounds the chance of a false one at each look (`concept_drift.AdaptiveWindow`). ADWIN tells that there was a
    change, and only roughly where; the place is where the mean before and after differ most (Page 1954), between the
    change before and where it was found. Raises ValueError for errors that are not finite.
    """
    detector, places = AdaptiveWindow(delta), [0]
    for position, value in enumerate(errors.tolist()):
        if detector.update(value):
            begin = places[-1]
            places.append(begin + _split(errors[begin : position + 1]))
    if len(places) < 2:
        return None
    before, place = places[-2:]
    return Change(place, float(errors[before:place].mean()), float(errors[place:].mean()))


def _split(values: Floats) -> int:
    """How many numbers come before the place at which the means of both parts differ most, in standard errors."""
    count = len(values)
    first = np.arange(1, count)
    sums = np.cumsum(values)[:-1]
    apart = np.abs(sums - first * values.mean()) / np.sqrt(first * (count - first))
    return int(np.argmax(apart)) + 1
