"""The segments of rows that were held out, counted as an exporter counts them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.segment_figures import Segmented
from leeboard.stats.partition import Partition
from leeboard.stats.segments import Counted, SegmentCounts, SegmentReference


@dataclass(frozen=True, eq=False)
class Within:
    """The segments by one input: what was learned of them, and to which of them each row belongs that was held out."""

    reference: SegmentReference
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, reference: SegmentReference, values: NDArray[Any]) -> "Within":
        """`values` are the column of the input that tells the segment."""
        return cls(reference, reference.codes(values))

    def counted(self, window: Mapping[str, NDArray[Any]], start: int) -> Segmented:
        """The columns of a window that begins at a row; inputs that it has not are looked at in no segment."""
        reference = self.reference
        length = len(next(iter(window.values())))
        partition = Partition.of(self.codes[start : start + length], reference.size)
        pairs = zip(reference.counted.inputs, reference.bins, strict=True)
        kept = [(one, bins) for one, bins in pairs if one.name in window]
        counted = (Counted(one.name, *partition.count(bins, window[one.name])) for one, bins in kept)
        known = SegmentCounts(reference.feature, reference.counted.rows, tuple(one for one, _ in kept))
        return Segmented(
            SegmentReference(
                reference.feature, reference.values, known, tuple(bins for _, bins in kept), reference.refused
            ),
            SegmentCounts(reference.feature, partition.rows, tuple(counted)),
        )
