"""Distances as other tools compute them from two samples, so that a figure can be held against theirs digit by digit.

A distance is more than its formula: which bins, what becomes of empty ones, which base, which sample is left out. So
each is known by its name and by whose it is, such as `PSI.evidently`. What Leeboard itself judges by is
`leeboard.stats.distances`, on the bins of a version's own reference.
"""

from leeboard.stats.dialects.names import DIALECTS, dialect
from leeboard.stats.dialects.samples import Sample

__all__ = ["DIALECTS", "Sample", "dialect"]
