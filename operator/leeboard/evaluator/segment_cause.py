"""Segments that drift of the whole comes from: where one carrier changed and no other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leeboard.evaluator.drift_figures import ALWAYS
from leeboard.evaluator.segment_figures import LEAST_ROWS, Segmented
from leeboard.stats.intervals import distance_interval

ALPHA = 0.001
LEAST_DISTANCE = 0.1
"""Jensen-Shannon; what is nearer to its own reference has not changed."""
MOST_VALUES, MOST_INPUTS = 3, 3
LONGEST_VALUE = 40
SEED = 0


def name_segments(rows: Sequence[dict[str, Any]], segmented: Sequence[Segmented]) -> None:
    """Say in the `shift` of the inputs that drifted most where that comes from few segments only."""
    for row in rows[:MOST_INPUTS]:
        surely = next((float(one["low"]) for one in row["distances"] if one["name"] == ALWAYS), 0.0)
        if surely <= 0:
            continue
        for one in segmented:
            if values := segments_that_differ(one, row["name"]):
                text = f"only where {one.reference.feature}={', '.join(value[:LONGEST_VALUE] for value in values)}"
                row["shift"] = f"{row['shift']}, {text}" if row["shift"] else text


def segments_that_differ(segmented: Segmented, name: str) -> Mapping[str, float]:
    """The values within which an input surely changed, at most three, where all other rows surely did not.

    With each the distance from its own reference that is certain, the farthest first. Segments differ from each other
    as they are, so that each is compared with itself before.
    """
    place = next((place for place, one in enumerate(segmented.window.inputs) if one.name == name), None)
    js = segmented.measure(ALWAYS, place) if place is not None else None
    if place is None or js is None or segmented.window.rows.sum() < 2 * LEAST_ROWS:
        return {}
    known, found = segmented.reference.counted.inputs[place].counts, segmented.window.inputs[place].counts
    able = [
        int(segment)
        for segment in np.flatnonzero(segmented.able)
        if known[segment].sum() and found[segment].sum() >= LEAST_ROWS
    ]
    alpha = ALPHA / max(1, len(able))
    lows = {
        segment: distance_interval(js, known[segment], found[segment], alpha=alpha, seed=SEED).low for segment in able
    }
    differing = sorted(
        (segment for segment, low in lows.items() if low > LEAST_DISTANCE), key=lambda segment: -lows[segment]
    )
    if not differing or len(differing) > MOST_VALUES:
        return {}
    others = np.delete(known, differing, axis=0).sum(axis=0), np.delete(found, differing, axis=0).sum(axis=0)
    if not others[0].sum() or others[1].sum() < LEAST_ROWS:
        return {}
    rest = distance_interval(js, *others, alpha=ALPHA, seed=SEED)
    return (
        {segmented.reference.texts[segment]: lows[segment] for segment in differing}
        if rest.high <= LEAST_DISTANCE
        else {}
    )
