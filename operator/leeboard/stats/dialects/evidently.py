"""Distances by Evidently's definitions (`evidently.legacy.calculations.stattests`, 0.7).

Numbers are binned in equal widths over the range of both samples together, by Sturges' rule, where the reference has
more than twenty distinct ones, and by value otherwise; infinite ones are left out like missing ones. One number far
away therefore puts everything else into one bin: that is what their figure does, and why Leeboard judges by other bins.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

from leeboard.stats.dialects.samples import Floats, Sample, bin_counts, counts_of_both, finite, is_numeric

MOST_VALUES = 20
"""Distinct numbers of a reference that are still binned by value."""
SMALLEST_SHARE = 1e-4
LEAST_DEVIATION = 0.001
"""What the standard deviation of the reference counts as, where it is less."""


class Binned(NamedTuple):
    """Shares of both samples in the same bins, and how many values each has."""

    reference: Floats
    current: Floats
    sizes: tuple[int, int]


def psi(reference: Sample, current: Sample) -> float:
    """Population stability index, nats; empty bins are given a small share each."""
    p, q = (_without_zeros(shares) for shares in _binned(reference, current)[:2])
    return float(((p - q) * np.log(p / q)).sum())


def kullback_leibler(reference: Sample, current: Sample) -> float:
    """Divergence of the reference from the current sample, nats; empty bins are given a small share each."""
    p, q = (_without_zeros(shares) for shares in _binned(reference, current)[:2])
    return float(stats.entropy(p, q))


def jensen_shannon(reference: Sample, current: Sample) -> float:
    """Square root of the divergence in nats: at most 0.8326."""
    p, q, _ = _binned(reference, current)
    return float(jensenshannon(p, q))


def hellinger(reference: Sample, current: Sample) -> float:
    """Hellinger distance. The bins of numbers are those of the distinct ones of both samples, not of all."""
    if _by_value(reference):
        p, q, _ = _binned(reference, current)
        return float(np.sqrt(max(0.0, 1 - np.sqrt(p * q).sum())))
    a, b = finite(reference), finite(current)
    edges = np.histogram_bin_edges(np.unique(np.concatenate([a, b])), "sturges")
    overlap = np.sqrt(bin_counts(a, edges) / len(a) * bin_counts(b, edges) / len(b)).sum()
    return float(np.sqrt(max(0.0, 1 - overlap)))


def wasserstein(reference: Sample, current: Sample) -> float:
    """Earth mover's distance of numbers, in standard deviations of the reference (n in the denominator)."""
    a, b = finite(reference), finite(current)
    return float(stats.wasserstein_distance(a, b)) / max(float(np.std(a)), LEAST_DEVIATION)


def kolmogorov_smirnov(reference: Sample, current: Sample) -> float:
    """The p-value of the two-sample test of numbers."""
    return float(stats.ks_2samp(finite(reference), finite(current)).pvalue)


def chi_square(reference: Sample, current: Sample) -> float:
    """The p-value of the counts against those expected by the reference, whose own noise is left out of account."""
    p, q, (_, size) = _binned(reference, current)
    expected, observed = p * size, q * size
    if ((expected == 0) & (observed > 0)).any():
        return 0.0  # a category that the reference has not: their statistic is infinite
    return float(stats.chisquare(observed, expected).pvalue)


def _by_value(reference: Sample) -> bool:
    return not is_numeric(reference) or len(np.unique(finite(reference))) <= MOST_VALUES


def _binned(reference: Sample, current: Sample) -> Binned:
    if not _by_value(reference):
        a, b = finite(reference), finite(current)
        edges = np.histogram_bin_edges(np.concatenate([a, b]), "sturges")
        return Binned(bin_counts(a, edges) / len(a), bin_counts(b, edges) / len(b), (len(a), len(b)))
    if is_numeric(reference):
        a, b = finite(reference), finite(current)
        values = np.unique(np.concatenate([a, b]))
        counts = [np.bincount(np.searchsorted(values, one), minlength=len(values)).astype(float) for one in (a, b)]
    else:
        counts = list(counts_of_both(reference, current))
    first, second = (int(one.sum()) for one in counts)
    return Binned(counts[0] / first, counts[1] / second, (first, second))


def _without_zeros(shares: Floats) -> Floats:
    least = shares[shares > 0].min()
    filled = least / 1e6 if least <= SMALLEST_SHARE else SMALLEST_SHARE
    return np.where(shares == 0, filled, shares)
