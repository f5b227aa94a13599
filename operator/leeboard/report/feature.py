"""What is drawn of one input."""

from typing import Self

from pydantic import model_validator

from leeboard.api.base import SpecModel


class Figure(SpecModel):
    """A measured figure with its interval, in the unit of what it measures."""

    name: str
    value: float
    low: float
    high: float


class Feature(SpecModel):
    """An input in reference and window: counts on the reference's bins, one more than `edges` or `categories`."""

    name: str
    edges: tuple[float, ...] | None = None
    categories: tuple[str, ...] | None = None
    reference: tuple[int, ...]
    window: tuple[int, ...]
    distance: Figure
    threshold: float
    shift: str = ""

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
