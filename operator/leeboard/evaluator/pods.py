"""Pods whose callers send something else than those of all others: drift that has one source."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leeboard.evaluator.drift_figures import ALWAYS, Profile
from leeboard.evaluator.figures import figure
from leeboard.evaluator.sums import Sum
from leeboard.evaluator.windows import Window
from leeboard.stats.distributions import Distribution
from leeboard.stats.intervals import distance_interval
from leeboard.stats.measures import measure

ALPHA = 0.001
LEAST_DISTANCE = 0.1
"""Jensen-Shannon; nearer pods are alike."""
LEAST_ROWS = 100
MOST_PODS, MOST_INPUTS = 3, 3
SEED = 0


def name_pods(rows: Sequence[dict[str, Any]], profile: Profile, windows: Sequence[Window]) -> None:
    """Add `pods` to the rows of the inputs that drifted most, where single pods differ, and say so in their `shift`."""
    references = {one.distribution.name: one.distribution for one in profile.features}
    for row in rows[:MOST_INPUTS]:
        surely = next((float(one["low"]) for one in row["distances"] if one["name"] == ALWAYS), 0.0)
        differing = pods_that_differ(references[row["name"]], windows) if surely > 0 else {}
        if differing:
            row["pods"] = [{"name": pod, "distance": figure(low)} for pod, low in differing.items()]
            text = f"unlike the others: {', '.join(differing)}"
            row["shift"] = f"{row['shift']}, {text}" if row["shift"] else text


def pods_that_differ(reference: Distribution, windows: Sequence[Window]) -> Mapping[str, float]:
    """The pods that are surely further than `LEAST_DISTANCE` from all the others together in one input, at most three.

    With each the distance that is certain, the farthest first. Windows on other bins are left out.
    """
    by_pod: dict[str, Sum] = {}
    for window in windows:
        raw = next((one for one in window.features if one["name"] == reference.name), None)
        if raw is not None and window.pod:
            total = by_pod.setdefault(window.pod, Sum(reference))
            if total.fits(raw):
                total.add(raw)
    js = measure(ALWAYS, reference)
    left = {pod: total.counts for pod, total in by_pod.items() if total.counts.sum() >= LEAST_ROWS}
    alpha = ALPHA / max(1, len(left))
    differing: dict[str, float] = {}
    while js is not None and len(left) > 1 and len(differing) < MOST_PODS:
        together = np.sum(list(left.values()), axis=0)
        lows = {
            pod: distance_interval(js, together - own, own, alpha=alpha, seed=SEED).low for pod, own in left.items()
        }
        farthest = max(sorted(lows), key=lows.__getitem__)
        if lows[farthest] <= LEAST_DISTANCE:
            break
        # the others are compared without it: it must not make them look different too
        differing[farthest] = lows[farthest]
        del left[farthest]
    return differing
