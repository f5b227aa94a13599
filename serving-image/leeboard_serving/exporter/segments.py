"""Counts by segment, such as the carrier, of the rows that a tally counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leeboard.stats.distributions import Counts, Distribution
from leeboard.stats.partition import Partition
from leeboard.stats.segments import Counted, SegmentReference, segments_of_profile, to_window
from leeboard_serving.observation import Observations


class SegmentTally:
    """What was counted within every value of the segment inputs of a profile; nothing where it has none."""

    def __init__(self, references: Sequence[SegmentReference]) -> None:
        self._references = [one for one in references if one.values]
        self.counted = tuple(one.empty() for one in self._references)

    def add(self, waiting: Sequence[Observations]) -> None:
        """Count rows together. Those that do not have every input belong to no segment, and are in the whole alone."""
        for reference, total in zip(self._references, self.counted, strict=True):
            names = [one.name for one in total.inputs]
            able = [one for one in waiting if one.inputs.keys() >= {reference.feature, *names}]
            if not able:
                continue
            codes = reference.codes(np.concatenate([one.inputs[reference.feature] for one in able]))
            partition = Partition.of(codes, reference.size)
            total.rows[...] += partition.rows
            for one, bins in zip(total.inputs, reference.bins, strict=True):
                _add(one, partition.count(bins, np.concatenate([part.inputs[one.name] for part in able])))
            if total.scores is not None and reference.score_bins is not None:
                total.scores.rows[...] += partition.rows
                scores = np.concatenate([part.scores for part in able])
                _add(total.scores.inputs[0], partition.count(reference.score_bins, scores))

    def merge(self, other: "SegmentTally") -> None:
        """Add what another one counted by the same profile."""
        for total, more in zip(self.counted, other.counted, strict=True):
            total.add(more)

    def document(self) -> dict[str, Any]:
        """The part of a window; empty where the profile has no segments."""
        return {"segments": [to_window(one) for one in self.counted]} if self.counted else {}


def _add(total: Counted, found: tuple[Counts, Counts]) -> None:
    counts, missing = found
    total.counts[...] += counts
    total.missing[...] += missing


def read_segments(raw: Mapping[str, Any], features: Mapping[str, Distribution]) -> tuple[SegmentReference, ...]:
    """Those of a profile. Raises ValueError where its inputs are not of the kind that they are counted as."""
    references = segments_of_profile(raw)
    for reference in references:
        kinds = {one.name: bins.kind for one, bins in zip(reference.counted.inputs, reference.bins, strict=True)}
        if reference.values:
            kinds[reference.feature] = reference.kind
        for name, kind in kinds.items():
            if name not in features or features[name].bins.kind != kind:
                raise ValueError(f"segments by {reference.feature}: {name} is no input of that kind")
    return references
