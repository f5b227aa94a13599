"""Few cells out of the bins of a reference, kept beside the whole for what is counted many times over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import Bins, Distribution

SHARES = tuple(number / 120 for number in (1, 3, 6, 12, 24, 40, 60, 80, 96, 108, 114, 117, 119))
"""Between cells of numbers so much of the reference lies below: what one hour has is often an end of the whole, and
finer there. The outermost are the first and the last quantile of the bins. What lies beyond the reference on either
side has a cell of its own."""
ALONE = 1 / 12
"""A bin of a larger share is a cell by itself."""
MOST_CATEGORIES = 16
MOST_CELLS = 64
"""Numbers that stand alone have a cell each."""
OTHERS = "other categories"


@dataclass(frozen=True, eq=False)
class Cells:
    """`bins` are the cells as bins; `of` says for each bin of the reference which cell it lies in."""

    bins: Bins
    of: NDArray[np.int64]

    def counted(self, counts: NDArray[Any]) -> NDArray[np.int64]:
        """The counts of the cells, exactly, of counts on the bins of the reference."""
        found = np.zeros(self.bins.size, dtype=np.int64)
        np.add.at(found, self.of, np.asarray(counts, dtype=np.int64))
        return found

    def codes(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cell of every value whose bin is given, and what is below 0 as it is."""
        return np.where(codes >= 0, self.of[np.maximum(codes, 0)], codes)


def cells_of(reference: Distribution) -> Cells:
    """Cells between `SHARES`, the outermost edges among them; of categories the most frequent, and all others."""
    if reference.bins.kind == "Categorical":
        frequent = np.argsort(-reference.counts[:-1], kind="stable")[:MOST_CATEGORIES]
        return of_categories(reference.bins, [reference.bins.categories[i] for i in sorted(frequent.tolist())])
    edges = reference.bins.edges
    if not edges or not reference.count:
        return of_edges(reference.bins, sorted({*edges[:1], *edges[-1:]}))
    below = np.cumsum(reference.counts)[:-1] / reference.count
    nearest = np.abs(below[None, :] - np.array(SHARES)[:, None]).argmin(axis=1)
    alone = np.flatnonzero(reference.counts > ALONE * reference.count)
    ends = np.clip([*alone - 1, *alone], 0, len(edges) - 1)
    return of_edges(reference.bins, [edges[i] for i in sorted({0, len(edges) - 1, *nearest.tolist(), *ends.tolist()})])


def of_edges(bins: Bins, edges: Sequence[float]) -> Cells:
    """Cells between some of the bins' edges. Raises ValueError where they are none of these, or do not rise."""
    if not set(edges) <= set(bins.edges) or sorted(set(edges)) != list(edges) or len(edges) >= MOST_CELLS:
        raise ValueError("edges of cells are some of the distribution's, in order")
    inside = np.searchsorted(np.asarray(edges), np.asarray(bins.edges), side="right")
    return Cells(Bins("Numeric", edges=tuple(edges)), np.concatenate([[0], inside]).astype(np.int64))


def of_categories(bins: Bins, categories: Sequence[str]) -> Cells:
    """A cell for each of some categories, one for all others where there are others, and one for what is none of them.

    Raises ValueError where they are none of the bins' or are there twice.
    """
    place = {category: number for number, category in enumerate(categories)}
    if not set(categories) <= set(bins.categories) or len(place) != len(categories) or len(place) >= MOST_CELLS:
        raise ValueError("categories of cells are some of the distribution's, each once")
    are_all = len(place) == len(bins.categories)
    names = (*categories,) if are_all else (*categories, OTHERS)
    of = [place.get(category, len(place)) for category in bins.categories]
    return Cells(Bins("Categorical", categories=names), np.array([*of, len(names)], dtype=np.int64))
