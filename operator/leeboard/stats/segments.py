"""Counts of inputs within every value of another one, such as the carrier: exact, and merged by addition.

A part of the traffic that changes is lost in the whole. Within its own segment it is not.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.coarse import MOST_BINS
from leeboard.stats.distributions import Bins, Counts, Distribution, Kind

MOST_SEGMENT_INPUTS = 2
MOST_VALUES = 20
MOST_INPUTS = 100
LONGEST_VALUE = 128
MOST_ROWS = 1 << 40
"""Of one count, so that those of as many windows as there may be add up to an integer that numpy can hold."""


class _Places(dict[str, int]):
    """The places of values, and for every other one the last: without a call of ours for any of them."""

    def __init__(self, rest: int, places: Mapping[str, int]) -> None:
        super().__init__(places)
        self._rest = rest

    def __missing__(self, _: object) -> int:
        return self._rest


@dataclass(frozen=True, eq=False)
class Counted:
    """One input: counts (segments, bins) and missing values (segments). The last segment is all other rows."""

    name: str
    counts: Counts
    missing: Counts


@dataclass(frozen=True, eq=False)
class SegmentCounts:
    """What was counted by the values of `feature`: the rows of every segment, and the inputs within it.

    `scores` is the same of the predictions, as of one input, with the rows that they are of; None where they were not
    counted.
    """

    feature: str
    rows: Counts
    inputs: tuple[Counted, ...]
    scores: "SegmentCounts | None" = None

    def fits(self, other: "SegmentCounts") -> bool:
        """Whether both are on the same segments, inputs and bins. Scores may be lacking on either side."""
        return (
            self.feature == other.feature
            and self.rows.shape == other.rows.shape
            and [(one.name, one.counts.shape) for one in self.inputs]
            == [(one.name, one.counts.shape) for one in other.inputs]
            and (self.scores is None or other.scores is None or self.scores.fits(other.scores))
        )

    def add(self, other: "SegmentCounts") -> None:
        """Add, in place, what was counted on the same bins; scores where both have them."""
        self.rows[...] += other.rows
        for one, more in zip(self.inputs, other.inputs, strict=True):
            one.counts[...] += more.counts
            one.missing[...] += more.missing
        if self.scores is not None and other.scores is not None:
            self.scores.add(other.scores)


@dataclass(frozen=True, eq=False)
class SegmentReference:
    """The values that have a segment, rising, and what the reference has of each; `bins` are those of the inputs.

    `score_bins` are those of the predictions, where they are counted too. `refused` says why there are no values.
    """

    feature: str
    values: tuple[str, ...] | tuple[float, ...]
    counted: SegmentCounts
    bins: tuple[Bins, ...]
    refused: str = ""
    score_bins: Bins | None = None

    @property
    def of_scores(self) -> "SegmentReference | None":
        """The predictions as the one input within the same segments; None where they are not counted."""
        if self.counted.scores is None or self.score_bins is None:
            return None
        return SegmentReference(self.feature, self.values, self.counted.scores, (self.score_bins,), self.refused)

    @property
    def size(self) -> int:
        """Segments, with the last one, which is all other rows."""
        return len(self.values) + 1

    @property
    def kind(self) -> Kind:
        """What the values are."""
        return "Categorical" if any(isinstance(value, str) for value in self.values) else "Numeric"

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as they are written."""
        return tuple(value if isinstance(value, str) else f"{value:.15g}" for value in self.values)

    def codes(self, values: Sequence[Any] | NDArray[Any]) -> NDArray[np.int64]:
        """The segment of every row."""
        rest = len(self.values)
        if not rest:
            return np.zeros(len(values), dtype=np.int64)
        if self.kind == "Categorical":
            index = _Places(rest, {str(value): place for place, value in enumerate(self.values)})
            return np.fromiter(map(index.__getitem__, values), dtype=np.int64, count=len(values))
        numbers, known = np.asarray(values, dtype=np.float64), np.asarray(self.values, dtype=np.float64)
        places = np.minimum(np.searchsorted(known, numbers), rest - 1)
        return np.where(known[places] == numbers, places, rest).astype(np.int64)

    def empty(self) -> SegmentCounts:
        """Nothing counted yet."""
        scores = self.of_scores
        return SegmentCounts(
            self.feature,
            np.zeros(self.size, dtype=np.int64),
            tuple(
                Counted(one.name, np.zeros((self.size, bins.size), dtype=np.int64), np.zeros(self.size, dtype=np.int64))
                for one, bins in zip(self.counted.inputs, self.bins, strict=True)
            ),
            None if scores is None else scores.empty(),
        )


def distribution_in(counted: SegmentCounts, place: int, segment: int, bins: Bins) -> Distribution:
    """An input within one segment. Sums of its numbers are not known."""
    one = counted.inputs[place]
    counts, missing = one.counts[segment], int(one.missing[segment])
    infinite = int(counted.rows[segment] - counts.sum()) - missing
    return Distribution(one.name, bins, counts, missing, max(0, infinite))


def to_window(counted: SegmentCounts) -> dict[str, Any]:
    """As a window file has it."""
    inputs = [
        {"name": one.name, "counts": one.counts.tolist(), "missing": one.missing.tolist()} for one in counted.inputs
    ]
    document = {"feature": counted.feature, "rows": counted.rows.tolist(), "features": inputs}
    if counted.scores is not None:
        (scores,) = to_window(counted.scores)["features"]
        document["prediction"] = {**scores, "rows": counted.scores.rows.tolist()}
    return document


def of_window(raw: Mapping[str, Any]) -> SegmentCounts:
    """A part of a window file. Raises ValueError (KeyError, TypeError, OverflowError) where it is malformed."""
    rows = _counts(raw["rows"], 1)
    if len(rows) > MOST_VALUES + 1 or len(raw["features"]) > MOST_INPUTS:
        raise ValueError("more segments or inputs than there may be")
    inputs = tuple(
        Counted(str(one["name"]), _counts(one["counts"], 2), _counts(one["missing"], 1)) for one in raw["features"]
    )
    for one in inputs:
        if one.counts.shape[1] > MOST_BINS or not len(one.counts) == len(one.missing) == len(rows):
            raise ValueError(f"{one.name}: counts that do not fit the segments")
        if bool((one.counts.sum(axis=1) + one.missing > rows).any()):
            raise ValueError(f"{one.name}: more values than rows in a segment")
    return SegmentCounts(str(raw["feature"]), rows, inputs, _scores(raw, rows))


def _scores(raw: Mapping[str, Any], rows: Counts) -> SegmentCounts | None:
    """Of exporters and profiles that are older there are none."""
    predicted = raw.get("prediction")
    if predicted is None:
        return None
    found = of_window({"feature": raw["feature"], "rows": predicted["rows"], "features": [predicted]})
    if found.rows.shape != rows.shape or bool((found.rows > rows).any()):
        raise ValueError(f"{found.feature}: more scores than rows in a segment")
    return found


def to_profile(reference: SegmentReference) -> dict[str, Any]:
    """As profile.json has it."""
    raw = to_window(reference.counted)
    for one, bins in zip(raw["features"], reference.bins, strict=True):
        numeric = bins.kind == "Numeric"
        one["edges" if numeric else "categories"] = list(bins.edges if numeric else bins.categories)
    if reference.score_bins is not None and "prediction" in raw:
        raw["prediction"]["edges"] = list(reference.score_bins.edges)
    refused = {"refused": reference.refused} if reference.refused else {}
    return {"values": list(reference.values), **raw, **refused}


def of_profile(raw: Mapping[str, Any]) -> SegmentReference:
    """A part of profile.json. Raises ValueError (KeyError, TypeError, OverflowError) where it is malformed."""
    counted, values = of_window(raw), _values(raw["values"])
    bins = tuple(_bins(one) for one in raw["features"])
    if len(values) + 1 != len(counted.rows):
        raise ValueError(f"{counted.feature}: {len(counted.rows)} segments for {len(values)} values")
    for one, of_input in zip(counted.inputs, bins, strict=True):
        if one.counts.shape[1] != of_input.size:
            raise ValueError(f"{one.name}: {one.counts.shape[1]} counts for {of_input.size} bins")
    refused = str(raw.get("refused") or "")[:256]
    return SegmentReference(counted.feature, values, counted, bins, refused, _score_bins(raw, counted.scores))


def _score_bins(raw: Mapping[str, Any], scores: SegmentCounts | None) -> Bins | None:
    if scores is None:
        return None
    bins = _bins(raw["prediction"])
    if bins.kind != "Numeric" or scores.inputs[0].counts.shape[1] != bins.size:
        raise ValueError(f"{scores.feature}: counts of scores that are not on their edges")
    return bins


def segments_of_profile(raw: Mapping[str, Any]) -> tuple[SegmentReference, ...]:
    """All of profile.json, which may have none. Raises as `of_profile`."""
    return tuple(of_profile(one) for one in (raw.get("segments") or ())[:MOST_SEGMENT_INPUTS])


def segments_of_window(raw: Mapping[str, Any]) -> tuple[SegmentCounts, ...]:
    """All of a window, which may have none, in as little memory as they take: many are kept. Raises as `of_window`."""
    return tuple(_narrowed(of_window(one)) for one in (raw.get("segments") or ())[:MOST_SEGMENT_INPUTS])


def _narrowed(counted: SegmentCounts) -> SegmentCounts:
    return SegmentCounts(
        counted.feature,
        _small(counted.rows),
        tuple(Counted(one.name, _small(one.counts), _small(one.missing)) for one in counted.inputs),
        None if counted.scores is None else _narrowed(counted.scores),
    )


def _small(counts: Counts) -> NDArray[Any]:
    smallest = np.min_scalar_type(int(counts.max()))
    return counts.astype(smallest) if smallest.itemsize < counts.itemsize else counts


def _values(raw: Any) -> tuple[str, ...] | tuple[float, ...]:
    texts = tuple(one for one in raw if isinstance(one, str))
    numbers = tuple(float(one) for one in raw if not isinstance(one, str))
    if (texts and numbers) or not all(math.isfinite(one) for one in numbers):
        raise ValueError("values of a segment are texts or finite numbers")
    if list(texts) != sorted(set(texts)) or list(numbers) != sorted(set(numbers)):
        raise ValueError("values of a segment that do not rise")
    return texts or numbers


def _bins(raw: Mapping[str, Any]) -> Bins:
    if "categories" in raw:
        return Bins("Categorical", categories=tuple(str(one) for one in raw["categories"]))
    edges = np.asarray(raw["edges"], dtype=np.float64)
    if edges.ndim != 1 or not bool(np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        raise ValueError(f"{raw['name']}: edges that do not rise")
    return Bins("Numeric", edges=tuple(edges.tolist()))


def _counts(raw: Any, dimensions: int) -> Counts:
    counts = np.asarray(raw, dtype=np.int64)
    if counts.ndim != dimensions or not counts.size or bool(((counts < 0) | (counts > MOST_ROWS)).any()):
        raise ValueError("counts of segments are rows of numbers from 0")
    return counts
