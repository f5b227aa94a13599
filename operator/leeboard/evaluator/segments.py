"""The reference of every segment: what profile.json has of the inputs within each value of another one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.columns import Input, values_of
from leeboard.stats.coarse import coarse_bins
from leeboard.stats.distributions import Bins, Distribution, from_profile
from leeboard.stats.partition import Partition
from leeboard.stats.segments import (
    LONGEST_VALUE,
    MOST_INPUTS,
    MOST_VALUES,
    Counted,
    SegmentCounts,
    SegmentReference,
    to_profile,
)

LEAST_ROWS = 200
"""Of the reference in a segment; with fewer nothing is known that a window could be compared with."""
MOST_NUMBERS = 50
"""Different ones of an input by which there are segments. What has more is a quantity."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of a reference, and for each of its rows whether it is among those that were scored."""

    scores: NDArray[np.float64]
    rows: NDArray[np.bool_]


def add_segments(
    profile: dict[str, Any], served: pd.DataFrame, inputs: Sequence[Input], segments: Sequence[str], scored: Scored
) -> None:
    """Give a profile its segments by the inputs of these names; nothing where there are none.

    Of more than a hundred inputs those count that the model rests on most. An input by which there can be no segments
    is told with the reason, so that whoever asks for them learns why there are none.
    """
    if not segments:
        return
    counted = _most_important(profile["features"])
    by_name = {one.name: one for one in inputs}
    predicted = from_profile(profile["prediction"])
    found = [_segments(served, by_name, name, counted) for name in segments]
    found = [_with_scores(one, served, by_name, predicted, scored) if one.values else one for one in found]
    profile["segments"] = [to_profile(one) for one in found]


def _most_important(features: Sequence[Mapping[str, Any]]) -> dict[str, Bins]:
    """The inputs that are counted within segments, in the order of the profile, with their bins."""
    order = sorted(range(len(features)), key=lambda place: (-features[place].get("importance", 0.0), place))
    kept = sorted(order[:MOST_INPUTS])
    return {str(features[place]["name"]): coarse_bins(from_profile(features[place])) for place in kept}


def _segments(
    served: pd.DataFrame, inputs: Mapping[str, Input], name: str, counted: Mapping[str, Bins]
) -> SegmentReference:
    if name not in inputs:
        return _refused(name, len(served), "is no input of this version")
    values = values_of(served, inputs[name])
    kept = _kept_values(inputs[name], values)
    if isinstance(kept, str):
        return _refused(name, len(served), kept)
    bins = {other: of_input for other, of_input in counted.items() if other != name}
    empty = SegmentReference(name, kept, SegmentCounts(name, np.zeros(1, dtype=np.int64), ()), ())
    partition = Partition.of(empty.codes(values), empty.size)
    tables = (
        Counted(other, *partition.count(of_input, values_of(served, inputs[other]))) for other, of_input in bins.items()
    )
    return SegmentReference(name, kept, SegmentCounts(name, partition.rows, tuple(tables)), tuple(bins.values()))


def _with_scores(
    reference: SegmentReference,
    served: pd.DataFrame,
    inputs: Mapping[str, Input],
    predicted: Distribution,
    scored: Scored,
) -> SegmentReference:
    """With the scores of the rows that were scored, which may be fewer than those that inputs are counted of."""
    bins, values = coarse_bins(predicted), values_of(served, inputs[reference.feature])
    partition = Partition.of(reference.codes(values[scored.rows]), reference.size)
    scores = Counted(predicted.name, *partition.count(bins, scored.scores))
    counted = replace(reference.counted, scores=SegmentCounts(reference.feature, partition.rows, (scores,)))
    return replace(reference, counted=counted, score_bins=bins)


def _kept_values(one: Input, values: NDArray[Any]) -> tuple[str, ...] | tuple[float, ...] | str:
    """The most frequent values, rising, or why there are none."""
    if one.kind == "Categorical":
        texts = Counter(value for value in values if value is not None and len(value) <= LONGEST_VALUE)
        kept = tuple(sorted(_frequent(texts)))
    else:
        distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
        if len(distinct) > MOST_NUMBERS:
            return f"has {len(distinct)} different numbers in the reference, and {MOST_NUMBERS} are the most"
        kept = tuple(sorted(_frequent(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))))
    return kept or f"has no value with {LEAST_ROWS} rows in the reference"


def _frequent(counts: Mapping[Any, int]) -> list[Any]:
    enough = [value for value, count in counts.items() if count >= LEAST_ROWS]
    return sorted(enough, key=lambda value: (-counts[value], value))[:MOST_VALUES]


def _refused(name: str, rows: int, why: str) -> SegmentReference:
    counted = SegmentCounts(name, np.array([rows], dtype=np.int64), ())
    return SegmentReference(name, (), counted, (), why)
