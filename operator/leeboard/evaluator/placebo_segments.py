"""Counts within segments that are drawn from the reference, with as many rows in each as a real window has."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.segment_figures import Segmented
from leeboard.stats.segments import Counted, SegmentCounts


def drawn_segments(segmented: Segmented, generator: np.random.Generator) -> SegmentCounts:
    """The inputs and scores of every segment, each independent of all others and of what is drawn of the whole."""
    reference, window = segmented.reference.counted, segmented.window
    inputs = tuple(_drawn(one, reference.rows, window.rows, generator) for one in reference.inputs)
    scores = None
    if reference.scores is not None and window.scores is not None:
        (known,), rows = reference.scores.inputs, window.scores.rows
        predicted = _drawn(known, reference.scores.rows, rows, generator)
        scores = SegmentCounts(reference.feature, rows, (predicted,))
    return SegmentCounts(reference.feature, window.rows, inputs, scores)


def _drawn(reference: Counted, known: NDArray[Any], rows: NDArray[Any], generator: np.random.Generator) -> Counted:
    """`known` are the rows of the reference in each segment, `rows` those to draw; infinite numbers are the rest."""
    infinite = known - reference.counts.sum(axis=1) - reference.missing
    values = np.column_stack([reference.counts, reference.missing, np.maximum(infinite, 0)]).astype(np.float64)
    # of a segment that the reference has no row of nothing can be drawn: its rows are of no bin
    values[values.sum(axis=1) == 0, -1] = 1.0
    counts = generator.multinomial(rows, values / values.sum(axis=1, keepdims=True))
    return Counted(reference.name, counts[:, :-2], counts[:, -2])
