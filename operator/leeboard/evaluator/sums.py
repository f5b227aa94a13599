"""Distributions of many windows, added up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from leeboard.stats.distributions import Distribution, empty
from leeboard.stats.extents import ExtentSum


class Sum:
    """Distributions on the bins of one reference, added up in place: there may be a hundred thousand of them."""

    def __init__(self, reference: Distribution) -> None:
        self.reference = reference
        self.counts = np.zeros(reference.bins.size, dtype=np.int64)
        self.missing = self.infinite = 0
        self.total = self.total_of_squares = 0.0
        self.extent = ExtentSum()

    def fits(self, raw: Mapping[str, Any]) -> bool:
        """Whether a distribution of a window is on these bins."""
        return bool(raw["counts"].shape == self.counts.shape)

    def add(self, raw: Mapping[str, Any]) -> None:
        """Add one that fits."""
        self.counts += raw["counts"]
        self.missing += raw["missing"]
        self.infinite += raw["infinite"]
        self.total += raw["sum"]
        self.total_of_squares += raw["sumOfSquares"]
        self.extent.add(raw)

    def whole(self) -> Distribution:
        """All of them."""
        return replace(
            empty(self.reference),
            counts=self.counts,
            missing=self.missing,
            infinite=self.infinite,
            total=self.total,
            total_of_squares=self.total_of_squares,
            extent=self.extent.whole(),
        )
