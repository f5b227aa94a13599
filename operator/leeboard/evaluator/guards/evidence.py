"""What one figure of a guard rests on: counts and sums of both versions, no row of data.

A decision report keeps it, so that anybody can compute figures and decision again. It is read strictly: a field that is
not known, a count that cannot be and a number that is not finite are refused.
"""

import itertools
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from leeboard.api.guard import GuardType

MOST_BINS = 512
MOST_PARTS = 40
MOST_BLOCKS = 200
MOST_COUNT = 1 << 53
LONGEST_NAME = 300

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1, max_length=MOST_BINS)]
Edges = Annotated[tuple[Number, ...], Field(max_length=MOST_BINS)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


class Strict(BaseModel):
    """A frozen part of a report: camelCase outside, nothing that is not known."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=False
    )


class Share(Strict):
    """How many of `trials` were bad."""

    failures: Count
    trials: Count

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.failures > self.trials:
            raise ValueError(f"{self.failures} of {self.trials}")
        return self


class Sums(Strict):
    """Of `n` numbers, their sum and the sum of their squares."""

    n: Count
    sum: Number = 0.0
    squares: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Estimate(Strict):
    """A metric of `n` rows with its standard error."""

    n: Count
    value: Number
    error: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Rates(Strict):
    """Shares of bad rows; where they are compared by stretches of time, `blocks` has bad rows and rows of each: the
    candidate's and then the champion's."""

    kind: Literal["Rates"] = "Rates"
    of: Name = ""
    candidate: Share
    champion: Share
    blocks: Annotated[tuple[tuple[Count, Count, Count, Count], ...], Field(max_length=MOST_BLOCKS)] | None = None


class Latencies(Strict):
    """Requests by latency; edges in seconds, the first bin begins at 0, the last is open."""

    kind: Literal["Latencies"] = "Latencies"
    edges: Edges
    candidate: Counts
    champion: Counts

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_bins(self.edges, (self.candidate, self.champion))
        return self


class Predictions(Strict):
    """Predictions by their score, of each stretch of time."""

    kind: Literal["Predictions"] = "Predictions"
    edges: Edges
    candidate: Annotated[tuple[Counts, ...], Field(max_length=MOST_BLOCKS)]
    champion: Annotated[tuple[Counts, ...], Field(max_length=MOST_BLOCKS)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_bins(self.edges, (*self.candidate, *self.champion))
        if len(self.candidate) != len(self.champion):
            raise ValueError(f"{len(self.candidate)} stretches of one version, {len(self.champion)} of the other")
        return self


def _check_bins(edges: tuple[float, ...], counted: tuple[tuple[int, ...], ...]) -> None:
    """Raises ValueError where counts are not on the bins of the edges."""
    if any(len(one) != len(edges) + 1 for one in counted):
        raise ValueError(f"counts that are not on {len(edges) + 1} bins")
    if any(a >= b for a, b in itertools.pairwise(edges)):
        raise ValueError("edges have to rise")


class Losses(Strict):
    """What rows lost, each between `least` and `most`, by stretches of time: numbers of rows, sums and sums of squares
    of candidate and champion."""

    kind: Literal["Losses"] = "Losses"
    least: Number
    most: Number
    candidate: Annotated[tuple[Sums, ...], Field(max_length=MOST_BLOCKS)]
    champion: Annotated[tuple[Sums, ...], Field(max_length=MOST_BLOCKS)]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not self.least < self.most:
            raise ValueError(f"from {self.least} to {self.most}")
        if len(self.candidate) != len(self.champion):
            raise ValueError(f"{len(self.candidate)} stretches of one version, {len(self.champion)} of the other")
        return self


class Metrics(Strict):
    """A metric that is no mean, of the rows that were there at look number `look`, counted from 0."""

    kind: Literal["Metrics"] = "Metrics"
    higher_is_better: bool
    look: Annotated[int, Field(ge=0, le=64)]
    candidate: Estimate
    champion: Estimate


class Series(Strict):
    """Of each stretch of time, by how much the candidate was worse than the champion, or than a bound."""

    kind: Literal["Series"] = "Series"
    worse: Sums


Part = Annotated[Rates | Latencies | Predictions | Losses | Metrics | Series, Field(discriminator="kind")]


class Evidence(Strict):
    """What a guard's figure rests on: its only part, or of `looked_at` parts those that lie furthest out.

    `alpha` is what it may be wrong by, shared out over the parts. Without parts there is no figure yet: `lacks` says of
    what, `message` why.
    """

    guard: GuardType
    subject: Name = ""
    segment: Name = ""
    unit: Annotated[str, Field(max_length=32)] = ""
    alpha: Annotated[float, Field(gt=0, lt=1)]
    looked_at: Annotated[int, Field(ge=0, le=100_000)] = 1
    parts: Annotated[tuple[Part, ...], Field(max_length=MOST_PARTS)] = ()
    samples: tuple[Count, Count] = (0, 0)
    lacks: Literal["", "Requests", "Labels", "Figures"] = ""
    message: Annotated[str, Field(max_length=512)] = ""

    @property
    def name(self) -> str:
        """What tells it from all others of a rollout, for people too."""
        return " ".join(part for part in (self.guard, self.subject, self.segment) if part)
