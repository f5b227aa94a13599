"""Figures about the served versions of a Model: requests, errors and latency since a moment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.figures import figure
from leeboard.evaluator.windows import Window
from leeboard.stats.quantiles import quantile_interval
from leeboard.stats.sequential import difference_interval

ALPHA = 0.05
QUANTILE = 0.99
MILLISECONDS = 1000.0


@dataclass
class Traffic:
    """What the pods of one version counted."""

    requests: int = 0
    errors: int = 0
    latencies: dict[tuple[float, ...], NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "Traffic":
        """Add up windows; they need not be kept."""
        traffic = cls()
        for window in windows:
            traffic.requests += window.requests
            traffic.errors += window.errors
            before = traffic.latencies.get(window.latency_edges)
            counts = window.latency_counts if before is None else before + window.latency_counts
            traffic.latencies[window.latency_edges] = counts
        return traffic

    def described(self, name: str) -> dict[str, Any]:
        """One entry of `versions`; without latencyP99 while its interval is open, which few requests leave it."""
        row: dict[str, Any] = {"name": name, "requests": self.requests, "errors": self.errors}
        # exporters of different releases may count on different edges: the edges with most requests stand for all
        edges = max(self.latencies, key=lambda one: int(self.latencies[one].sum()), default=())
        counts: list[int] = self.latencies[edges].tolist() if edges in self.latencies else []
        if not sum(counts):
            return row
        interval = quantile_interval(edges, counts, QUANTILE, ALPHA)
        if not np.isfinite(interval.high):
            return row
        ends = {"value": interval.value, "low": interval.low, "high": interval.high}
        return row | {"latencyP99": {end: figure(value * MILLISECONDS) for end, value in ends.items()}}


def model_figures(candidate: tuple[str, Traffic] | None, champion: tuple[str, Traffic]) -> dict[str, Any]:
    """`candidate`, `champion`, `versions` and `errorRateDifference` of `status.evaluation` of a Model.

    The difference is candidate minus champion, with an interval that is valid at every look.
    """
    served = [one for one in (candidate, champion) if one is not None]
    figures: dict[str, Any] = {
        "candidate": candidate[0] if candidate else "",
        "champion": champion[0],
        "versions": [traffic.described(name) for name, traffic in served],
    }
    if candidate is None:
        return figures
    a, b = candidate[1], champion[1]
    low, high = difference_interval(a.errors, a.requests, b.errors, b.requests, ALPHA)
    return figures | {"errorRateDifference": {"low": figure(low), "high": figure(high)}}
