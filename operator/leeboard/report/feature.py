"""What is drawn of one input."""

from typing import Self

from pydantic import model_validator

from leeboard.api.base import SpecModel
from leeboard.stats.distributions import Distribution
from leeboard.stats.grouping import grouped, grouped_bins, grouping


class Figure(SpecModel):
    """A measured figure with its interval, in the unit of what it measures."""

    name: str
    value: float
    low: float
    high: float


class Feature(SpecModel):
    """An input in reference and window: counts on the reference's bins, one more than `edges` or `categories`.

    `reach` is from where to where its values are, and how many distinct ones, in words.
    """

    name: str
    edges: tuple[float, ...] | None = None
    categories: tuple[str, ...] | None = None
    reference: tuple[int, ...]
    window: tuple[int, ...]
    distance: Figure
    threshold: float
    shift: str = ""
    reach: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.edges is None) == (self.categories is None):
            raise ValueError(f"{self.name}: exactly one of edges and categories is needed")
        bins = len(self.edges if self.edges is not None else self.categories or ()) + 1
        if len(self.reference) != bins or len(self.window) != bins:
            raise ValueError(f"{self.name}: {len(self.reference)} and {len(self.window)} counts for {bins} bins")
        return self

    @property
    def drifted(self) -> bool:
        """Whether the whole interval of the distance lies beyond the threshold."""
        return self.distance.low > self.threshold


def compared(
    reference: Distribution, window: Distribution, distance: Figure, threshold: float, *, shift: str, reach: str
) -> Feature:
    """Both in the groups of bins that distances are measured in."""
    starts = grouping(reference)
    bins = grouped_bins(reference.bins, starts)
    return Feature(
        name=reference.name,
        edges=bins.edges if bins.kind == "Numeric" else None,
        categories=bins.categories if bins.kind == "Categorical" else None,
        reference=tuple(grouped(reference.counts, starts).tolist()),
        window=tuple(grouped(window.counts, starts).tolist()),
        distance=distance,
        threshold=threshold,
        shift=shift,
        reach=reach,
    )
