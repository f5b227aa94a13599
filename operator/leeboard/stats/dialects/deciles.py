"""The population stability index of credit scoring: ten groups of equal shares of the reference.

Siddiqi 2006, "Credit Risk Scorecards", chapter 7: Σ (q - p) ln(q / p) over ten score bands. Where to put what lies
beyond the reference, and what an empty band counts as, is left to everybody; here it is named.
"""

import numpy as np

from leeboard.stats.dialects.samples import Floats, Sample, counts_of_both, finite, is_numeric

GROUPS = 10
SMALLEST_SHARE = 1e-4
"""What an empty group counts as, in either sample; the others keep their shares."""


def psi(reference: Sample, current: Sample) -> float:
    """Population stability index, nats; an empty group counts as a share of 10⁻⁴."""
    p, q = (np.where(counts == 0, SMALLEST_SHARE, counts / counts.sum()) for counts in _counts(reference, current))
    return float(((p - q) * np.log(p / q)).sum())


def _counts(reference: Sample, current: Sample) -> tuple[Floats, Floats]:
    """In the groups that end at the deciles of the reference, each with its end; the outer ones are open. Deciles that
    are the same number are one. Texts are compared by value."""
    if not is_numeric(reference):
        return counts_of_both(reference, current)
    a, b = finite(reference), finite(current)
    ends = np.unique(np.quantile(a, np.arange(1, GROUPS) / GROUPS))
    first, second = (np.bincount(np.searchsorted(ends, one), minlength=len(ends) + 1) for one in (a, b))
    return first.astype(np.float64), second.astype(np.float64)
