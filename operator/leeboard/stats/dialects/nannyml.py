"""Distances by NannyML's definitions (`nannyml.drift.univariate.methods`, 0.13).

Bins are those of the reference alone: in equal widths by Doane's rule, and what is beyond them in one bin more.
"""

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

from leeboard.stats.dialects.samples import (
    Floats,
    Sample,
    bin_counts,
    category_counts,
    counts_of_both,
    finite,
    is_numeric,
    texts,
)

EXACT_BELOW = 10_000
"""Values of a reference below which Kolmogorov-Smirnov and Wasserstein are exact, and the number of bins otherwise."""


def jensen_shannon(reference: Sample, current: Sample) -> float:
    """Square root of the divergence in bits."""
    return float(jensenshannon(*_shares(reference, current), base=2))


def hellinger(reference: Sample, current: Sample) -> float:
    """Hellinger distance."""
    p, q = _shares(reference, current)
    return float(np.sqrt(max(0.0, 1 - np.sqrt(p * q).sum())))


def l_infinity(reference: Sample, current: Sample) -> float:
    """The largest difference of the shares of a category."""
    a, b = counts_of_both(reference, current)
    return float(np.abs(a / a.sum() - b / b.sum()).max())


def chi_square(reference: Sample, current: Sample) -> float:
    """The statistic of the contingency table of both samples."""
    table = np.array(counts_of_both(reference, current))
    return float(stats.chi2_contingency(table).statistic) if table.shape[1] > 1 else 0.0


def kolmogorov_smirnov(reference: Sample, current: Sample) -> float:
    """The largest difference of both cumulative shares; at the edges of the bins alone for a large reference."""
    a, b = finite(reference), finite(current)
    if len(a) < EXACT_BELOW:
        return float(stats.ks_2samp(a, b).statistic)
    p, q, _ = _cumulative(a, b)
    return float(np.abs(p - q).max())


def wasserstein(reference: Sample, current: Sample) -> float:
    """Earth mover's distance, in the unit of the numbers.

    For a large reference by the bins, and what is beyond them by its own distance to them.
    """
    a, b = finite(reference), finite(current)
    if len(a) < EXACT_BELOW:
        return float(stats.wasserstein_distance(a, b))
    p, q, edges = _cumulative(a, b)
    within = np.abs(p - q).sum() * (edges[1] - edges[0])
    beyond = np.maximum(b - edges[-1], 0).sum() + np.maximum(edges[0] - b, 0).sum()
    return float(within + beyond / len(b))


def _shares(reference: Sample, current: Sample) -> tuple[Floats, Floats]:
    """Of both samples in the bins of the reference, and last of what is in none of them."""
    if is_numeric(reference):
        a, b = finite(reference), finite(current)
        edges = np.histogram_bin_edges(a, "doane")
        p, q = bin_counts(a, edges) / len(a), bin_counts(b, edges) / len(b)
        return np.append(p, 0.0), np.append(q, max(0.0, 1 - q.sum()))
    categories = sorted(set(texts(reference)))
    p, q = (category_counts(one, categories) for one in (reference, current))
    return p / p.sum(), q / q.sum()


def _cumulative(a: Floats, b: Floats) -> tuple[Floats, Floats, Floats]:
    """Cumulative shares of both at the upper edges of equally wide bins over the range of the reference."""
    edges = np.linspace(a.min(), a.max(), EXACT_BELOW + 1)
    below = np.count_nonzero(b < edges[0])
    p = np.cumsum(bin_counts(a, edges)) / len(a)
    q = (below + np.cumsum(bin_counts(b, edges))) / len(b)
    return p, q, edges
