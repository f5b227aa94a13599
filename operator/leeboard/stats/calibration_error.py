"""Whether probabilities are what they say: how far labels come out from what was predicted, score for score.

The root of the mean squared calibration error over bins of equally many rows. Taken as it is, the error of perfectly
calibrated scores grows as rows get fewer, and a small window would look worse than a large holdout; each bin's own
sampling error is therefore taken off its square (Kumar, Liang and Ma 2019, "Verified Uncertainty Calibration",
section 4.1; there for labels, here for labels minus scores, since scores within a bin differ).
"""

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.intervals import Interval, normal_interval

Floats = NDArray[np.float64]
BINS = 10
LEAST_ROWS = 20
"""Of a bin; with fewer rows there are fewer bins."""


def squared_calibration_error(truth: Floats, scores: Floats, alpha: float) -> Interval:
    """The square, without bias, so that it may be below zero by chance; with its normal interval.

    `truth` is 0 or 1, `scores` are probabilities. The variance of a bin is that of the square of a normal mean.
    Raises ValueError for scores outside 0 to 1, and for fewer than 2 `LEAST_ROWS` rows.
    """
    if bool(((scores < 0) | (scores > 1)).any()):
        raise ValueError("scores that are no probabilities")
    rows = len(scores)
    bins = min(BINS, rows // LEAST_ROWS)
    if bins < 2:
        raise ValueError(f"{rows} rows are too few")
    residuals = (truth - scores)[np.argsort(scores, kind="stable")]
    starts = np.linspace(0, rows, bins, endpoint=False).astype(np.int64)
    counts = np.diff(starts, append=rows)
    means = np.add.reduceat(residuals, starts) / counts
    spread = np.add.reduceat(np.square(residuals), starts) / counts - np.square(means)
    variances = np.maximum(spread, 0.0) / (counts - 1)
    shares = counts / rows
    value = float(np.sum(shares * (np.square(means) - variances)))
    # of (m + e)^2 - v with e normal of variance v: 4 m^2 v + 2 v^2, m^2 without the bias of its estimate
    squares = np.maximum(np.square(means) - variances, 0.0)
    variance = float(np.sum(np.square(shares) * (4 * squares * variances + 2 * np.square(variances))))
    return normal_interval(value, float(np.sqrt(variance)), alpha)
