"""Figures about challengers, from what the champion's exporters counted of the copies that they sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.figures import figure, written
from leeboard.evaluator.windows import Window
from leeboard.stats.quantiles import quantile_interval
from leeboard.stats.sequential import rate_interval

ALPHA = 0.05
QUANTILE = 0.99
MILLISECONDS = 1000.0
FLIPS = ("bothNegative", "toPositive", "toNegative", "bothPositive")
Edges = tuple[float, ...]


@dataclass
class Binned:
    """Counts by the edges that they are on; the edges with most of them stand for all."""

    counts: dict[Edges, NDArray[np.int64]] = field(default_factory=dict)

    def add(self, raw: Mapping[str, Any]) -> None:
        """Counts of one window that `leeboard.evaluator.windows` has read."""
        edges, counts = tuple(raw["edges"]), np.asarray(raw["counts"], dtype=np.int64)
        self.counts[edges] = self.counts[edges] + counts if edges in self.counts else counts

    def quantile(self, q: float, scale: float = 1.0) -> dict[str, str] | None:
        """Value and interval, where both ends are finite."""
        edges = max(self.counts, key=lambda one: int(self.counts[one].sum()), default=())
        counts: list[int] = self.counts[edges].tolist() if edges else []
        if not sum(counts):
            return None
        interval = quantile_interval(edges, counts, q, ALPHA)
        ends = {"value": interval.value, "low": interval.low, "high": interval.high}
        return {end: figure(value * scale) for end, value in ends.items()} if np.isfinite(interval.high) else None


@dataclass
class Comparison:
    """What one challenger got and answered. `champion_requests` are the champion's in the same time."""

    copies: int = 0
    pairs: int = 0
    champion_requests: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    flips: dict[str, int] | None = None
    total: float = 0.0
    squares: float = 0.0
    latency: Binned = field(default_factory=Binned)
    champion_latency: Binned = field(default_factory=Binned)

    @classmethod
    def of(cls, windows: Iterable[Window], challenger: str) -> "Comparison":
        """Add up the champion's windows; they need not be kept."""
        found = cls()
        for window in windows:
            found.champion_requests += window.requests
            raw = window.shadow.get(challenger)
            if raw is not None:
                found._add(raw)
        return found

    def _add(self, raw: Mapping[str, Any]) -> None:
        self.copies += raw["copies"]
        self.pairs += raw["pairs"]
        for name, counts in (("failures", self.failures), ("dropped", self.dropped)):
            for why, count in raw[name].items():
                counts[why] = counts.get(why, 0) + count
        if "flips" in raw:
            before = self.flips or dict.fromkeys(FLIPS, 0)
            self.flips = {name: before[name] + raw["flips"][name] for name in FLIPS}
        self.total += raw["difference"]["sum"]
        self.squares += raw["difference"]["sumOfSquares"]
        self.latency.add(raw["latency"])
        self.champion_latency.add(raw["championLatency"])

    def described(self, name: str, since: datetime) -> dict[str, Any]:
        """One entry of `challengers`; figures that few copies leave open are left out."""
        row: dict[str, Any] = {
            "name": name,
            "since": written(since),
            "championRequests": self.champion_requests,
            "copies": self.copies,
            "failures": sum(self.failures.values()),
            "failed": self.failures,
            "dropped": self.dropped,
            "pairs": self.pairs,
        }
        if self.flips is not None and self.pairs:
            row["flips"] = self.flips
            disagreeing = self.flips["toPositive"] + self.flips["toNegative"]
            row["disagreement"] = _rate(disagreeing, self.pairs)
        if self.copies:
            row["failureRate"] = _rate(row["failures"], self.copies)
        if self.pairs:
            mean = self.total / self.pairs
            spread = max(self.squares / self.pairs - mean**2, 0.0) ** 0.5
            row["scoreDifference"] = {"mean": figure(mean), "std": figure(spread)}
        for place, binned in (("latencyP99", self.latency), ("championLatencyP99", self.champion_latency)):
            if (interval := binned.quantile(QUANTILE, MILLISECONDS)) is not None:
                row[place] = interval
        return row


def _rate(count: int, of: int) -> dict[str, str]:
    """With an interval that is valid at every look."""
    low, high = rate_interval(count, of, ALPHA)
    return {"value": figure(count / of), "low": figure(low), "high": figure(high)}
